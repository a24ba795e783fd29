//! A transport whose stdout fills up.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use p2p_chat_protocol::PLUGIN_ENV;
use serde_json::{Value, json};

use super::{Caller, DEADLINE, Member, port_of, proof_of};

/// A pipe of Linux has so many pages; a short line is never torn over two.
const PAGES: u64 = 16;
const PAGE: u64 = 4096;

/// A transport whose stdout is read only when a test says so.
pub(crate) struct Blocked {
    child: Child,
    /// `None`: it was ended.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Blocked {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_transport"))
            .env(PLUGIN_ENV, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdin = child.stdin.take().expect("piped");
        // One byte a read: what is not asked for stays in the pipe.
        let stdout = BufReader::with_capacity(1, child.stdout.take().expect("piped"));
        let mut transport = Self {
            child,
            stdin: Some(stdin),
            stdout,
        };
        transport.line();
        transport.write(json!({"type":"welcome","protocol":1,"supervisor":"0","start":"menu"}));
        transport
    }

    pub(crate) fn write(&mut self, line: Value) {
        let stdin = self.stdin.as_mut().expect("not ended");
        writeln!(stdin, "{line}").expect("it reads");
    }

    /// Listens; the port and the code.
    pub(crate) fn listen_with_code(&mut self) -> (u16, String) {
        self.write(json!({"type":"listen","id":1,"port":0,"bind":"127.0.0.1",
            "auth":{"mode":"code"}}));
        let listening = self.read_until("listening");
        let port = port_of(listening["addresses"][0].as_str().expect("an address"));
        let code = listening["passcode"].as_str().expect("a code");
        (port, code.to_owned())
    }

    /// A listener that chats with somebody; what it said so far is read.
    pub(crate) fn chat() -> (Self, Member) {
        let mut transport = Self::start();
        let (port, code) = transport.listen_with_code();
        let member = Caller::call(port).join(proof_of(&code)).expect("let in");
        transport.read_until("peer_connected");
        transport.read_until("listening");
        (transport, member)
    }

    /// It is the end of its stdin.
    pub(crate) fn end_stdin(&mut self) {
        self.stdin = None;
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    fn waiting(&self) -> u64 {
        rustix::io::ioctl_fionread(self.stdout.get_ref()).expect("a pipe")
    }

    /// Leaves room for a short line or two, and none for tickets.
    pub(crate) fn fill(&mut self) {
        let line = self.answer_to_nonsense();
        let lines = PAGES * (PAGE / line) - 2;
        for _ in 1..lines {
            self.answer_to_nonsense();
        }
    }

    /// Makes it write a line; its length.
    pub(crate) fn answer_to_nonsense(&mut self) -> u64 {
        let until = Instant::now() + DEADLINE;
        let before = self.waiting();
        self.write(json!({"type":"x","id":1}));
        while self.waiting() == before {
            assert!(Instant::now() < until, "no answer");
            std::thread::yield_now();
        }
        self.waiting() - before
    }

    /// Reads on until this event.
    pub(crate) fn read_until(&mut self, kind: &str) -> Value {
        loop {
            let line = self.line();
            if line["type"] == kind {
                return line;
            }
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
