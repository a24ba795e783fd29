//! New keys: when, what they heal, and which tickets live.

use super::*;
use crate::record::kind;
use crate::testing::Dice;
use crate::testing::pair::*;
use crate::{Event, HandshakeError};

/// The connector asks at this time, and the listener answers.
fn rekey(
    Met {
        connector,
        listener,
    }: &mut Met,
    now_ms: u64,
) {
    let asked = ticked(connector, now_ms).unwrap();
    exchange(connector, listener, asked, now_ms).unwrap();
}

/// A session in which both have spoken lately, so that nothing but the rekey is due.
fn fresh_at(now_ms: u64) -> (Met, Gate) {
    let (mut met, gate) = session();
    say(&mut met.connector, &mut met.listener, "hi", now_ms);
    say(&mut met.listener, &mut met.connector, "hi", now_ms);
    (met, gate)
}

#[test]
fn after_10_minutes_both_sides_have_new_keys_and_a_new_ticket() {
    let (mut met, _) = fresh_at(600_000);
    let old = met.connector.ticket().unwrap().clone();
    assert!(ticked(&mut met.connector, 599_999).unwrap().is_empty());
    assert_eq!(met.connector.deadline_ms(), Some(600_000));
    rekey(&mut met, 600_000);
    assert_eq!(events(&mut met.connector), ["keys changed 1"]);
    assert_eq!(events(&mut met.listener), ["next ticket", "keys changed 1"]);
    let [c, l] = [&met.connector, &met.listener].map(|side| side.ticket().unwrap());
    assert_eq!((c.id(), c.secret()), (l.id(), l.secret()));
    assert_ne!(c.secret(), old.secret());
    assert_ne!(c.id(), old.id());
    let Met {
        mut connector,
        mut listener,
    } = met;
    say(&mut connector, &mut listener, "to you", 600_000);
    say(&mut listener, &mut connector, "and to you", 600_000);
}

#[test]
fn after_500_records_of_both_directions_a_rekey_is_due_at_once() {
    let (mut met, _) = session();
    for _ in 0..249 {
        let Met {
            connector,
            listener,
        } = &mut met;
        say(connector, listener, "a", 0);
        say(listener, connector, "b", 0);
    }
    let Met {
        connector,
        listener,
    } = &mut met;
    say(connector, listener, "c", 0);
    assert!(connector.deadline_ms().unwrap() > 0);
    say(listener, connector, "d", 0);
    assert_eq!(connector.deadline_ms(), Some(0));
    rekey(&mut met, 0);
    assert_eq!(events(&mut met.connector), ["keys changed 1"]);
    assert!(met.connector.deadline_ms().unwrap() > 0, "counted anew");
}

#[test]
fn records_that_cross_a_rekey_arrive() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = fresh_at(600_000);
    let mut to_listener = sent(&mut connector, "1");
    to_listener.unsplit(ticked(&mut connector, 600_000).unwrap());
    to_listener.unsplit(sent(&mut connector, "2"));
    let mut to_connector = sent(&mut listener, "3");
    to_connector.unsplit(deliver(&mut listener, &mut to_listener, 600_000).unwrap());
    to_connector.unsplit(sent(&mut listener, "4"));
    let mut last = sent(&mut connector, "5");
    last.unsplit(deliver(&mut connector, &mut to_connector, 600_000).unwrap());
    last.unsplit(sent(&mut connector, "6"));
    deliver(&mut listener, &mut last, 600_000).unwrap();
    let heard = ["1", "next ticket", "2", "5", "keys changed 1", "6"];
    assert_eq!(events(&mut listener), heard);
    assert_eq!(events(&mut connector), ["3", "keys changed 1", "4"]);
}

#[test]
fn epochs_are_counted_on() {
    let (mut met, _) = session();
    for epoch in 1..=3 {
        let now_ms = epoch * 600_000;
        let Met {
            connector,
            listener,
        } = &mut met;
        say(connector, listener, "a", now_ms);
        say(listener, connector, "b", now_ms);
        rekey(&mut met, now_ms);
        assert_eq!(
            events(&mut met.connector),
            [format!("keys changed {epoch}")]
        );
    }
}

#[test]
fn whoever_copied_the_keys_opens_nothing_after_a_rekey() {
    let (mut met, _) = fresh_at(600_000);
    let (stolen_root, stolen_chain) = (met.listener.root.clone(), met.listener.receiving.copy());
    let mut chain = stolen_chain.copy();
    let mut before = sent(&mut met.connector, "before");
    assert!(chain.open(&before[4..]).is_ok(), "the copy is a good one");
    deliver(&mut met.listener, &mut before, 600_000).unwrap();
    rekey(&mut met, 600_000);
    let after = sent(&mut met.connector, "after");
    for skipped in 0..5 {
        let mut chain = stolen_chain.copy();
        for _ in 0..skipped {
            chain
                .seal(kind::PING, &[], &[0; 16], &mut BytesMut::new())
                .unwrap();
        }
        assert!(chain.open(&after[4..]).is_err());
    }
    assert!(!stolen_root.equals(&met.listener.root.0[..]));
}

