//! The ratchet of one direction: each record has a key of its own, and the way back is erased.

use bytes::{BufMut, BytesMut};

use crate::kdf::okm;
use crate::record::{self, Record, RuleBroken, TOKENS};
use crate::secret::Secret;
use crate::token::{self, Key};

/// No chain gets here: the listener ends an epoch long before.
const MAX_SEQ: u64 = 1 << 32;

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
        iv: &[u8; 16],
        out: &mut BytesMut,
    ) -> Result<(), Exhausted> {
        let (seq, key) = self.step().ok_or(Exhausted)?;
        let length_at = out.len();
        out.put_u32(0);
        key.seal(&record::pack(kind, seq, body), iv, out);
        let (length, token) = out[length_at..].split_at_mut(4);
        length.copy_from_slice(&(token.len() as u32).to_be_bytes());
        Ok(())
    }

    /// Opens the next record.
    pub(crate) fn open(&mut self, token: &[u8]) -> Result<Record, OpenError> {
        if !TOKENS.contains(&token.len()) {
            return Err(OpenError::Forged);
        }
        let (seq, key) = self.step().ok_or(OpenError::Exhausted)?;
        let inner = key.open(token).map_err(|error| match error {
            token::OpenError::Forged => OpenError::Forged,
            token::OpenError::NoToken => OpenError::RuleBroken,
        })?;
        record::unpack(inner, seq).map_err(|RuleBroken| OpenError::RuleBroken)
    }

    /// The next record's number and key; the chain key before it is gone.
    fn step(&mut self) -> Option<(u64, Key)> {
        let seq = self.seq;
        if seq >= MAX_SEQ {
            return None;
        }
        let both = okm::<64>(&self.key, "msg", &seq.to_be_bytes());
        let (chain, message) = both.0.split_at(32);
        self.key.0.copy_from_slice(chain);
        self.seq += 1;
        let message = message.first_chunk().expect("the other half");
        Some((seq, Key::new(message)))
    }
}

#[cfg(test)]
mod tests;
