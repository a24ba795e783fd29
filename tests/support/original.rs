//! The original program: `tests/python/original.py`, driven from a test.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::process::Command;

use serde_json::{Value, json};

use crate::python::python_with;
use crate::support::{Piped, repository};

/// A Python that has what the original needs.
pub(crate) struct Python {
    interpreter: String,
}

impl Python {
    /// Finds one, or says that the test is skipped: it is to return then. `scripts/test.sh
    /// --install` makes the first that is tried.
    pub(crate) fn find(test: &str) -> Option<Self> {
        let interpreter = python_with("cryptography.fernet", test)?;
        Some(Self { interpreter })
    }

    /// The original, waiting for a caller.
    pub(crate) fn listen(&self) -> Original {
        self.original(&["listen"])
    }

    /// The original, calling this port.
    pub(crate) fn connect(&self, port: u16) -> Original {
        self.original(&["connect", &port.to_string()])
    }

    /// A listener whose every write is in the test's hands. Its key is not sent yet.
    pub(crate) fn listen_wire(&self) -> Wire {
        Wire {
            original: self.original(&["listen", "--wire"]),
            unsent: KEY_LENGTH,
        }
    }

    /// A connector whose every write is in the test's hands.
    pub(crate) fn connect_wire(&self, port: u16) -> Wire {
        Wire {
            original: self.original(&["connect", &port.to_string(), "--wire"]),
            unsent: 0,
        }
    }

    fn original(&self, arguments: &[&str]) -> Original {
        let mut command = Command::new(&self.interpreter);
        command.arg(repository().join("tests/python/original.py"));
        command.args(arguments);
        Original(Piped::spawn(&mut command))
    }
}

/// A running original. Dropped, it is killed.
pub(crate) struct Original(pub(crate) Piped);

impl Original {
    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        let port = self.event("listening")["port"].as_u64();
        port.and_then(|port| port.try_into().ok()).expect("a port")
    }

    /// Its user types a line.
    pub(crate) fn line(&mut self, text: &str) -> &mut Self {
        self.0.line(text);
        self
    }

    /// Waits for an event of this kind; others before it are passed over.
    pub(crate) fn event(&self, kind: &str) -> Value {
        let start = format!(r#"{{"event": "{kind}""#);
        let rest = self.0.expect(&start);
        serde_json::from_str(&format!("{start}{rest}")).expect("JSON")
    }

    /// Every text it has received up to now.
    pub(crate) fn received(&self) -> Vec<String> {
        let said = self.0.stdout.so_far();
        let events = said
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        events
            .filter_map(|event: Value| Some(event["text"].as_str()?.to_owned()))
            .collect()
    }
}

/// 32 bytes in base64.
pub(crate) const KEY_LENGTH: usize = 44;

/// An original whose bytes a test cuts as it likes.
pub(crate) struct Wire {
    pub(crate) original: Original,
    unsent: usize,
}

impl Wire {
    /// Adds the token of this text to what is not sent yet.
    pub(crate) fn token(&mut self, text: &str) -> &mut Self {
        self.unsent += token_length(text);
        self.order(&json!({ "token": text }))
    }

    /// Sends the next `count` bytes at once.
    pub(crate) fn write(&mut self, count: usize) -> &mut Self {
        self.unsent -= count;
        self.order(&json!({ "write": count }))
    }

    /// Sends everything at once.
    pub(crate) fn write_all(&mut self) -> &mut Self {
        self.write(self.unsent)
    }

    fn order(&mut self, order: &Value) -> &mut Self {
        self.original.line(&order.to_string());
        self
    }
}

/// Version, time, IV and HMAC are 57 bytes; the text is padded to the next 16; all in base64.
pub(crate) fn token_length(text: &str) -> usize {
    let bytes = 57 + (text.len() / 16 + 1) * 16;
    bytes.div_ceil(3) * 4
}
