//! Cuts messages and records out of the stream. A length that cannot be is refused before a byte
//! of the body is read, or room for it made.

use std::fmt;

use bytes::{Buf, BytesMut};

use crate::handshake::hello::{AUTH_C, AUTH_L, HELLO_C, HELLO_L};
use crate::record::TOKENS;

/// The four messages of the handshake. Each has exactly one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The connector's first.
    HelloC,
    /// The listener's answer.
    HelloL,
    /// The connector's proof.
    AuthC,
    /// The listener's proof. Records may stand behind it in the same segment.
    AuthL,
}

impl Message {
    fn body(self) -> usize {
        match self {
            Self::HelloC => HELLO_C,
            Self::HelloL => HELLO_L,
            Self::AuthC => AUTH_C,
            Self::AuthL => AUTH_L,
        }
    }
}

/// The stream is not of this protocol, or the other side breaks its rules: close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadFrame {
    /// A length that no such message or record has. The buffer is left as it is.
    Length(u32),
    /// The connector sent something before it was its turn.
    OutOfTurn,
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "a length of {length} bytes belongs to nothing"),
            Self::OutOfTurn => f.write_str("it spoke before its turn"),
        }
    }
}

impl std::error::Error for BadFrame {}

/// Cuts the body of the awaited message off the front of `buffer`; `None` as long as it is not
/// whole. For [`Message::HelloC`] and [`Message::AuthC`] nothing may stand behind it.
pub fn take_message(awaited: Message, buffer: &mut BytesMut) -> Result<Option<BytesMut>, BadFrame> {
    let Some(prefix) = buffer.first_chunk() else {
        return Ok(None);
    };
    let length = u16::from_be_bytes(*prefix);
    if usize::from(length) != awaited.body() {
        return Err(BadFrame::Length(length.into()));
    }
    let message = take(prefix.len(), awaited.body(), buffer);
    let last_word = matches!(awaited, Message::HelloC | Message::AuthC);
    if message.is_some() && last_word && !buffer.is_empty() {
        return Err(BadFrame::OutOfTurn);
    }
    Ok(message)
}

/// Cuts one record's token off the front of `buffer`; `None` as long as it is not whole. When the
/// length is there, room for the rest is reserved.
pub fn take_record(buffer: &mut BytesMut) -> Result<Option<BytesMut>, BadFrame> {
    let Some(prefix) = buffer.first_chunk() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*prefix);
    let token = TOKENS
        .into_iter()
        .find(|&token| token as u64 == u64::from(length));
    match token {
        Some(token) => Ok(take(prefix.len(), token, buffer)),
        None => Err(BadFrame::Length(length)),
    }
}

fn take(prefix: usize, body: usize, buffer: &mut BytesMut) -> Option<BytesMut> {
    let whole = prefix + body;
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return None;
    }
    buffer.advance(prefix);
    Some(buffer.split_to(body))
}

/// Whether these are the 44 bytes with which the original Python program greets: its key, in
/// clear. No message of ours begins so. For the connector's sentence to its user only.
pub fn looks_like_a_legacy_key(greeting: &[u8]) -> bool {
    match greeting {
        [key @ .., b'='] => {
            key.len() == 43
                && key
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
