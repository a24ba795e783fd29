//! The second implementation of the secure channel, `tests/python/p2pc`, driven from a test.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::python::python_with;
use crate::support::json_process::JsonProcess;
use crate::support::repository;

/// A code that is put in the place of none.
const ANY: &str = "aardvark aardvark aardvark";

/// A Python that can be a peer.
pub(crate) struct P2pc {
    interpreter: String,
}

impl P2pc {
    /// Finds one, or says that the test is skipped: it is to return then.
    pub(crate) fn find(test: &str) -> Option<Self> {
        let module = "cryptography.hazmat.primitives.asymmetric.mlkem";
        let interpreter = python_with(module, test)?;
        Some(Self { interpreter })
    }

    /// Its own tests.
    pub(crate) fn selftest(&self) -> Output {
        let mut command = self.command();
        command.arg("p2pc.selftest").output().expect("it starts")
    }

    /// Computes these test vectors anew.
    pub(crate) fn check_vectors(&self, files: &[PathBuf]) -> Output {
        let mut command = self.command();
        let command = command.arg("p2pc.vectors").args(files);
        command.output().expect("it starts")
    }

    /// A peer that waits on a free port. `secret` is its first line, where its mode has one.
    pub(crate) fn listen(&self, mode: &str, secret: Option<Value>) -> Peer {
        self.peer(&["listen", "--mode", mode], secret)
    }

    /// A listener that goes on whatever a caller has shown it.
    pub(crate) fn listen_falsely(&self, guess: &str) -> Peer {
        self.peer(&["listen", "--false", "--mode", "code"], code(guess))
    }

    /// A listener that has no code, and tries the identity as its share.
    pub(crate) fn listen_without_a_guess(&self) -> Peer {
        let arguments = ["listen", "--false", "--identity", "--mode", "code"];
        self.peer(&arguments, code(ANY))
    }

    /// A caller that does the same.
    pub(crate) fn connect_without_a_guess(&self, port: u16) -> Peer {
        let port = port.to_string();
        let called = ["connect", "127.0.0.1", &port];
        let arguments = [&called[..], &["--identity", "--mode", "code"]].concat();
        self.peer(&arguments, code(ANY))
    }

    /// A peer that calls this port.
    pub(crate) fn connect(&self, port: u16, mode: &str, secret: Option<Value>) -> Peer {
        let port = port.to_string();
        self.peer(&["connect", "127.0.0.1", &port, "--mode", mode], secret)
    }

    /// A caller who tells every secret value.
    pub(crate) fn connect_telling(&self, port: u16, passcode: &str) -> Peer {
        let port = port.to_string();
        let called = ["connect", "127.0.0.1", &port];
        let arguments = [&called[..], &["--vectors", "--mode", "code"]].concat();
        self.peer(&arguments, code(passcode))
    }

    fn peer(&self, arguments: &[&str], secret: Option<Value>) -> Peer {
        let mut command = self.command();
        command.arg("p2pc").args(arguments);
        let mut peer = Peer(JsonProcess::spawn(&mut command, "event"));
        if let Some(secret) = secret {
            peer.0.say(&secret);
        }
        peer
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        // -B: nothing is written beside the sources.
        command.args(["-B", "-m"]);
        command.current_dir(repository().join("tests/python"));
        command
    }
}

/// The first line for a code.
pub(crate) fn code(code: &str) -> Option<Value> {
    Some(json!({ "code": code }))
}

/// A running peer.
pub(crate) struct Peer(pub(crate) JsonProcess);

impl Peer {
    /// The port it listens on.
    pub(crate) fn port(&mut self) -> u16 {
        let port = self.event("listening")["port"].as_u64();
        port.and_then(|port| port.try_into().ok()).expect("a port")
    }

    pub(crate) fn event(&mut self, kind: &str) -> Value {
        self.0.event(kind)
    }

    /// Tells it to do something.
    pub(crate) fn order(&mut self, order: Value) {
        self.0.say(&order);
    }

    pub(crate) fn send(&mut self, payload: &Value) {
        self.order(json!({ "do": "send", "payload": payload }));
    }

    /// The next payload from the other side.
    pub(crate) fn received(&mut self) -> Value {
        self.event("received")["payload"].clone()
    }

    /// Its tickets as they are now, as the first line for another peer.
    pub(crate) fn tickets(&self) -> Option<Value> {
        let last = self.0.so_far("tickets").pop().expect("it has told some");
        Some(json!({ "tickets": last["tickets"] }))
    }
}
