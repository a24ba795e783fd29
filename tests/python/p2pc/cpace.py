"""CPace, suite CPACE-RISTR255-SHA512, initiator and responder: draft-irtf-cfrg-cpace-21.

Two people who know the same few words, and nobody else, get the same 64 bytes. Names are those of
the draft.
"""
from hashlib import sha512

from . import ristretto

DSI = b"CPaceRistretto255"
HASH_BLOCK = 128  # SHA-512 takes its input in blocks of this size
IDENTITY = bytes(32)  # its encoding; so 32 zero bytes are a valid point that must be refused


class BadShare(ValueError):
    """What the other side sent is no point, or leads to the identity."""


def calculate_generator(prs, ci, sid):
    return ristretto.element_derivation(sha512(generator_string(prs, ci, sid)).digest())


def generator_string(prs, ci, sid):
    zpad = max(0, HASH_BLOCK - len(prepend_len(prs)) - len(prepend_len(DSI)) - 1)
    return lv_cat(DSI, prs, bytes(zpad), ci, sid)


def scalar_mult(scalar, generator):
    """A side's share, Ya or Yb."""
    return ristretto.encode(ristretto.multiply(scalar, generator))


def scalar_mult_vfy(scalar, share):
    """K."""
    if share == IDENTITY:
        raise BadShare("the share is the identity")
    try:
        point = ristretto.decode(share)
    except ristretto.NotAPoint:
        raise BadShare("the share is no point") from None
    k = ristretto.encode(ristretto.multiply(scalar, point))
    if k == IDENTITY:
        raise BadShare("K is the identity")
    return k


def isk(sid, k, ya, ada, yb, adb):
    transcript = lv_cat(ya, ada) + lv_cat(yb, adb)
    return sha512(lv_cat(DSI + b"_ISK", sid, k) + transcript).digest()


def lv_cat(*strings):
    return b"".join(prepend_len(string) for string in strings)


def prepend_len(string):
    """The length before the string, in LEB128: seven bits a byte, the lowest first."""
    length, encoded = len(string), b""
    while length >= 128:
        encoded += bytes([length & 127 | 128])
        length >>= 7
    return encoded + bytes([length]) + string


def sample_scalar(random):
    """Uniform between 1 and the order of the group - 1."""
    while True:
        scalar = int.from_bytes(random(64), "little") % ristretto.ORDER
        if scalar:
            return scalar
