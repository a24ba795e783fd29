//! Tickets are in the supervisor's pipe before the bytes go out that make them worth something.
//! Shown with a pipe that is full: what has to be told first cannot be, so nothing goes out.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use p2p_chat_protocol::PLUGIN_ENV;
use p2p_chat_secure_channel::{Code, Event, Gate, Message};
use serde_json::{Value, json};
use support::{Caller, DEADLINE, Member, accept, listener, port_of, proof_of, random, serve};

/// A pipe of Linux has so many pages; a short line is never torn over two.
const PAGES: u64 = 16;
const PAGE: u64 = 4096;

/// How long nothing must come: a thousand times longer than it takes.
const QUIET: Duration = Duration::from_millis(300);

/// A transport whose stdout is read only when a test says so.
struct Blocked {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Blocked {
    fn start() -> Self {
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
            stdin,
            stdout,
        };
        transport.line();
        transport.write(json!({"type":"welcome","protocol":1,"supervisor":"0","start":"menu"}));
        transport
    }

    fn write(&mut self, line: Value) {
        writeln!(self.stdin, "{line}").expect("it reads");
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
    fn fill(&mut self) {
        let line = self.answer_to_nonsense();
        let lines = PAGES * (PAGE / line) - 2;
        for _ in 1..lines {
            self.answer_to_nonsense();
        }
    }

    /// Makes it write a line; its length.
    fn answer_to_nonsense(&mut self) -> u64 {
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
    fn read_until(&mut self, kind: &str) -> Value {
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

#[test]
fn the_listeners_last_message_waits_for_the_tickets_line() {
    let mut transport = Blocked::start();
    transport.write(json!({"type":"listen","id":1,"port":0,"bind":"127.0.0.1",
        "auth":{"mode":"code"}}));
    let listening = transport.read_until("listening");
    let port = port_of(listening["addresses"][0].as_str().expect("an address"));
    let code = listening["passcode"].as_str().expect("a code").to_owned();
    let mut caller = Caller::call(port);
    let state = caller.greet(proof_of(&code));
    let hello_l = caller.read(Message::HelloL).expect("an answer");
    transport.fill();
    let (auth_c, state) = state.receive(&hello_l).ok().expect("a good answer");
    caller.write(&auth_c);
    assert!(
        caller.is_quiet_for(QUIET),
        "it came before the tickets were told"
    );
    let tickets = transport.read_until("tickets");
    assert_eq!(tickets["tickets"][0]["role"], "responder");
    transport.read_until("peer_connected");
    assert!(caller.enter(state).is_some());
}

#[test]
fn new_keys_of_the_listener_wait_for_the_tickets_line() {
    let mut transport = Blocked::start();
    transport.write(json!({"type":"listen","id":1,"port":0,"bind":"127.0.0.1",
        "auth":{"mode":"code"}}));
    let listening = transport.read_until("listening");
    let port = port_of(listening["addresses"][0].as_str().expect("an address"));
    let code = listening["passcode"].as_str().expect("a code");
    let mut member = Caller::call(port).join(proof_of(code)).expect("let in");
    transport.read_until("peer_connected");
    transport.read_until("listening");
    // As many records as one key serves for.
    for _ in 0..500 {
        member.say("0");
        transport.read_until("received");
    }
    transport.fill();
    member.tick();
    assert!(
        member.caller.is_quiet_for(QUIET),
        "the keys changed before the tickets were told"
    );
    let tickets = transport.read_until("tickets");
    assert_eq!(tickets["tickets"].as_array().map(Vec::len), Some(2));
    assert!(matches!(member.event(), Some(Event::KeysChanged { .. })));
    let tickets = transport.read_until("tickets");
    assert_eq!(tickets["tickets"].as_array().map(Vec::len), Some(1));
    transport.read_until("keys_changed");
}

#[test]
fn the_connectors_first_record_waits_for_the_tickets_line() {
    let (ear, address) = listener();
    let mut transport = Blocked::start();
    let code = Code::generate(&mut random());
    let auth = json!({"mode":"code","passcode":&*code.words()});
    let mut gate = Gate::with_code(code);
    transport.write(json!({"type":"connect","id":1,"addresses":[address],"auth":auth}));
    let stream = accept(&ear);
    transport.read_until("ok");
    let (mut stream, _admission) =
        serve(stream, &mut gate, || transport.fill()).expect("it knows the code");
    stream.set_read_timeout(Some(QUIET)).expect("a limit");
    let early = stream.read(&mut [0; 1]);
    assert!(early.is_err(), "it came before the ticket was told");
    let tickets = transport.read_until("tickets");
    assert_eq!(tickets["tickets"][0]["role"], "initiator");
    transport.read_until("peer_connected");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    assert!(matches!(stream.read(&mut [0; 1]), Ok(1)));
}

#[test]
fn the_connectors_last_record_under_old_keys_waits_for_the_tickets_line() {
    let (ear, address) = listener();
    let mut transport = Blocked::start();
    let code = Code::generate(&mut random());
    let auth = json!({"mode":"code","passcode":&*code.words()});
    let mut gate = Gate::with_code(code);
    transport.write(json!({"type":"connect","id":1,"addresses":[address],"auth":auth}));
    let served = serve(accept(&ear), &mut gate, || {});
    let (stream, admission) = served.expect("it knows the code");
    transport.read_until("peer_connected");
    let mut member = Member {
        caller: Caller::of(stream),
        channel: admission.channel,
        out: BytesMut::new(),
    };
    // As many records as one key serves for.
    for _ in 0..500 {
        member.say("0");
        transport.read_until("received");
    }
    while !matches!(member.event_unanswered(), Some(Event::NextTicket(_))) {}
    transport.fill();
    // One ticket alone is a line little longer than the room that is left.
    transport.answer_to_nonsense();
    member.flush();
    assert!(
        member.caller.is_quiet_for(QUIET),
        "it took the new keys before the ticket was told"
    );
    let tickets = transport.read_until("tickets");
    assert_eq!(tickets["tickets"][0]["role"], "initiator");
    assert!(matches!(member.event(), Some(Event::KeysChanged { .. })));
}
