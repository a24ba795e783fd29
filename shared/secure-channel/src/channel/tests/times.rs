//! What silence brings.

use super::*;
use crate::Cut;
use crate::record::kind;
use crate::testing::pair::*;

#[test]
fn the_connector_sends_a_record_at_once_and_the_listener_knows_by_it() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    assert_eq!(connector.deadline_ms(), Some(0));
    let ping = ticked(&mut connector, 0).unwrap();
    exchange(&mut connector, &mut listener, ping, 0).unwrap();
    assert_eq!(events(&mut listener), ["confirmed"]);
    assert!(connector.deadline_ms().unwrap() >= 20_000);

    // A payload serves as well.
    let (Met { mut connector, .. }, _) = session();
    sent(&mut connector, "hi");
    assert!(ticked(&mut connector, 1).unwrap().is_empty());
}

#[test]
fn a_ping_leaves_after_20_to_30_s_of_our_silence() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let mut gate = Gate::with_code(code());
        let Met { mut listener, .. } = meet(Proof::Code(code()), &mut gate, 0, seed);
        let due_ms = listener.deadline_ms().unwrap();
        assert!((20_000..=30_000).contains(&due_ms), "{due_ms}");
        seen.insert(due_ms);
        assert!(ticked(&mut listener, due_ms - 1).unwrap().is_empty());
        assert_eq!(ticked(&mut listener, due_ms).unwrap().len(), 400);
        let next_ms = listener.deadline_ms().unwrap() - due_ms;
        assert!((20_000..=30_000).contains(&next_ms), "{next_ms}");
    }
    assert!(seen.len() > 40, "they are not all alike");
}

#[test]
fn a_session_dies_after_75_s_without_a_valid_record() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = session();
    ticked(&mut listener, 74_999).unwrap();
    assert_eq!(ticked(&mut listener, 75_000).err(), Some(Cut::Silent));
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 1, "the ticket lives");

    // Any record keeps it alive, one of an unknown type as well.
    let (
        Met {
            connector: _,
            listener: mut other,
        },
        _,
    ) = session();
    let mut record = sealed(&mut connector, 200, &[]);
    deliver(&mut other, &mut record, 70_000).unwrap();
    assert!(ticked(&mut other, 144_999).is_ok());
    assert_eq!(ticked(&mut other, 145_000).err(), Some(Cut::Silent));
}

#[test]
fn after_a_long_sleep_it_is_a_cut_and_not_a_broken_rule() {
    let (
        Met {
            connector,
            listener,
        },
        _,
    ) = session();
    for mut side in [connector, listener] {
        let day_ms = 24 * 3_600_000;
        assert_eq!(ticked(&mut side, day_ms).err(), Some(Cut::Silent));
        assert!(events(&mut side).is_empty());
    }
}

#[test]
fn a_flood_of_pings_is_answered_one_by_one_and_nothing_is_kept() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    let mut pings = BytesMut::new();
    for _ in 0..1000 {
        connector
            .sending
            .seal(kind::PING, &[], &[0; 16], &mut pings)
            .unwrap();
    }
    let answer = deliver(&mut listener, &mut pings, 0).unwrap();
    assert_eq!(answer.len(), 1000 * 400);
    assert_eq!(events(&mut listener), ["confirmed"]);
}

#[test]
fn the_end_of_numbers_is_no_panic() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    for side in [&mut connector, &mut listener] {
        let mut out = BytesMut::new();
        let late = side.tick(u64::MAX, &mut Dice::new(1), &mut out);
        assert_eq!(late.err(), Some(Cut::Silent));
    }
}

#[test]
fn a_doubted_line_has_5_s_for_its_pong_and_nothing_else_counts() {
    let doubted = || {
        let (mut met, _) = session();
        say(&mut met.connector, &mut met.listener, "hi", 1000);
        let mut ping = BytesMut::new();
        met.listener.probe(10_000, &mut Dice::new(1), &mut ping);
        assert_eq!(met.listener.deadline_ms(), Some(15_000));
        (met, ping)
    };
    let (mut met, _) = doubted();
    assert!(ticked(&mut met.listener, 14_999).is_ok());
    assert_eq!(ticked(&mut met.listener, 15_000).err(), Some(Cut::Silent));

    let (mut met, ping) = doubted();
    exchange(&mut met.listener, &mut met.connector, ping, 14_000).unwrap();
    assert!(ticked(&mut met.listener, 15_000).is_ok());

    // What was on its way before: a text, and the PONG of an earlier PING.
    let (mut met, _) = session();
    say(&mut met.connector, &mut met.listener, "hi", 1000);
    let mut stale = ticked(&mut met.listener, 40_000).unwrap();
    let mut stale = deliver(&mut met.connector, &mut stale, 40_000).unwrap();
    met.connector
        .send("late", 40_000, &mut Dice::new(1), &mut stale)
        .unwrap();
    let mut ping = BytesMut::new();
    met.listener.probe(50_000, &mut Dice::new(1), &mut ping);
    deliver(&mut met.listener, &mut stale, 54_000).unwrap();
    assert!(events(&mut met.listener).contains(&"late".to_owned()));
    assert!(ticked(&mut met.listener, 54_999).is_ok());
    assert_eq!(ticked(&mut met.listener, 55_000).err(), Some(Cut::Silent));
}

#[test]
fn after_2_000_records_under_one_key_payloads_wait_for_the_next() {
    let (mut met, _) = session();
    let Met {
        connector,
        listener,
    } = &mut met;
    let mut wire = BytesMut::new();
    for _ in 0..1999 {
        connector
            .send("a", 0, &mut Dice::new(1), &mut wire)
            .unwrap();
    }
    assert!(connector.takes_payloads());
    connector
        .send("a", 0, &mut Dice::new(1), &mut wire)
        .unwrap();
    assert!(!connector.takes_payloads());
    // The listener bears it, and the rekey ends it.
    wire.unsplit(ticked(connector, 0).unwrap());
    exchange(connector, listener, wire, 0).unwrap();
    assert!(connector.takes_payloads() && listener.takes_payloads());
    assert!(!events(listener).contains(&"closing ProtocolError".to_owned()));
}
