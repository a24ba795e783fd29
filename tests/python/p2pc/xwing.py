"""X-Wing: draft-connolly-cfrg-xwing-kem. A key is safe while either ML-KEM-768 or X25519 is."""
from hashlib import sha3_256, shake_256

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

LABEL = b"\\./" b"/^\\"
SEED = 32
ENCAPSULATION_KEY = 1216
CIPHERTEXT = 1120
# Where the X25519 part begins.
KEY_SPLIT = 1184
CIPHERTEXT_SPLIT = 1088


class BadKey(ValueError):
    """An encapsulation key or a ciphertext that must not be used."""


class DecapsulationKey:
    """Made of 32 random bytes."""

    def __init__(self, seed):
        assert len(seed) == SEED
        expanded = shake_256(seed).digest(96)
        self.m = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self.x = X25519PrivateKey.from_private_bytes(expanded[64:])

    def encapsulation_key(self):
        return self.m.public_key().public_bytes_raw() + self.x.public_key().public_bytes_raw()

    def decapsulate(self, ciphertext):
        ct_m, ct_x = ciphertext[:CIPHERTEXT_SPLIT], ciphertext[CIPHERTEXT_SPLIT:]
        # A damaged ct_m gives another key here, not an error.
        ss_m = self.m.decapsulate(ct_m)
        ss_x = exchange(self.x, ct_x)
        return combine(ss_m, ss_x, ct_x, self.x.public_key().public_bytes_raw())


def encapsulate(key):
    """The shared secret, and the ciphertext for the owner of the key."""
    pk_m, pk_x = key[:KEY_SPLIT], key[KEY_SPLIT:]
    try:
        ss_m, ct_m = MLKEM768PublicKey.from_public_bytes(pk_m).encapsulate()
    except ValueError:
        raise BadKey("the ML-KEM part fails the check of FIPS 203") from None
    ephemeral = X25519PrivateKey.generate()
    ct_x = ephemeral.public_key().public_bytes_raw()
    return combine(ss_m, exchange(ephemeral, pk_x), ct_x, pk_x), ct_m + ct_x


def exchange(private, public):
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise BadKey("the X25519 part contributes nothing") from None


def combine(ss_m, ss_x, ct_x, pk_x):
    return sha3_256(ss_m + ss_x + ct_x + pk_x + LABEL).digest()
