//! The built-in `transport`, without a supervisor: the test asks.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::process::Command;

use serde_json::{Value, json};

use crate::support::json_process::JsonProcess;
use crate::support::plugin;

/// A running transport.
pub(crate) struct Transport {
    pub(crate) process: JsonProcess,
    next_id: u64,
}

impl Transport {
    pub(crate) fn start() -> Self {
        Self::start_as(&mut Command::new(plugin("transport")))
    }

    /// Starts this command, whatever else was set for it.
    pub(crate) fn start_as(command: &mut Command) -> Self {
        let mut process = JsonProcess::spawn(command.env("P2P_CHAT_PLUGIN", "1"), "type");
        process.event("hello");
        process.say(&json!({
            "type": "welcome", "protocol": 1, "supervisor": "test", "start": "menu",
            "options": { "plain": true, "bell": false, "verbose": false, "color": false },
        }));
        Self {
            process,
            next_id: 1,
        }
    }

    /// Asks, and returns the reply.
    pub(crate) fn ask(&mut self, request: Value) -> Value {
        let id = self.ask_only(request);
        self.process.reply(id)
    }

    /// Asks; the id of the request.
    pub(crate) fn ask_only(&mut self, mut request: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        request["id"] = id.into();
        self.process.say(&request);
        id
    }

    /// Listens on a free port of this computer; the reply.
    pub(crate) fn listen(&mut self, auth: Value) -> Listening {
        let request = json!({ "type": "listen", "port": 0, "bind": "127.0.0.1", "auth": auth });
        let reply = self.ask(request);
        let address = reply["addresses"][0].as_str();
        let port = address.and_then(|address| address.rsplit(':').next()?.parse().ok());
        Listening {
            port: port.unwrap_or_else(|| panic!("no address in {reply}")),
            passcode: reply["passcode"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Calls this port; the reply.
    pub(crate) fn connect(&mut self, port: u16, auth: Value) -> Value {
        let addresses = [format!("127.0.0.1:{port}")];
        self.ask(json!({ "type": "connect", "addresses": addresses, "auth": auth }))
    }

    /// Sends, and waits until that is done.
    pub(crate) fn send(&mut self, payload: &Value) {
        let reply = self.ask(json!({ "type": "send", "payload": payload }));
        assert_eq!(reply["type"], "ok", "{reply}");
    }

    /// The next payload from the other side.
    pub(crate) fn received(&mut self) -> Value {
        self.event("received")["payload"].clone()
    }

    pub(crate) fn event(&mut self, kind: &str) -> Value {
        self.process.event(kind)
    }

    /// Its tickets as they are now.
    pub(crate) fn tickets(&self) -> Value {
        let last = self.process.so_far("tickets").pop();
        last.expect("it has told some")["tickets"].clone()
    }
}

/// What a listener answered.
pub(crate) struct Listening {
    pub(crate) port: u16,
    /// Empty where there is none.
    pub(crate) passcode: String,
}

/// `auth` for a code that somebody typed.
pub(crate) fn typed(passcode: &str) -> Value {
    json!({ "mode": "code", "passcode": passcode })
}

/// `auth` for another mode, or for a code that a listener makes.
pub(crate) fn mode(mode: &str) -> Value {
    json!({ "mode": mode })
}

/// `auth` for tickets.
pub(crate) fn resume(tickets: &Value) -> Value {
    json!({ "mode": "resume", "tickets": tickets })
}
