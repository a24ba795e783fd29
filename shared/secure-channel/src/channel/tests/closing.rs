//! Goodbyes, and the many ways in which they meet other records.

use super::*;
use crate::record::kind;
use crate::testing::pair::*;
use crate::{CloseReason, Cut};

fn closed(channel: &mut Channel, reason: CloseReason) -> BytesMut {
    let mut out = BytesMut::new();
    channel.close(reason, 0, &mut Dice::new(1), &mut out);
    out
}

#[test]
fn a_close_is_answered_and_both_are_over() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = session();
    let bye = closed(&mut connector, CloseReason::Left);
    exchange(&mut connector, &mut listener, bye, 0).unwrap();
    assert_eq!(
        events(&mut connector),
        ["closing Left", "closed Some(Left)"]
    );
    while let Some(event) = listener.poll() {
        gate.follow(&event);
    }
    assert_eq!(gate.tickets().count(), 0, "the ticket is dead");
    assert_eq!(
        (connector.deadline_ms(), listener.deadline_ms()),
        (None, None)
    );
}

#[test]
fn reasons_arrive_unknown_ones_too() {
    for reason in [
        CloseReason::Left,
        CloseReason::WordsRejected,
        CloseReason::ProtocolError,
        CloseReason::Idle,
        CloseReason::Unknown(77),
    ] {
        let (
            Met {
                mut connector,
                mut listener,
            },
            _,
        ) = session();
        let mut bye = closed(&mut connector, reason);
        deliver(&mut listener, &mut bye, 0).unwrap();
        let expected = format!("closed Some({reason:?})");
        assert_eq!(events(&mut listener), ["confirmed".to_owned(), expected]);
    }
}

#[test]
fn crossing_closes_answer_each_other() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    let mut one = closed(&mut connector, CloseReason::Left);
    let mut other = closed(&mut listener, CloseReason::Left);
    assert!(deliver(&mut listener, &mut one, 0).unwrap().is_empty());
    assert!(deliver(&mut connector, &mut other, 0).unwrap().is_empty());
    assert_eq!(
        events(&mut connector),
        ["closing Left", "closed Some(Left)"]
    );
}

#[test]
fn a_close_without_an_answer_ends_after_2_s() {
    let (Met { mut connector, .. }, _) = session();
    closed(&mut connector, CloseReason::Left);
    assert_eq!(connector.deadline_ms(), Some(2000));
    assert!(ticked(&mut connector, 1999).unwrap().is_empty());
    assert_eq!(events(&mut connector), ["closing Left"]);
    ticked(&mut connector, 2000).unwrap();
    assert_eq!(events(&mut connector), ["closed None"]);
    assert_eq!(ticked(&mut connector, 2001).err(), Some(Cut::Over));
}

#[test]
fn after_a_close_nothing_is_answered_and_data_is_dropped() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    let mut late = sent(&mut connector, "late");
    late.unsplit(sealed(&mut connector, kind::PING, &[]));
    closed(&mut listener, CloseReason::Left);
    assert!(deliver(&mut listener, &mut late, 0).unwrap().is_empty());
    assert_eq!(events(&mut listener), ["closing Left", "confirmed"]);
    let mut again = closed(&mut listener, CloseReason::Left);
    assert!(again.is_empty());
    again = closed(&mut connector, CloseReason::Left);
    deliver(&mut listener, &mut again, 0).unwrap();
    assert_eq!(events(&mut listener), ["closed Some(Left)"]);
}

/// A connector that has just asked for new keys.
fn asking() -> (Met, BytesMut) {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    say(&mut connector, &mut listener, "hi", 600_000);
    say(&mut listener, &mut connector, "hi", 600_000);
    let asked = ticked(&mut connector, 600_000).unwrap();
    assert_eq!(asked.len(), 5520);
    (
        Met {
            connector,
            listener,
        },
        asked,
    )
}

#[test]
fn a_close_right_after_rekey_ek_is_no_cut() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut bytes,
    ) = asking();
    bytes.unsplit(closed(&mut connector, CloseReason::Left));
    // The answers: REKEY_CT in the old chain, CLOSE in the new one.
    exchange(&mut connector, &mut listener, bytes, 600_000).unwrap();
    assert_eq!(
        events(&mut connector),
        ["closing Left", "closed Some(Left)"]
    );
    assert_eq!(events(&mut listener), ["next ticket", "closed Some(Left)"]);
}

#[test]
fn a_close_that_crosses_rekey_ek_is_no_cut() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        asked,
    ) = asking();
    let mut bye = closed(&mut listener, CloseReason::Left);
    // REKEY_EK after one's own CLOSE is dropped; the connector answers the CLOSE in the old chain.
    let mut to_listener = asked;
    to_listener.unsplit(deliver(&mut connector, &mut bye, 600_000).unwrap());
    assert!(
        deliver(&mut listener, &mut to_listener, 600_000)
            .unwrap()
            .is_empty()
    );
    assert_eq!(events(&mut listener), ["closing Left", "closed Some(Left)"]);
    assert_eq!(events(&mut connector), ["closed Some(Left)"]);
}

#[test]
fn a_close_right_after_rekey_ct_is_no_cut() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut asked,
    ) = asking();
    let mut answer = deliver(&mut listener, &mut asked, 600_000).unwrap();
    answer.unsplit(closed(&mut listener, CloseReason::Left));
    // The connector's REKEY_DONE and CLOSE: the last of the old chain, the first of the new.
    let mut rest = deliver(&mut connector, &mut answer, 600_000).unwrap();
    deliver(&mut listener, &mut rest, 600_000).unwrap();
    let ends = ["next ticket", "closing Left", "closed Some(Left)"];
    assert_eq!(events(&mut listener), ends);
    assert_eq!(
        events(&mut connector),
        ["keys changed 1", "closed Some(Left)"]
    );
}

#[test]
fn an_answered_rekey_that_breaks_a_rule_after_our_close_is_the_end() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = asking();
    closed(&mut connector, CloseReason::Left);
    let mut wrong = sealed(&mut listener, kind::REKEY_CT, &[0; 1120]);
    deliver(&mut connector, &mut wrong, 600_000).unwrap();
    assert_eq!(events(&mut connector), ["closing Left", "closed None"]);
}

#[test]
fn whoever_breaks_a_rule_is_told_so_and_loses_the_ticket() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = session();
    let bad = sealed(&mut connector, 100, &[]);
    exchange(&mut connector, &mut listener, bad, 0).unwrap();
    assert_eq!(events(&mut connector), ["closed Some(ProtocolError)"]);
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 0);
}

#[test]
fn a_broken_rule_after_our_close_is_the_end_and_an_unknown_type_is_none() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    closed(&mut connector, CloseReason::Left);
    let mut unknown = sealed(&mut listener, 128, &[]);
    deliver(&mut connector, &mut unknown, 0).unwrap();
    assert_eq!(events(&mut connector), ["closing Left"]);
    let mut fatal = sealed(&mut listener, 127, &[]);
    assert!(deliver(&mut connector, &mut fatal, 0).unwrap().is_empty());
    assert_eq!(events(&mut connector), ["closed None"]);
}
