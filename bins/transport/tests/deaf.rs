//! A supervisor that takes nothing of what it is told: the session goes by its rules all the same.

mod support;

use std::time::Duration;

use p2p_chat_secure_channel::{CloseReason, Event, Message};
use serde_json::json;
use support::{Blocked, Caller, Member, proof_of};

/// More than a full pipe has room for.
const LONG: usize = 8000;

/// Time to be let in: a hundred times longer than it takes.
const LET_IN: Duration = Duration::from_millis(300);

/// A chat of which the supervisor hears no more.
fn unheard() -> (Blocked, Member) {
    let (mut transport, mut member) = Blocked::chat();
    transport.fill();
    member.say(&json!("x".repeat(LONG)).to_string());
    (transport, member)
}

#[test]
fn a_line_that_does_not_answer_is_given_up_though_nobody_hears_it() {
    let (mut transport, mut member) = unheard();
    transport.write(json!({"type":"check_line"}));
    assert!(member.event_unanswered().is_none());
}

#[test]
fn a_goodbye_is_said_after_all_that_was_to_be_sent_though_nobody_hears_it() {
    let (mut transport, mut member) = unheard();
    transport.write(json!({"type":"send","payload":"the last"}));
    transport.write(json!({"type":"disconnect"}));
    let Some(Event::Received(text)) = member.event() else {
        panic!("it was not sent");
    };
    assert_eq!(text, r#""the last""#);
    let closed = member.event();
    assert!(matches!(
        closed,
        Some(Event::Closed(Some(CloseReason::Left)))
    ));
}

#[test]
fn the_end_of_stdin_is_a_cut_also_where_nobody_hears() {
    let (mut transport, mut member) = unheard();
    transport.end_stdin();
    assert!(member.event().is_none());
}

#[test]
fn who_speaks_before_our_last_message_is_let_go_without_it() {
    let mut transport = Blocked::start();
    let (port, code) = transport.listen_with_code();
    let mut caller = Caller::call(port);
    let state = caller.greet(proof_of(&code));
    let hello_l = caller.read(Message::HelloL).expect("an answer");
    let (auth_c, _state) = state.receive(&hello_l).ok().expect("a good answer");
    // There is no room for the tickets, so he waits.
    transport.fill();
    caller.write(&auth_c);
    assert!(caller.is_quiet_for(LET_IN));
    caller.write(b"x");
    assert!(caller.read(Message::AuthL).is_none());
    // It stays so when they are told.
    transport.read_until("peer_disconnected");
    assert!(caller.read(Message::AuthL).is_none());
}
