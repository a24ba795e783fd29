//! Contents that never reach a log. That nothing of them stays in memory is the business of the
//! programs that hold them, whose allocator erases whatever is freed.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A text, code or invite: `Debug` shows its length only, so no log or panic prints it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(pub String);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0.len())
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What one chat core sends to the other: a JSON value that nothing between the two reads.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payload(pub Box<RawValue>);

impl Payload {
    /// A payload of one string, as legacy chats use it.
    pub fn from_text(text: &str) -> Self {
        Self(serde_json::value::to_raw_value(text).expect("a string is always JSON"))
    }

    /// The string, where the payload is one.
    pub fn to_text(&self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0.get().len())
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Payload {}
