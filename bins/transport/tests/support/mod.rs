//! The real binary between two pipes; in [`network`], what it meets on the network.
//!
//! Every wait has a deadline; waiting for something is expecting it.

#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

mod blocked;
mod hosts;
#[path = "../../../../tests/support/looking.rs"]
mod looking;
mod member;
mod network;
mod process;
mod secure;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use p2p_chat_protocol::{LOG_ENV, PLUGIN_ENV};
use serde_json::{Value, json};

pub(crate) use self::blocked::Blocked;
pub(crate) use self::hosts::{Until, host, serve};
pub(crate) use self::looking::look_for;
pub(crate) use self::member::Member;
pub(crate) use self::network::{Peer, accept, black_hole, call, listener, turned_away};
pub(crate) use self::secure::{
    Caller, Chatting, Source, another_code, proof_of, random, resume, secure_chat,
};

/// Far more than anything takes, also on a machine that builds at the same time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The supervisor kills a plugin that takes longer to end.
const END_DEADLINE: Duration = Duration::from_secs(5);

/// Lines the test has not taken yet; then the plugin's stdout fills up.
const UNREAD_LINES: usize = 4;

/// A running transport.
pub(crate) struct Transport {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Receiver<String>>,
    stderr: Receiver<String>,
    unread: VecDeque<Value>,
    last_id: u64,
}

