//! What the unit tests share.

pub(crate) mod pair;

use std::collections::VecDeque;

use rand_core::{Infallible, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// A generator for tests: SHA-256 over a seed and a counter, so that others can repeat it.
pub(crate) struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }
}

impl TryRng for Dice {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|drawn| drawn as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, room: &mut [u8]) -> Result<(), Infallible> {
        for block in room.chunks_mut(32) {
            let counted = [self.seed.to_be_bytes(), self.drawn.to_be_bytes()].concat();
            block.copy_from_slice(&Sha256::digest(counted)[..block.len()]);
            self.drawn += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Dice {}

/// A generator that gives exactly these bytes.
pub(crate) struct Script(VecDeque<u8>);

impl Script {
    pub(crate) fn new(parts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(parts.into_iter().flatten().collect())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    /// The jitter of a PING; not of the script.
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, room: &mut [u8]) -> Result<(), Infallible> {
        for byte in room {
            *byte = self.0.pop_front().expect("the script has enough bytes");
        }
        Ok(())
    }
}

impl TryCryptoRng for Script {}

/// A JSON file of test vectors; bytes are in hex.
pub(crate) struct Vectors(serde_json::Value);

impl Vectors {
    pub(crate) fn read(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap())
    }

    /// `path` as JSON pointers have it: `/valid/s`.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.0.pointer(path).and_then(|v| v.as_str()).expect(path)
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        let text = self.text(path);
        (0..text.len() / 2)
            .map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).expect(path))
            .collect()
    }

    pub(crate) fn array<const N: usize>(&self, path: &str) -> [u8; N] {
        self.bytes(path).try_into().expect(path)
    }

    pub(crate) fn number(&self, path: &str) -> u64 {
        self.0.pointer(path).and_then(|v| v.as_u64()).expect(path)
    }

    pub(crate) fn list(&self, path: &str) -> Vec<Self> {
        let list = self.0.pointer(path).and_then(|v| v.as_array());
        list.expect(path).iter().cloned().map(Self).collect()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
