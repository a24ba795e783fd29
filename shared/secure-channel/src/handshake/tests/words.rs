//! A listen without a code: how often, and for whom.

use super::super::*;
use crate::testing::Dice;
use crate::testing::pair::*;
use bytes::BytesMut;

#[test]
fn ten_strangers_are_answered_a_second_apart() {
    let mut gate = Gate::with_words();
    let mut stranger =
        |now_ms| half_way(Proof::Words, &mut gate, now_ms, now_ms, |_, _| {}).map(|_| ());
    for n in 0..10 {
        assert_eq!(stranger(n * 1000), Ok(()), "{n}");
        if n < 9 {
            assert_eq!(
                stranger(n * 1000 + 999),
                Err(HandshakeError::TooSoon),
                "{n}"
            );
        }
    }
    assert_eq!(stranger(10_000), Err(HandshakeError::ModeNotTaken));
    assert_eq!(gate.handshakes_left(), Some(0));
}

#[test]
fn the_tenth_may_be_the_friend() {
    let mut gate = Gate::with_words();
    for n in 0..9 {
        half_way(Proof::Words, &mut gate, n * 1000, n, |_, _| {}).unwrap();
    }
    meet(Proof::Words, &mut gate, 9000, 9);
}

#[test]
fn while_one_is_there_nobody_else_is_taken_and_its_cut_reopens() {
    let mut gate = Gate::with_words();
    let other = half_way(Proof::Words, &mut gate, 0, 1, |_, _| {}).unwrap();
    meet(Proof::Words, &mut gate, 1000, 2);
    assert_eq!(
        other.admit(&mut gate, 1000).err(),
        Some(HandshakeError::Superseded)
    );
    let outcome = meet_through(Proof::Words, &mut gate, 5000, 3, |_, _| {});
    assert_eq!(outcome.err(), Some(HandshakeError::ModeNotTaken));
    gate.reopen_words();
    assert_eq!(gate.handshakes_left(), Some(8));
    meet(Proof::Words, &mut gate, 5000, 4);
}

#[test]
fn wrong_entries_are_counted_over_all_sessions_of_a_listen() {
    let mut gate = Gate::with_words();
    for session in 0..3 {
        let Met { mut listener, .. } = meet(Proof::Words, &mut gate, session * 1000, session);
        let outcome = listener.verify("zoo zoo zoo", 0, &mut Dice::new(1), &mut BytesMut::new());
        let tries_left = 2 - session as u8;
        assert_eq!(outcome, Err(crate::WordsError::Wrong { tries_left }));
        follow(&mut gate, &mut listener);
        gate.reopen_words();
    }
    assert!(!gate.is_open(), "the third ended it");
    gate.new_words();
    let Met { mut listener, .. } = meet(Proof::Words, &mut gate, 5000, 5);
    let outcome = listener.verify("zoo zoo zoo", 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(crate::WordsError::Wrong { tries_left: 2 }));
}

#[test]
fn a_handshake_from_before_the_next_ten_is_void() {
    let mut gate = Gate::with_words();
    let half = half_way(Proof::Words, &mut gate, 0, 1, |_, _| {}).unwrap();
    gate.new_words();
    let outcome = half.admit(&mut gate, 0);
    assert_eq!(outcome.err(), Some(HandshakeError::Superseded));
    meet(Proof::Words, &mut gate, 0, 2);
}

#[test]
fn rejected_words_end_the_listen() {
    for peer_rejects in [false, true] {
        let mut gate = Gate::with_words();
        let Met {
            mut connector,
            mut listener,
        } = meet(Proof::Words, &mut gate, 0, 1);
        let mut out = BytesMut::new();
        let reason = crate::CloseReason::WordsRejected;
        if peer_rejects {
            connector.close(reason, 0, &mut Dice::new(1), &mut out);
            exchange(&mut connector, &mut listener, out, 0).unwrap();
        } else {
            listener.close(reason, 0, &mut Dice::new(1), &mut out);
        }
        follow(&mut gate, &mut listener);
        gate.reopen_words();
        assert!(!gate.is_open());
        assert_eq!(gate.handshakes_left(), None);
    }
}

#[test]
fn verified_words_leave_a_ticket_and_nothing_else() {
    let mut gate = Gate::with_words();
    let Met {
        mut connector,
        mut listener,
    } = meet(Proof::Words, &mut gate, 0, 1);
    let heard = connector.words().unwrap().show();
    let said = listener.words().unwrap().show();
    let mut out = BytesMut::new();
    connector
        .verify(&said, 0, &mut Dice::new(1), &mut out)
        .unwrap();
    exchange(&mut connector, &mut listener, out, 0).unwrap();
    let mut out = BytesMut::new();
    listener
        .verify(&heard, 0, &mut Dice::new(1), &mut out)
        .unwrap();
    exchange(&mut listener, &mut connector, out, 0).unwrap();
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 1);
    gate.reopen_words();
    let outcome = meet_through(Proof::Words, &mut gate, 5000, 3, |_, _| {});
    assert_eq!(outcome.err(), Some(HandshakeError::ModeNotTaken));
    let met = meet(proof_of(&connector), &mut gate, 5000, 4);
    assert_eq!(
        met.listener.verification(),
        Some(crate::Verification::Words)
    );
}

#[test]
fn a_listen_that_ended_lets_nobody_in_whom_it_had_answered() {
    let mut gate = Gate::with_words();
    let half = half_way(Proof::Words, &mut gate, 0, 1, |_, _| {}).unwrap();
    gate.retire();
    let outcome = half.admit(&mut gate, 0);
    assert_eq!(outcome.err(), Some(HandshakeError::Superseded));
}
