//! Which records are obeyed, which are ignored, and which end a session.

use super::*;
use crate::record::{HEADER, INNERS, kind, pack};
use crate::testing::pair::*;
use crate::{Cut, MAX_PAYLOAD, SendError};

const BROKEN: &str = "closing ProtocolError";

/// What the listener, and then the connector, make of such a record of the other.
fn outcomes(make: impl Fn() -> Met, kind: u8, body: &[u8]) -> [Vec<String>; 2] {
    let Met {
        mut connector,
        mut listener,
    } = make();
    let mut record = sealed(&mut connector, kind, body);
    deliver(&mut listener, &mut record, 0).unwrap();
    let mut at_listener = events(&mut listener);
    assert_eq!(at_listener.remove(0), "confirmed");

    let Met {
        mut connector,
        mut listener,
    } = make();
    let mut record = sealed(&mut listener, kind, body);
    deliver(&mut connector, &mut record, 0).unwrap();
    [at_listener, events(&mut connector)]
}

fn with_code(kind: u8, body: &[u8]) -> [Vec<String>; 2] {
    outcomes(|| session().0, kind, body)
}

#[test]
fn payloads_of_every_size_arrive_and_larger_ones_are_refused() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    for length in [0, 1, 226, 227, 994, 995, 4066, 16_354, MAX_PAYLOAD] {
        say(&mut connector, &mut listener, &"x".repeat(length), 0);
    }
    let mut out = BytesMut::new();
    let outcome = connector.send(&"x".repeat(MAX_PAYLOAD + 1), 0, &mut Dice::new(1), &mut out);
    assert_eq!(outcome, Err(SendError::TooLarge));
    assert!(out.is_empty());
    say(&mut connector, &mut listener, "and on", 0);
}

#[test]
fn records_of_one_batch_arrive_in_order() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    let mut out = BytesMut::new();
    for text in ["a", "b", "c"] {
        connector
            .send(text, 0, &mut Dice::new(1), &mut out)
            .unwrap();
    }
    deliver(&mut listener, &mut out, 0).unwrap();
    assert_eq!(events(&mut listener), ["confirmed", "a", "b", "c"]);
}

#[test]
fn every_ping_is_answered_by_one_pong_and_a_pong_by_nothing() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        _,
    ) = session();
    let mut ping = sealed(&mut connector, kind::PING, &[]);
    let mut pong = deliver(&mut listener, &mut ping, 0).unwrap();
    assert_eq!(pong.len(), 400);
    assert!(deliver(&mut connector, &mut pong, 0).unwrap().is_empty());
    assert!(events(&mut connector).is_empty());
}

#[test]
fn unknown_types_are_dropped_from_128_on_and_fatal_below() {
    let nothing: [Vec<String>; 2] = Default::default();
    for unknown in [128, 200, 255] {
        assert_eq!(with_code(unknown, b"whatever"), nothing);
        assert_eq!(outcomes(unverified, unknown, b"whatever"), nothing);
    }
    for unknown in [8, 100, 127] {
        assert_eq!(with_code(unknown, &[]), [[BROKEN]; 2]);
    }
}

#[test]
fn bodies_where_none_belong_or_of_another_length_are_fatal() {
    for (kind, body) in [
        (kind::PING, &[0; 1][..]),
        (kind::PONG, &[0; 1]),
        (kind::REKEY_DONE, &[0; 1]),
        (kind::VERIFIED, &[0; 1]),
        (kind::CLOSE, &[]),
        (kind::CLOSE, &[0; 2]),
        (kind::REKEY_EK, &[0; 1215]),
        (kind::REKEY_EK, &[0; 1217]),
        (kind::REKEY_CT, &[0; 1119]),
        (kind::DATA, b"\xff"),
    ] {
        assert_eq!(with_code(kind, body), [[BROKEN]; 2], "{kind}");
    }
}

#[test]
fn records_that_nobody_waits_for_are_fatal() {
    for (kind, body) in [
        // This key fails the check, so it is fatal at the listener too.
        (kind::REKEY_EK, &[0xff; 1216][..]),
        (kind::REKEY_CT, &[0; 1120]),
        (kind::REKEY_DONE, &[]),
        (kind::VERIFIED, &[]),
    ] {
        assert_eq!(with_code(kind, body), [[BROKEN]; 2], "{kind}");
    }
}

#[test]
fn a_connector_is_never_asked_for_new_keys() {
    let ek = crate::kem::KeyPair::generate(&mut Dice::new(4)).ek();
    let [at_listener, at_connector] = with_code(kind::REKEY_EK, &ek);
    assert_eq!(at_listener, ["next ticket"]);
    assert_eq!(at_connector, [BROKEN]);
}

