//! The handshake: four messages, two round trips. One side's states are in `connector`, the
//! other's in `gate`; both use themselves up.

mod connector;
mod gate;
mod guesses;
pub(crate) mod hello;
mod pake;
mod slots;
#[cfg(test)]
mod tests;
mod unproven;

use std::fmt;

pub use connector::{AwaitAuthL, AwaitHelloL, Proof, Refused, connect};
pub use gate::{Admission, Gate};
pub use unproven::AwaitAuthC;

/// What the people agreed on; chosen on each side, never negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No code: both compare words.
    Words,
    /// A code.
    Code,
    /// A ticket of a session that was cut.
    Resume,
}

/// Why a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Not a message of this protocol, or of another version, suite or mode.
    Malformed,
    /// This mode is not taken, or not any more.
    ModeNotTaken,
    /// A key or point that honest peers never send.
    BadKey,
    /// No such ticket, or not any more.
    UnknownTicket,
    /// Too soon after the last of its mode.
    TooSoon,
    /// The code has no tries left; nothing was compared.
    NoGuessesLeft,
    /// Somebody else was let in meanwhile, or there is another code; nothing was compared.
    Superseded,
    /// The other side proved nothing: a wrong code, or somebody in the middle.
    WrongProof,
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a message that is not of this protocol",
            Self::ModeNotTaken => "a kind of handshake that is not taken",
            Self::BadKey => "a key that honest peers never send",
            Self::UnknownTicket => "an unknown ticket",
            Self::TooSoon => "too soon after another handshake",
            Self::NoGuessesLeft => "no tries are left for the code",
            Self::Superseded => "overtaken by another handshake or code",
            Self::WrongProof => "a wrong proof",
        })
    }
}

impl std::error::Error for HandshakeError {}

/// A message with its length in front, as it goes over the wire.
fn framed(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("no message is longer than HELLO_C");
    [&length.to_be_bytes(), body].concat()
}
