//! The pipe between supervisor and transport.

use serde::{Deserialize, Serialize};

use crate::macros::messages;
use crate::ui::{AuthenticationFailed, PasscodeRead, PeerConnected, VerificationNeeded, Verify};
use crate::{Payload, Private, Refusal};

messages! {
    /// What the supervisor asks of transport.
    TransportRequest {
        /// Wait for a peer. Reply: `listening` or `error`.
        "listen" => Listen(Listen),
        /// Wait no longer; a chat goes on. Reply: `ok`.
        "stop_listening" => StopListening,
        /// Connect to a peer. Reply: `ok` when begun; then `peer_connected` or `connect_failed`.
        "connect" => Connect(Connect),
        /// The words the user heard. Reply: `ok` or `error`.
        "verify" => Verify(Verify),
        /// The words do not match: drop the peer. Reply: `ok`.
        "reject" => Reject,
        /// Make another code. Reply: `listening`.
        "new_code" => NewCode,
        /// Send to the peer. Reply: `ok` when all of it is in the socket's buffer.
        "send" => Send(Send),
        /// This computer may have been asleep: see at once whether the peer is still there. Reply: `ok`.
        "check_line" => CheckLine,
        /// End the chat, or the attempt, or the listening. Reply: `ok`.
        "disconnect" => Disconnect,
    }
}

messages! {
    /// What transport tells the supervisor.
    TransportEvent {
        /// It waits for a peer; whole and again at each change.
        "listening" => Listening(Listening),
        /// A peer is there.
        "peer_connected" => PeerConnected(PeerConnected),
        /// An attempt to connect ended without a peer.
        "connect_failed" => ConnectFailed(Refusal),
        /// The peer is to be verified by words.
        "verification_needed" => VerificationNeeded(VerificationNeeded),
        /// Somebody tried a wrong code.
        "authentication_failed" => AuthenticationFailed(AuthenticationFailed),
        /// The code the user typed is one; nothing was sent yet.
        "passcode_read" => PasscodeRead(PasscodeRead),
        /// All tickets there are now; replaces the last set.
        "tickets" => Tickets(Tickets),
        /// The keys were renewed.
        "keys_changed" => KeysChanged,
        /// From the peer.
        "received" => Received(Received),
        /// This computer has other addresses of its own than before.
        "addresses_changed" => AddressesChanged,
        /// The peer is gone.
        "peer_disconnected" => PeerDisconnected(PeerDisconnected),
        /// Done.
        "ok" => Ok,
        /// Not done.
        "error" => Error(Refusal),
    }
}

/// Waits for a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// The TCP port; 0: any free one.
    pub port: u16,
    /// The one address to listen on, `ip`; without it, all of IPv4 and IPv6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<String>,
    /// How a peer proves that it is the right one.
    pub auth: Auth,
}

/// Connects to a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connect {
    /// Where, `host:port` each, in the order to try; raced.
    pub addresses: Vec<String>,
    /// How both prove that they are the right ones.
    pub auth: Auth,
}

/// How two people prove to each other's transport who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// Which way; chosen by the people, one on each side, never negotiated.
    pub mode: AuthMode,
    /// Mode `code`: what the user typed; without it, a listener makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<Private>,
    /// What lets a cut chat go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<Ticket>,
}

impl Auth {
    /// By a code: the one the user typed, or one that a listener is to make.
    pub fn code(passcode: Option<Private>) -> Self {
        Self {
            passcode,
            ..Self::new(AuthMode::Code)
        }
    }

    /// By words that both compare.
    pub fn words() -> Self {
        Self::new(AuthMode::Words)
    }

    /// By what an earlier session left.
    pub fn resume(tickets: Vec<Ticket>) -> Self {
        Self {
            tickets,
            ..Self::new(AuthMode::Resume)
        }
    }

    /// The original Python program's protocol: no proof at all.
    pub fn legacy() -> Self {
        Self::new(AuthMode::Legacy)
    }

    fn new(mode: AuthMode) -> Self {
        Self {
            mode,
            passcode: None,
            tickets: Vec::new(),
        }
    }
}

/// The ways of [`Auth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// A code the listener made and the connector typed.
    Code,
    /// Words both compare after connecting.
    Words,
    /// A ticket of an earlier session.
    Resume,
    /// None: the original Python program's protocol.
    Legacy,
}

/// What lets a cut chat go on without a new code. Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Which side it serves: `initiator` or `responder`.
    pub role: String,
    /// Its public name.
    pub resume_id_b64: String,
    /// The secret.
    pub resume_secret_b64: Private,
    /// How the peer of the session was verified.
    pub verification: crate::ui::Verification,
}

/// All tickets there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tickets {
    /// The whole set.
    pub tickets: Vec<Ticket>,
}

/// Transport waits for a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// The sockets, `host:port`, with the port that was really taken.
    pub addresses: Vec<String>,
    /// Where others in the same network reach them, `host:port`, the likeliest first.
    pub own_addresses: Vec<String>,
    /// The code a peer must know; absent when there is none or it is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<Private>,
    /// The same code as numbers, each a word's place in the list, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Private>,
    /// How long the code works from now, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u32>,
    /// How many wrong codes it stands yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guesses_left: Option<u32>,
    /// How many callers were turned away so far, before any of them showed a code.
    #[serde(default)]
    pub turned_away: u64,
}

/// Something for the peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Passed on unread.
    pub payload: Payload,
}

/// Something from the peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Passed on unread.
    pub payload: Payload,
}

/// The peer is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerDisconnected {
    /// Why.
    pub reason: DisconnectReason,
}

/// Why a peer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisconnectReason {
    /// The peer ended the chat.
    Left,
    /// The line was cut.
    Cut,
    /// The peer broke the protocol.
    ProtocolError,
    /// The words did not match, or one side said so.
    Rejected,
    /// Nobody compared the words in time.
    Idle,
    /// It never said a word, and somebody else came.
    Replaced,
    /// The user ended the chat.
    Ended,
}
