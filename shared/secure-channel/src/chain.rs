//! The ratchet of one direction: each record has a key of its own, and the way back is erased.

use base64::engine::general_purpose::URL_SAFE;
use base64::{Engine, decoded_len_estimate};
use bytes::BytesMut;
use fernet::Fernet;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::kdf::okm;
use crate::record::{self, Record, RuleBroken, TOKENS};
use crate::secret::Secret;

/// No chain gets here: the listener ends an epoch long before.
const MAX_SEQ: u64 = 1 << 32;
/// Any timestamp of a token is fine, the largest included: 60 s of it are Fernet's clock skew,
/// which it adds.
const ANY_TIME: u64 = u64::MAX - 60;

/// The state of one direction. A copy of it opens what comes, nothing that was.
pub(crate) struct Chain {
    key: Secret<32>,
    seq: u64,
}

/// The chain is at its end.
#[derive(Debug)]
pub(crate) struct Exhausted;

/// A record did not open.
pub(crate) enum OpenError {
    /// The peer did not seal it, or not as the next one.
    Forged,
    /// The peer did, against the rules.
    RuleBroken,
    /// The chain is at its end.
    Exhausted,
}

impl Chain {
    pub(crate) fn new(key: Secret<32>) -> Self {
        Self { key, seq: 0 }
    }

    /// Records so far.
    pub(crate) fn count(&self) -> u64 {
        self.seq
    }

    /// Seals a record and appends it, framed. `body` is at most [`record::MAX_BODY`] bytes.
    pub(crate) fn seal(
        &mut self,
        kind: u8,
        body: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Exhausted> {
        let (seq, key) = self.step().ok_or(Exhausted)?;
        let token = key
            .fernet()
            .encrypt_at_time(&record::pack(kind, seq, body), 0);
        out.reserve(4 + token.len());
        out.extend_from_slice(&(token.len() as u32).to_be_bytes());
        out.extend_from_slice(token.as_bytes());
        Ok(())
    }

    /// Opens the next record.
    pub(crate) fn open(&mut self, token: &[u8]) -> Result<Record, OpenError> {
        if !TOKENS.contains(&token.len()) {
            return Err(OpenError::Forged);
        }
        let token = std::str::from_utf8(token).map_err(|_| OpenError::Forged)?;
        let (seq, key) = self.step().ok_or(OpenError::Exhausted)?;
        // Fernet does not say what was wrong: the HMAC, or what stands behind a good one.
        let inner = key
            .fernet()
            .decrypt_at_time(token, None, ANY_TIME)
            .map_err(|_| match key.signed(token) {
                true => OpenError::RuleBroken,
                false => OpenError::Forged,
            })?;
        record::unpack(inner, seq).map_err(|RuleBroken| OpenError::RuleBroken)
    }

    /// The next record's number and key; the chain key before it is gone.
    fn step(&mut self) -> Option<(u64, RecordKey)> {
        let seq = self.seq;
        if seq >= MAX_SEQ {
            return None;
        }
        let both = okm::<64>(&self.key, "msg", &seq.to_be_bytes());
        let (chain, message) = both.0.split_at(32);
        self.key.0.copy_from_slice(chain);
        self.seq += 1;
        let mut key = Secret::zero();
        key.0.copy_from_slice(message);
        Some((seq, RecordKey(key)))
    }
}

/// The key of one record: 16 bytes to sign, 16 to encrypt.
struct RecordKey(Secret<32>);

impl RecordKey {
    /// Fernet takes its 32 bytes in base64.
    fn fernet(&self) -> Fernet {
        let mut text = Zeroizing::new([0; 44]);
        let written = URL_SAFE.encode_slice(&self.0.0[..], text.as_mut());
        let written = written.expect("32 bytes are 44 characters");
        let text = std::str::from_utf8(&text[..written]).expect("base64 is ASCII");
        let fernet = Fernet::new(text).expect("32 bytes are a Fernet key");
        // It has decoded them into a buffer of its own and freed that as it was. Who asks for as
        // many bytes next is given the same ones; but for zeros, which may come from elsewhere.
        let mut freed = vec![u8::MAX; decoded_len_estimate(text.len())];
        freed.zeroize();
        fernet
    }

    /// Whether this token has the HMAC of who knows the key, whatever else is wrong with it.
    fn signed(&self, token: &str) -> bool {
        let Ok(bytes) = URL_SAFE.decode(token) else {
            return false;
        };
        let Some((message, tag)) = bytes.split_last_chunk::<32>() else {
            return false;
        };
        let mac = Hmac::<Sha256>::new_from_slice(&self.0.0[..16]);
        let mac = mac.expect("HMAC takes a key of any length");
        mac.chain_update(message).verify_slice(tag).is_ok()
    }
}

#[cfg(test)]
mod tests;