#[test]
fn before_the_words_match_data_and_rekeys_are_fatal_and_cannot_be_sent() {
    for (kind, body) in [
        (kind::DATA, &b"hi"[..]),
        (kind::REKEY_EK, &[0; 1216]),
        (kind::REKEY_CT, &[0; 1120]),
        (kind::REKEY_DONE, &[]),
    ] {
        assert_eq!(outcomes(unverified, kind, body), [[BROKEN]; 2], "{kind}");
    }
    let outcome = unverified()
        .listener
        .send("hi", 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(SendError::NotVerified));
    for kind in [kind::PING, kind::PONG] {
        let nothing: [Vec<String>; 2] = Default::default();
        assert_eq!(outcomes(unverified, kind, &[]), nothing);
    }
}

#[test]
fn an_authentic_record_that_is_not_well_formed_is_fatal_but_no_cut() {
    let good = pack(kind::DATA, 0, b"hi");
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut inner = good.to_vec();
        change(&mut inner);
        let (
            Met {
                mut connector,
                mut listener,
            },
            _,
        ) = session();
        let token = connector.sending.seal_raw(&inner);
        let mut out = BytesMut::new();
        let mut dice = Dice::new(1);
        listener.receive(&token, 0, &mut dice, &mut out).unwrap();
        events(&mut listener)
    };
    assert_eq!(changed(&|_| {}), ["confirmed", "hi"]);
    for (what, change) in [
        (
            "another number",
            &(|inner: &mut Vec<u8>| inner[8] = 1) as &dyn Fn(&mut Vec<u8>),
        ),
        ("a number of the far future", &|inner| inner[1] = 1),
        ("a body longer than the record", &|inner| {
            inner[9..13].fill(0xff)
        }),
        ("one byte too many", &|inner| {
            inner[9..13].copy_from_slice(&227_u32.to_be_bytes())
        }),
        ("padding at the end", &|inner| inner[INNERS[0] - 1] = 1),
        ("padding behind the body", &|inner| inner[HEADER + 2] = 1),
        ("a size between the sizes", &|inner| {
            inner.truncate(INNERS[0] - 1)
        }),
    ] {
        assert_eq!(changed(change), ["confirmed", BROKEN], "{what}");
    }
}

#[test]
fn a_peer_who_signs_what_has_no_padding_broke_a_rule() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = session();
    let token = connector.sending.seal_unpadded();
    let mut record = BytesMut::from(&(token.len() as u32).to_be_bytes()[..]);
    record.extend_from_slice(&token);
    deliver(&mut listener, &mut record, 0).unwrap();
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 0);
}

#[test]
fn a_record_of_the_network_is_a_cut_and_the_ticket_lives() {
    let (
        Met {
            mut connector,
            mut listener,
        },
        mut gate,
    ) = session();
    let mut record = sent(&mut connector, "hi");
    record[200] ^= 1;
    assert_eq!(
        deliver(&mut listener, &mut record, 0).err(),
        Some(Cut::Forged)
    );
    follow(&mut gate, &mut listener);
    assert_eq!(gate.tickets().count(), 1);
    let mut record = sent(&mut connector, "hi");
    assert_eq!(
        deliver(&mut listener, &mut record, 0).err(),
        Some(Cut::Over)
    );
    assert_eq!(listener.deadline_ms(), None);
    let outcome = listener.send("hi", 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(SendError::Over));
}

#[test]
fn replayed_reordered_dropped_reflected_and_spliced_records_are_cuts() {
    let refused = |records: &[&BytesMut], to: &mut Channel| {
        let mut bytes = BytesMut::from(
            &records
                .iter()
                .flat_map(|r| r.iter().copied())
                .collect::<Vec<_>>()[..],
        );
        assert_eq!(deliver(to, &mut bytes, 0).err(), Some(Cut::Forged));
        events(to)
    };
    let two = || {
        let (
            Met {
                mut connector,
                listener,
            },
            _,
        ) = session();
        let records = [sent(&mut connector, "a"), sent(&mut connector, "b")];
        (records, connector, listener)
    };
    let nothing: [&str; 0] = [];
    let ([a, _], _, mut listener) = two();
    assert_eq!(refused(&[&a, &a], &mut listener), ["confirmed", "a"]);
    let ([_, b], _, mut listener) = two();
    assert_eq!(refused(&[&b], &mut listener), nothing);
    let ([a, b], _, mut listener) = two();
    assert_eq!(refused(&[&b, &a], &mut listener), nothing);
    let ([a, _], mut connector, _) = two();
    assert_eq!(refused(&[&a], &mut connector), nothing);
    let ([a, _], _, _) = two();
    let mut another = meet(Proof::Code(code()), &mut Gate::with_code(code()), 0, 2);
    assert_eq!(refused(&[&a], &mut another.listener), nothing);
}
