//! Fernet tokens (<https://github.com/fernet/spec>), each under a key of its own:
//! `0x80 | timestamp u64 | IV 16 | AES-128-CBC with PKCS#7 | HMAC-SHA256 of all before`, in base64url.
//!
//! Not by the `fernet` crate, which leaves every key in freed memory, does not tell a wrong HMAC from
//! what is wrong behind a good one, takes its randomness by itself, and copies a text nine times on
//! its way out and in. The tests compare with it, and with the specification's examples.

use aes::Aes128;
use base64::engine::general_purpose::URL_SAFE;
use base64::{Engine, encoded_len};
use bytes::BytesMut;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret::Secret;

const VERSION: u8 = 0x80;
/// Where the IV is: behind the version and the timestamp, which is 0.
const IV_AT: usize = 9;
/// Where the text is.
const TEXT_AT: usize = 25;
const BLOCK: usize = 16;
const TAG: usize = 32;

/// The key of one token: 16 bytes to sign, 16 to encrypt. It is gone when that is made or opened.
pub(crate) struct Key(Secret<32>);

/// A token did not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// Who has not the key made it.
    Forged,
    /// Who has the key made it, and it is no token.
    NoToken,
}

impl Key {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(Secret::copied(bytes))
    }

    /// Appends the token of a text.
    pub(crate) fn seal(self, text: &[u8], iv: &[u8; BLOCK], out: &mut BytesMut) {
        // PKCS#7 adds 1 to 16 bytes.
        let text_end = TEXT_AT + text.len();
        let signed = text_end + BLOCK - text.len() % BLOCK;
        let mut token = vec![0; signed + TAG];
        token[0] = VERSION;
        token[IV_AT..TEXT_AT].copy_from_slice(iv);
        token[TEXT_AT..text_end].copy_from_slice(text);
        Encryptor::<Aes128>::new(self.encrypts().into(), iv.into())
            .encrypt_padded_mut::<Pkcs7>(&mut token[TEXT_AT..signed], text.len())
            .expect("there is room for the padding");
        let tag = self.mac(&token[..signed]).finalize().into_bytes();
        token[signed..].copy_from_slice(&tag);
        let at = out.len();
        let length = encoded_len(token.len(), true).expect("a record is not that long");
        out.resize(at + length, 0);
        let written = URL_SAFE.encode_slice(&token, &mut out[at..]);
        written.expect("there is as much room as it takes");
    }

    /// The text of a token. Its timestamp does not matter.
    pub(crate) fn open(self, token: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut token = URL_SAFE.decode(token).map_err(|_| OpenError::Forged)?;
        let (message, tag) = token.split_last_chunk::<TAG>().ok_or(OpenError::Forged)?;
        let mac = self.mac(message);
        mac.verify_slice(tag).map_err(|_| OpenError::Forged)?;
        let signed = message.len();
        let (head, text) = token[..signed]
            .split_first_chunk_mut::<TEXT_AT>()
            .filter(|(head, _)| head[0] == VERSION)
            .ok_or(OpenError::NoToken)?;
        let iv = head.last_chunk::<BLOCK>().expect("it ends in an IV");
        let length = Decryptor::<Aes128>::new(self.encrypts().into(), iv.into())
            .decrypt_padded_mut::<Pkcs7>(text)
            .map_err(|_| OpenError::NoToken)?
            .len();
        token.truncate(TEXT_AT + length);
        token.drain(..TEXT_AT);
        Ok(token)
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::new_from_slice(&self.0.0[..16]);
        let mac: Hmac<Sha256> = mac.expect("HMAC takes a key of any length");
        mac.chain_update(message)
    }

    fn encrypts(&self) -> &[u8; 16] {
        self.0.0.last_chunk().expect("16 of 32 bytes")
    }
}

#[cfg(test)]
mod tests;
