//! Finds the ends of Fernet tokens in a stream that has no framing. Pure; no timers.
//!
//! Tokens are base64 in groups of four characters. A group with `=` ends a token. A token without
//! padding (one whose cipher blocks are a multiple of three) ends where the HMAC over what stands
//! before verifies, and that is looked at in ascending order, each place once.

use std::io;

use bytes::BytesMut;
use fernet::Fernet;
use p2p_chat_protocol::MAX_TEXT;
use tokio_util::codec::Decoder;

/// The longest token: a text of [`MAX_TEXT`] makes 43 788 characters, rounded up to full KiB.
const MAX_TOKEN: usize = 44 * 1024;

/// Characters of base64 that stand for three bytes.
const GROUP: usize = 4;

/// A token is 57 bytes (version, time, IV, HMAC) and cipher blocks of 16. It needs no padding
/// where the blocks are a multiple of three: 57 + 48 n bytes, which are 76 + 64 n characters.
const UNPADDED_BASE: usize = 76;
const UNPADDED_STEP: usize = 64;

/// The latest time for which the library's sum (a minute is added) does not overflow: no token
/// is from the future, whatever the peer's clock says.
const END_OF_TIME: u64 = u64::MAX - 60;

/// Takes texts out of a stream of tokens. An error is final: the same bytes give it again.
pub(super) struct Tokens {
    fernet: Fernet,
    /// The token that is being read does not end before this place.
    searched: usize,
}

impl Tokens {
    pub(super) fn new(fernet: Fernet) -> Self {
        Self {
            fernet,
            searched: 0,
        }
    }

    /// Where the first token of `bytes` ends, and its text; `None` when more bytes are needed.
    fn find(&mut self, bytes: &[u8]) -> io::Result<Option<(usize, Vec<u8>)>> {
        while let Some(group) = bytes.get(self.searched..self.searched + GROUP) {
            let end = self.searched + GROUP;
            if end > MAX_TOKEN {
                return Err(rubbish("a token is too long"));
            }
            match Group::of(group) {
                Group::Last => {
                    let text = self.decrypt(&bytes[..end]);
                    let text = text.ok_or_else(|| rubbish("a token is not genuine"))?;
                    return Ok(Some((end, text)));
                }
                Group::Inner if may_end_at(end, bytes) => {
                    if let Some(text) = self.decrypt(&bytes[..end]) {
                        return Ok(Some((end, text)));
                    }
                }
                Group::Inner => {}
                Group::Rubbish => return Err(rubbish("what came is no token")),
            }
            self.searched = end;
        }
        if may_be_beginning(bytes) {
            Ok(None)
        } else {
            Err(rubbish("what came is no token"))
        }
    }

    fn decrypt(&self, token: &[u8]) -> Option<Vec<u8>> {
        let token = std::str::from_utf8(token).ok()?;
        self.fernet.decrypt_at_time(token, None, END_OF_TIME).ok()
    }
}

impl Decoder for Tokens {
    type Item = String;
    type Error = io::Error;

    fn decode(&mut self, stream: &mut BytesMut) -> io::Result<Option<String>> {
        let Some((end, text)) = self.find(stream)? else {
            return Ok(None);
        };
        if text.len() > MAX_TEXT {
            return Err(rubbish("a text is too long"));
        }
        let _ = stream.split_to(end);
        self.searched = 0;
        Ok(Some(String::from_utf8_lossy(&text).into_owned()))
    }
}

/// What four characters are to a token.
enum Group {
    Inner,
    /// It is padded.
    Last,
    Rubbish,
}

impl Group {
    fn of(group: &[u8]) -> Self {
        let characters = match group {
            [head @ .., b'=', b'='] | [head @ .., b'='] => head,
            all => all,
        };
        if !characters.iter().all(|&byte| is_base64(byte)) {
            Self::Rubbish
        } else if characters.len() < group.len() {
            Self::Last
        } else {
            Self::Inner
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A token without padding can have this length, and what follows it can be the next one. The
/// second half saves work: without it, a long token would be hashed at every 64th character. (A
/// stream where something else follows is rubbish, so nothing is lost but its last text.)
fn may_end_at(end: usize, bytes: &[u8]) -> bool {
    end > UNPADDED_BASE
        && (end - UNPADDED_BASE).is_multiple_of(UNPADDED_STEP)
        && may_be_beginning(&bytes[end..])
}

/// Every token begins with the byte 0x80 and a time: in base64 `g`, then one of `A` to `P`.
fn may_be_beginning(bytes: &[u8]) -> bool {
    matches!(bytes, [] | [b'g'] | [b'g', b'A'..=b'P', ..])
}

fn rubbish(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