impl Transport {
    /// Starts it and greets.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_transport"))
            .env(PLUGIN_ENV, "1")
            .env(LOG_ENV, "debug")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = lines_of(child.stdout.take().expect("piped"), UNREAD_LINES);
        let stderr = lines_of(child.stderr.take().expect("piped"), 10_000);
        let mut transport = Self {
            stdin: child.stdin.take(),
            stdout: Some(stdout),
            stderr,
            child,
            unread: VecDeque::new(),
            last_id: 0,
        };
        let hello = transport.event("hello");
        assert_eq!(hello["role"], "transport");
        let welcome = r#"{"type":"welcome","protocol":1,"supervisor":"0.1.0","start":"menu"}"#;
        transport.write(welcome);
        transport
    }

    /// Writes one line as it is.
    pub(crate) fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("not ended yet");
        writeln!(stdin, "{line}").expect("the plugin reads");
    }

    /// Sends a request, and says its id.
    pub(crate) fn ask(&mut self, mut request: Value) -> u64 {
        self.last_id += 1;
        request["id"] = self.last_id.into();
        self.write(&request.to_string());
        self.last_id
    }

    /// The reply to request `id`; events before it stay for [`Transport::event`].
    pub(crate) fn reply(&mut self, id: u64) -> Value {
        let is_it = |line: &Value| line["reply_to"] == id;
        if let Some(at) = self.unread.iter().position(is_it) {
            return self.unread.remove(at).expect("it is there");
        }
        loop {
            match self.next_line() {
                line if is_it(&line) => return line,
                line => self.unread.push_back(line),
            }
        }
    }

    /// Sends a request that must be answered by a message of this type.
    pub(crate) fn expect(&mut self, request: Value, kind: &str) -> Value {
        let id = self.ask(request.clone());
        let reply = self.reply(id);
        assert_eq!(reply["type"], kind, "{request} was answered by {reply}");
        reply
    }

    /// Sends a request that must be refused; says the sentence.
    pub(crate) fn refused(&mut self, request: Value, code: &str) -> String {
        let error = self.expect(request, "error");
        assert_eq!(error["code"], code, "{error}");
        error["message"].as_str().expect("a sentence").to_owned()
    }

    /// The next event, which must be of this type.
    pub(crate) fn event(&mut self, kind: &str) -> Value {
        let event = self.any_event();
        assert_eq!(event["type"], kind, "unexpected event {event}");
        event
    }

    /// The next event of this type; `listening` and `tickets` before it are passed over, others
    /// are not expected.
    pub(crate) fn event_after_state(&mut self, kind: &str) -> Value {
        loop {
            let event = self.any_event();
            if event["type"] == kind {
                return event;
            }
            let is_state = event["type"] == "listening" || event["type"] == "tickets";
            assert!(is_state, "unexpected event {event}");
        }
    }

    /// An event that was read already, while something else was waited for.
    pub(crate) fn unread_event(&mut self) -> Option<Value> {
        self.unread.pop_front()
    }

    /// The next event.
    pub(crate) fn any_event(&mut self) -> Value {
        let is_event = |line: &Value| line["reply_to"].is_null();
        match self.unread.iter().position(is_event) {
            Some(at) => self.unread.remove(at).expect("it is there"),
            None => loop {
                match self.next_line() {
                    line if is_event(&line) => break line,
                    line => self.unread.push_back(line),
                }
            },
        }
    }

    /// The next event or reply.
    pub(crate) fn any_line(&mut self) -> Value {
        match self.unread.pop_front() {
            Some(line) => line,
            None => self.next_line(),
        }
    }

    fn next_line(&mut self) -> Value {
        let stdout = self.stdout.as_ref().expect("still read");
        let line = stdout.recv_timeout(DEADLINE).expect("a line in time");
        serde_json::from_str(&line).expect("every line is JSON")
    }

    /// Listens on any free port of loopback, both families; says the port.
    pub(crate) fn listen(&mut self) -> u16 {
        let request = json!({"type":"listen","port":0,"auth":{"mode":"legacy"}});
        let listening = self.expect(request, "listening");
        let address = listening["addresses"][0].as_str().expect("an address");
        port_of(address)
    }

    /// Begins to connect.
    pub(crate) fn connect(&mut self, addresses: &[&str]) {
        let request = json!({"type":"connect","addresses":addresses,"auth":{"mode":"legacy"}});
        self.expect(request, "ok");
    }

    /// Expects that the attempt fails like this; says the sentence.
    pub(crate) fn connect_failed(&mut self, code: &str) -> String {
        let failed = self.event("connect_failed");
        assert_eq!(failed["code"], code, "{failed}");
        failed["message"].as_str().expect("a sentence").to_owned()
    }

    /// Sends a text and waits until it is written.
    pub(crate) fn say(&mut self, text: &str) {
        self.expect(json!({"type":"send","payload":text}), "ok");
    }

    /// The next text received.
    pub(crate) fn hear(&mut self) -> String {
        let received = self.event("received");
        received["payload"].as_str().expect("a text").to_owned()
    }

    /// Expects that the peer is gone for this reason.
    pub(crate) fn peer_gone(&mut self, reason: &str) {
        let gone = self.event("peer_disconnected");
        assert_eq!(gone["reason"], reason);
    }

    /// Expects a line on stderr, others before it aside.
    pub(crate) fn log(&self, line: &str) {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.stderr.recv_timeout(left) {
                Ok(written) if written == line => return,
                Ok(_) => {}
                Err(_) => panic!("stderr does not say {line:?}"),
            }
        }
    }

    /// Asks it something harmless and expects no event before the answer: what was going on
    /// disturbed nothing.
    pub(crate) fn undisturbed(&mut self) {
        self.refused(json!({"type":"verify","words":"x"}), "unavailable");
        assert!(self.unread.is_empty(), "{:?}", self.unread);
    }

    /// stdout is read no more.
    pub(crate) fn stop_reading(&mut self) {
        self.stdout = None;
    }

    /// Ends stdin.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Ends stdin; the process must end in time, with 0.
    pub(crate) fn end(mut self) {
        self.close_stdin();
        self.expect_exit();
    }

    /// The process must end in time, with 0.
    pub(crate) fn expect_exit(&mut self) {
        let end = look_for(END_DEADLINE, || self.child.try_wait().expect("our child"));
        assert_eq!(end.expect("it ends").code(), Some(0));
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(source: impl Read + Send + 'static, unread: usize) -> Receiver<String> {
    let (lines, receiver) = sync_channel(unread);
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

pub(crate) fn port_of(address: &str) -> u16 {
    let (_, port) = address.rsplit_once(':').expect("host:port");
    port.parse().expect("a port")
}

/// Two transports with a chat between them: listener, connector.
pub(crate) fn chatting() -> (Transport, Transport) {
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let port = listener.listen();
    connector.connect(&[&format!("127.0.0.1:{port}")]);
    connector.event("peer_connected");
    listener.event("peer_connected");
    (listener, connector)
}
