//! Tickets are in the supervisor's pipe before the bytes go out that make them worth something.
//! Shown with a pipe that is full: what has to be told first cannot be, so nothing goes out.

mod support;

use std::io::Read;
use std::time::Duration;

use bytes::BytesMut;
use p2p_chat_secure_channel::{AwaitAuthL, Code, Event, Gate, Message};
use serde_json::json;
use support::{Blocked, Caller, DEADLINE, Member, accept, listener, proof_of, random, serve};

/// How long nothing must come: a thousand times longer than it takes.
const QUIET: Duration = Duration::from_millis(300);

/// A listener that has no room to tell its tickets, and a caller who has proved himself.
fn proved() -> (Blocked, Caller, AwaitAuthL) {
    let mut transport = Blocked::start();
    let (port, code) = transport.listen_with_code();
    transport.fill();
    let mut caller = Caller::call(port);
    let state = caller.greet(proof_of(&code));
    let state = caller.prove(state).expect("an answer");
    (transport, caller, state)
}

#[test]
fn the_listeners_last_message_waits_for_the_tickets_line() {
    let (mut transport, mut caller, state) = proved();
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
fn who_speaks_before_the_listeners_last_message_is_let_go_without_it() {
    let (mut transport, mut caller, _state) = proved();
    assert!(caller.is_quiet_for(QUIET));
    caller.write(b"x");
    assert!(caller.read(Message::AuthL).is_none());
    // When the tickets are told, he is gone.
    transport.read_until("peer_disconnected");
}

#[test]
fn new_keys_of_the_listener_wait_for_the_tickets_line() {
    let (mut transport, mut member) = Blocked::chat();
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