#[test]
fn the_ticket_from_before_a_rekey_lives_until_rekey_done() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = fresh_at(600_000);
    follow(&mut gate, &mut listener);
    let old = proof_of(&connector);
    let mut asked = ticked(&mut connector, 600_000).unwrap();
    let mut answer = deliver(&mut listener, &mut asked, 600_000).unwrap();
    follow(&mut gate, &mut listener);
    // REKEY_CT may be lost: both tickets are good.
    assert_eq!(gate.tickets().count(), 2);
    half_way(old, &mut gate, 600_000, 5, |_, _| {}).unwrap();

    let old = proof_of(&connector);
    let mut done = deliver(&mut connector, &mut answer, 600_000).unwrap();
    deliver(&mut listener, &mut done, 600_000).unwrap();
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 1);
    let outcome = half_way(old, &mut gate, 601_000, 6, |_, _| {});
    assert_eq!(outcome.err(), Some(HandshakeError::UnknownTicket));
    meet(proof_of(&connector), &mut gate, 602_000, 7);
}

#[test]
fn each_ticket_is_told_before_the_bytes_that_make_it_count() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = fresh_at(600_000);
    let mut asked = ticked(&mut connector, 600_000).unwrap();
    events(&mut listener);
    let mut answer = deliver(&mut listener, &mut asked, 600_000).unwrap();
    let Some(Event::NextTicket(ticket)) = listener.poll() else {
        panic!("no ticket before REKEY_CT is written");
    };
    assert!(!answer.is_empty());
    events(&mut connector);
    deliver(&mut connector, &mut answer, 600_000).unwrap();
    let Some(Event::KeysChanged { ticket: same, .. }) = connector.poll() else {
        panic!("no ticket before REKEY_DONE is written");
    };
    assert_eq!(ticket.secret(), same.secret());
}

#[test]
fn a_second_rekey_ek_before_rekey_done_is_fatal() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = fresh_at(600_000);
    let mut asked = ticked(&mut connector, 600_000).unwrap();
    let ek = crate::kem::KeyPair::generate(&mut Dice::new(4)).ek();
    asked.unsplit(sealed(&mut connector, kind::REKEY_EK, &ek));
    deliver(&mut listener, &mut asked, 600_000).unwrap();
    assert_eq!(
        events(&mut listener),
        ["next ticket", "closing ProtocolError"]
    );
}

#[test]
fn a_connector_asks_once_and_waits_30_s() {
    let (Met { mut connector, .. }, _) = fresh_at(600_000);
    assert!(!ticked(&mut connector, 600_000).unwrap().is_empty());
    let quiet = ticked(&mut connector, 619_999).unwrap();
    assert!(quiet.is_empty(), "it does not ask twice");
    let cut = ticked(&mut connector, 630_000).err();
    assert_eq!(cut, Some(crate::Cut::RekeyUnanswered));
}

#[test]
fn a_listener_closes_when_the_keys_grow_old() {
    let (Met { mut listener, .. }, _) = fresh_at(3_599_999);
    assert!(ticked(&mut listener, 3_599_999).unwrap().is_empty());
    ticked(&mut listener, 3_600_000).unwrap();
    assert_eq!(events(&mut listener), ["closing ProtocolError"]);

    let (mut other, _) = session();
    let mut records = BytesMut::new();
    for _ in 0..4999 {
        other
            .connector
            .sending
            .seal(kind::PONG, &[], &[0; 16], &mut records)
            .unwrap();
    }
    deliver(&mut other.listener, &mut records, 0).unwrap();
    assert!(other.listener.deadline_ms().unwrap() > 0);
    let mut one_more = sealed(&mut other.connector, kind::PONG, &[]);
    deliver(&mut other.listener, &mut one_more, 0).unwrap();
    assert_eq!(other.listener.deadline_ms(), Some(0));
    ticked(&mut other.listener, 0).unwrap();
    assert_eq!(
        events(&mut other.listener),
        ["confirmed", "closing ProtocolError"]
    );
}

#[test]
fn before_verification_no_rekey_is_asked_for() {
    let Met {
        mut connector,
        mut listener,
    } = unverified();
    // Both stay alive by pings until the very end of the time for words.
    for now_ms in (0..600_000).step_by(30_000) {
        let ping = ticked(&mut connector, now_ms).unwrap();
        assert!(ping.len() == 400, "{now_ms}");
        exchange(&mut connector, &mut listener, ping, now_ms).unwrap();
    }
    ticked(&mut connector, 600_000).unwrap();
    assert_eq!(events(&mut connector), ["closing Idle"]);
}

#[test]
fn nor_after_however_many_records() {
    let mut connector = unverified().connector;
    for _ in 0..600 {
        sealed(&mut connector, kind::PONG, &[]);
    }
    assert_eq!(ticked(&mut connector, 0).unwrap().len(), 400, "a PING");
    assert!(ticked(&mut connector, 0).unwrap().is_empty());
}
