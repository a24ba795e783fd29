//! What is inside a record: type, number, body, and zeros up to one of five sizes, so that its
//! length on the wire tells little (README.md, section 5).

use zeroize::Zeroizing;

/// Bytes before the body: type, seq, length.
pub(crate) const HEADER: usize = 13;
/// The sizes of an inner record. Multiples of 3 with what Fernet adds, so no token needs padding.
pub(crate) const INNERS: [usize; 5] = [239, 1007, 4079, 16_367, 65_519];
/// The sizes of the tokens these become.
pub(crate) const TOKENS: [usize; 5] = [396, 1420, 5516, 21_900, 87_436];
/// The longest body.
pub(crate) const MAX_BODY: usize = INNERS[4] - HEADER;

/// Record types. Unknown ones from 128 on are dropped, below they are fatal.
pub(crate) mod kind {
    pub(crate) const CLOSE: u8 = 0;
    pub(crate) const DATA: u8 = 1;
    pub(crate) const PING: u8 = 2;
    pub(crate) const PONG: u8 = 3;
    pub(crate) const REKEY_EK: u8 = 4;
    pub(crate) const REKEY_CT: u8 = 5;
    pub(crate) const REKEY_DONE: u8 = 6;
    pub(crate) const VERIFIED: u8 = 7;
    pub(crate) const FIRST_IGNORED: u8 = 128;
}

/// A record, opened.
pub(crate) struct Record {
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

/// An authentic record, but none that an honest peer seals.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RuleBroken;

/// The inner record. `body` is at most [`MAX_BODY`] bytes.
pub(crate) fn pack(kind: u8, seq: u64, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let used = HEADER + body.len();
    let size = INNERS.into_iter().find(|&size| size >= used);
    let size = size.expect("callers keep bodies within MAX_BODY");
    let mut inner = Zeroizing::new(Vec::with_capacity(size));
    inner.push(kind);
    inner.extend_from_slice(&seq.to_be_bytes());
    inner.extend_from_slice(&(body.len() as u32).to_be_bytes());
    inner.extend_from_slice(body);
    inner.resize(size, 0);
    inner
}

/// Reads an inner record that must bear the number `seq`.
pub(crate) fn unpack(mut inner: Vec<u8>, seq: u64) -> Result<Record, RuleBroken> {
    let (header, rest) = inner.split_first_chunk().ok_or(RuleBroken)?;
    let [kind, number @ .., l0, l1, l2, l3]: [u8; HEADER] = *header;
    let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    let known = kind <= kind::VERIFIED || kind >= kind::FIRST_IGNORED;
    let in_order = number == seq.to_be_bytes();
    if !INNERS.contains(&inner.len()) || !in_order || !known || length > rest.len() {
        return Err(RuleBroken);
    }
    // All of them, and not up to the first: so they are looked at many at a time.
    if rest[length..].iter().fold(0, |all, byte| all | byte) != 0 {
        return Err(RuleBroken);
    }
    inner.drain(..HEADER);
    inner.truncate(length);
    Ok(Record { kind, body: inner })
}
