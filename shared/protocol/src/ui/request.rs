//! The fields of what a ui asks.

use serde::{Deserialize, Serialize};

use crate::Private;

/// Waits for a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// The TCP port; 0: any free one; without it, 8080.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// Connects to a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connect {
    /// What the user typed or pasted, as it is: an invite, or `host` or `host:port`.
    pub invite: Private,
    /// What the user typed as code, as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<Private>,
}

/// The words the user heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify {
    /// As typed.
    pub words: Private,
}

/// Sends a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessage {
    /// At most 32 768 bytes.
    pub text: Private,
}

/// An address only the user knows: forwarded by hand, or a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPublic {
    /// `host` or `host:port`.
    pub address: String,
}
