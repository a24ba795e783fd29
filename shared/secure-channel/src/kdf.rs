//! The three functions all keys come from: `th`, `okm` and the tag (README.md, section 1).

use hkdf::Hkdf;
use hmac::digest::FixedOutput;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::secret::Secret;

/// SHA-256 over each field with its length in front; the first field is a label.
pub(crate) fn th(fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        let length = u32::try_from(field.len()).expect("fields are of a few kilobytes");
        hash.update(length.to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// HKDF-Extract.
pub(crate) fn extract(salt: &[u8; 32], input: &[&[u8]]) -> Secret<32> {
    let mut hkdf = hkdf::HkdfExtract::<Sha256>::new(Some(salt));
    for part in input {
        hkdf.input_ikm(part);
    }
    let (mut prk, _) = hkdf.finalize();
    let secret = Secret::copied(prk.as_ref());
    prk.as_mut_slice().zeroize();
    secret
}

/// HKDF-Expand. The NUL keeps labels apart of which one begins the other.
pub(crate) fn okm<const N: usize>(prk: &Secret<32>, label: &str, context: &[u8]) -> Secret<N> {
    let hkdf = Hkdf::<Sha256>::from_prk(&prk.0[..]).expect("32 bytes are a key of HKDF-SHA256");
    let mut output = Secret::zero();
    hkdf.expand_multi_info(
        &[b"P2PC/1 ", label.as_bytes(), &[0], context],
        &mut output.0[..],
    )
    .expect("64 bytes and fewer are not too long for HKDF");
    output
}

/// HMAC-SHA256.
pub(crate) fn tag(key: &Secret<32>, message: &[u8; 32]) -> Secret<32> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&key.0[..]).expect("HMAC takes a key of any length");
    mac.update(message);
    let mut output = Secret::zero();
    mac.finalize_into((&mut output.0[..]).into());
    output
}
