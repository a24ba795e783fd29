//! Refusals: the reply to a request that is not done.

use serde::{Deserialize, Serialize};

/// Why a request is refused, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The plugin speaks another version.
    UnsupportedProtocol,
    /// The plugin is of another role than the one it was started for.
    WrongRole,
    /// No request has this type.
    UnknownType,
    /// A field is missing or of the wrong kind.
    InvalidMessage,
    /// A text over its limit.
    TooLarge,
    /// Not now: something else is going on.
    Busy,
    /// It took too long.
    Timeout,
    /// The plugin that would do it is not running.
    Unavailable,
    /// Something went wrong that is nobody's fault out there.
    Internal,
    /// No router answers.
    NoGateway,
    /// The router answers, and refuses.
    MappingRefused,
    /// The router has no address that others reach, so a port on it helps nobody.
    NoPublicAddress,
    /// Another program listens on this port.
    AddressInUse,
    /// This computer has no such address, or may not use the port.
    AddressUnavailable,
    /// The computer answers, but nobody listens there.
    ConnectionRefused,
    /// No answer in time.
    ConnectionTimedOut,
    /// No computer has this name.
    NameNotFound,
    /// The text is no code.
    BadCode,
    /// The code is not the listener's.
    WrongCode,
    /// A code is needed to connect.
    CodeNeeded,
    /// There is a code, and this program was started to connect without one.
    CodeUnwanted,
    /// The peer runs the original Python program.
    LegacyPeer,
    /// The peer says nothing to an insecure caller, as one who waits for a code does.
    SecurePeer,
    /// The peer is no p2p-chat, or somebody interfered.
    HandshakeFailed,
    /// Nobody is connected.
    NotConnected,
    /// The peer is not verified yet.
    NotVerified,
    /// Too much waits already; the text stays with the sender.
    QueueFull,
    /// A code of a newer version than this one.
    #[serde(other)]
    Unknown,
}

/// The reply `error`, also used wherever an outcome has a code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what failed, with which value, and what to do next.
    pub message: String,
}

impl Refusal {
    /// A refusal with this code and sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
