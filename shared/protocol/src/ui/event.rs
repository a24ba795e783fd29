//! The fields of what a ui is told.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::transport::DisconnectReason;
use crate::{ErrorCode, Private, Role};

/// The listener is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// The sockets, `host:port`.
    pub addresses: Vec<String>,
    /// Where others in the same network reach them, `host:port`, the likeliest first.
    #[serde(default)]
    pub own_addresses: Vec<String>,
    /// One line for the peer: all addresses, and the code where there is one.
    pub invite: Private,
    /// The code to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<Private>,
    /// The same code as numbers, each a word's place in the list, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Private>,
    /// When the code dies, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// How many wrong codes it stands yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guesses_left: Option<u32>,
    /// How many callers were turned away so far, before any of them showed a code.
    #[serde(default)]
    pub turned_away: u64,
    /// Whether a router is being asked: a `reachability_changed` follows.
    #[serde(default)]
    pub asking_router: bool,
}

/// Whether others can reach the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachabilityChanged {
    /// Where from outside, `host:port`; absent: not that we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_address: Option<String>,
    /// How the router was asked: `upnp`, `pcp`, `nat-pmp`; `direct`: no router is in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// For how long the router granted it, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_s: Option<u32>,
    /// Why not, or what is new or special about it: a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why not, for programs: `no_gateway`, `mapping_refused`, `no_public_address`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
}

/// Something the user must be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputNeeded {
    /// What.
    pub what: Input,
    /// Where the connection will go, as far as it is known, `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What can be missing to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// The peer's address, or an invite.
    Invite,
    /// The code.
    Passcode,
}

/// A peer is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerConnected {
    /// The peer's end of the connection, `host:port`.
    pub address: String,
    /// This computer's end, `host:port`.
    pub local_address: String,
    /// Who called whom.
    pub direction: Direction,
    /// How far the peer is known.
    pub verification: Verification,
    /// Whether a chat goes on that was cut.
    #[serde(default)]
    pub resumed: bool,
}

/// The code the user typed, understood; shown before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasscodeRead {
    /// As whole words.
    pub passcode: Private,
    /// The same as numbers.
    pub numbers: Private,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The peer connected to us.
    Incoming,
    /// We connected to the peer.
    Outgoing,
}

/// How far the peer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// It knew the code.
    Code,
    /// Its words were compared.
    Words,
    /// Its words are to be compared.
    Unverified,
    /// Not at all: anyone on the way can read and change the chat.
    Insecure,
}

/// The words of an unverified session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationNeeded {
    /// What the user says.
    pub show: Private,
    /// How many words the user must hear and type.
    pub ask: u32,
}

/// Somebody tried a wrong code, or was gone before there were words to compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationFailed {
    /// Who, `host:port`.
    pub address: String,
    /// How many tries the code has left; absent where there is no code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guesses_left: Option<u32>,
    /// How many more callers are answered who would compare words; absent where there is a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshakes_left: Option<u32>,
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAdded {
    /// Its number in the conversation, from 1.
    pub n: u64,
    /// Whose.
    pub from: Author,
    /// The author's address, `ip`.
    pub ip: Arc<str>,
    /// Safe to print: control characters are shown as escapes; line ends may be in it.
    pub text: Private,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// How far an own text got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// Whose text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The user's own.
    Me,
    /// The peer's.
    Peer,
}

/// How far an own text got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It waits.
    Queued,
    /// It is on its way.
    Sent,
    /// The other core has it.
    Delivered,
    /// It will not arrive.
    Failed,
}

/// One of the user's own texts got further, or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdated {
    /// Its number.
    pub n: u64,
    /// How far.
    pub status: Status,
}

/// The keys were renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysChanged {
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// How often in this session.
    pub epoch: u64,
}

/// The peer is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerDisconnected {
    /// Who it was, `host:port`.
    pub address: String,
    /// Why.
    pub reason: DisconnectReason,
    /// Whether the chat may go on: texts typed now wait.
    pub redialing: bool,
    /// Whether the listener goes on waiting, because there was no chat yet.
    #[serde(default)]
    pub waiting: bool,
    /// A cut that could not be mended because this computer slept: for how long, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slept_s: Option<u64>,
}

/// A sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A detail, only when the user asked for them.
    Debug,
    /// A fact.
    Info,
    /// It needs the user.
    Warn,
    /// Something failed.
    Error,
}

/// A plugin started, stopped or was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginChanged {
    /// Which.
    pub role: Role,
    /// What became of it.
    pub status: PluginStatus,
}

/// What became of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginStatus {
    /// It said hello.
    Started,
    /// It stopped by itself and is started again.
    Restarting,
    /// It stopped too often; the program goes on without it, or ends.
    GivenUp,
}
