//! A supervisor that takes nothing of what it is told: the session goes by its rules all the same.

mod support;

use p2p_chat_secure_channel::{CloseReason, Event};
use serde_json::json;
use support::{Blocked, Member};

/// More than a full pipe has room for.
const LONG: usize = 8000;

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
