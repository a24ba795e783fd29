//! What a session tells and when, and what it takes: no clock and no socket is waited for.

use p2p_chat_secure_channel::{
    Admission, CloseReason, Code, Gate, Message, Proof, connect, take_message,
};

use super::sent::SOON_MS;
use super::*;
use crate::random::random;

fn body(message: Message, bytes: &[u8]) -> BytesMut {
    let taken = take_message(message, &mut BytesMut::from(bytes));
    taken.expect("well-formed").expect("whole")
}

/// Both sides of a session, the connector's channel first.
fn meet() -> (Channel, Admission) {
    let rng = &mut random();
    let code = || Code::parse("carrot lemon koala").expect("three words");
    let mut gate = Gate::with_code(code());
    let (hello_c, waiting_c) = connect(Proof::Code(code()), rng).expect("the right role");
    let answered = gate.answer(&body(Message::HelloC, &hello_c), 0, rng);
    let (hello_l, waiting_l) = answered.expect("well-formed");
    let Ok((auth_c, waiting_c)) = waiting_c.receive(&body(Message::HelloL, &hello_l)) else {
        panic!("refused");
    };
    let admitted = gate.admit(waiting_l, &body(Message::AuthC, &auth_c), 0, rng);
    let admission = admitted.expect("the right proof");
    let channel = waiting_c.receive(&body(Message::AuthL, &admission.auth_l), 0, rng);
    (channel.expect("the right proof"), admission)
}

/// A connector's session that has sealed these payloads, and may write them.
fn sealed(payloads: usize, bytes: usize) -> State {
    let mut session = State::joined(meet().0, BytesMut::new());
    session.release();
    for _ in 0..payloads {
        session.take(Payload::from_text(&"x".repeat(bytes)));
    }
    assert!(session.go_on(0).is_none());
    session
}

fn write_all(session: &mut State, now: u64) {
    let bytes = session.out.split().len();
    session.written(bytes, now);
}

#[test]
fn what_was_written_is_told_a_moment_later() {
    let mut session = sealed(1, 10);
    write_all(&mut session, 100);
    assert!(!session.has_news(100));
    assert_eq!(session.deadline_ms(100), Some(100 + SOON_MS));
    assert!(session.has_news(100 + SOON_MS));
    assert_eq!(session.news().sent, 1);
    assert!(!session.has_news(200));
}

#[test]
fn a_burst_is_told_at_once() {
    for (payloads, bytes) in [(164, 10), (4, 16_000)] {
        let mut session = sealed(payloads, bytes);
        write_all(&mut session, 100);
        assert!(session.has_news(100), "{payloads} payloads");
    }
}

#[test]
fn a_service_that_does_not_listen_is_waited_for_without_a_clock() {
    let mut session = sealed(1, 10);
    write_all(&mut session, 100);
    for now in [100 + SOON_MS, 1000] {
        assert!(session.deadline_ms(now).is_none_or(|due| due > now));
    }
}

#[test]
fn behind_a_goodbye_nothing_is_told_and_nothing_waited_for() {
    let mut session = sealed(1, 10);
    session.close(CloseReason::Left, 100);
    let goodbye = session.deadline_ms(100);
    write_all(&mut session, 100);
    assert!(!session.has_news(100 + SOON_MS));
    assert_eq!(session.deadline_ms(100), goodbye);
}

#[test]
fn who_speaks_before_the_listeners_last_message_is_cut() {
    for early in [true, false] {
        let (mut connector, admission) = meet();
        let mut listener = State::admitted(admission.channel, &admission.auth_l);
        listener.release();
        if !early {
            write_all(&mut listener, 0);
        }
        let sent = connector.send("{}", 0, &mut random(), &mut listener.input);
        assert!(sent.is_ok());
        let cut = early.then_some(DisconnectReason::Cut);
        assert_eq!(listener.go_on(0), cut);
        assert_eq!(listener.has_news(0), !early);
    }
}
