//! Two people compare words.

use super::*;
use crate::record::kind;
use crate::testing::pair::*;
use crate::{EntryError, Verification, WordsError};

fn shown(channel: &Channel) -> String {
    channel.words().unwrap().show().to_owned()
}

/// `to` types what `from` shows; what that sends arrives.
fn tell(from: &mut Channel, to: &mut Channel) {
    let mut out = BytesMut::new();
    to.verify(&shown(from), 0, &mut Dice::new(1), &mut out)
        .unwrap();
    exchange(to, from, out, 0).unwrap();
}

#[test]
fn when_both_typed_the_right_words_both_are_verified_and_have_the_ticket() {
    let Met {
        mut connector,
        mut listener,
    } = unverified();
    tell(&mut connector, &mut listener);
    assert_eq!(connector.verification(), None, "one is not enough");
    assert_eq!(listener.verification(), None);
    tell(&mut listener, &mut connector);
    assert_eq!(events(&mut connector), ["verified"]);
    assert_eq!(events(&mut listener), ["confirmed", "verified"]);
    for side in [&connector, &listener] {
        assert_eq!(side.verification(), Some(Verification::Words));
        assert!(side.words().is_none());
    }
    let [c, l] = [&connector, &listener].map(|side| side.ticket().unwrap());
    assert_eq!((c.id(), c.secret()), (l.id(), l.secret()));
    say(&mut connector, &mut listener, "at last", 0);
    say(&mut listener, &mut connector, "indeed", 0);
}

#[test]
fn beginnings_of_words_are_enough() {
    let Met {
        mut connector,
        listener,
    } = unverified();
    let short: Vec<_> = shown(&listener)
        .split(' ')
        .map(|word| word[..3].to_owned())
        .collect();
    connector
        .verify(
            &short.join("  "),
            0,
            &mut Dice::new(1),
            &mut BytesMut::new(),
        )
        .unwrap();
}

#[test]
fn the_third_wrong_entry_ends_the_session() {
    let Met { mut connector, .. } = unverified();
    let mut out = BytesMut::new();
    for tries_left in [2, 1, 0] {
        assert!(out.is_empty());
        let outcome = connector.verify("zoo zoo zoo", 0, &mut Dice::new(1), &mut out);
        assert_eq!(outcome, Err(WordsError::Wrong { tries_left }));
    }
    assert_eq!(out.len(), 400);
    let wrong = "wrong words";
    let told = events(&mut connector);
    assert_eq!(told, [wrong, wrong, wrong, "closing WordsRejected"]);
    let outcome = connector.verify("zoo zoo zoo", 0, &mut Dice::new(1), &mut out);
    assert_eq!(outcome, Err(WordsError::NotAsked));
}

#[test]
fn what_is_no_words_costs_nothing() {
    let Met { mut connector, .. } = unverified();
    for _ in 0..10 {
        let outcome = connector.verify("zoo zoo", 0, &mut Dice::new(1), &mut BytesMut::new());
        assert_eq!(outcome, Err(WordsError::NotWords(EntryError::Count(2))));
    }
    let outcome = connector.verify("zoo zoo zoo", 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(WordsError::Wrong { tries_left: 2 }));
}

#[test]
fn ones_own_words_are_not_the_others() {
    let Met { mut connector, .. } = unverified();
    let own = shown(&connector);
    let outcome = connector.verify(&own, 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(WordsError::Wrong { tries_left: 2 }));
}

#[test]
fn words_are_typed_once_and_only_where_there_are_some() {
    let Met {
        mut connector,
        mut listener,
    } = unverified();
    tell(&mut listener, &mut connector);
    let again = connector.verify(
        &shown(&listener),
        0,
        &mut Dice::new(1),
        &mut BytesMut::new(),
    );
    assert_eq!(again, Err(WordsError::NotAsked));
    let (
        Met {
            connector: mut with_code,
            ..
        },
        _,
    ) = session();
    let outcome = with_code.verify("a", 0, &mut Dice::new(1), &mut BytesMut::new());
    assert_eq!(outcome, Err(WordsError::NotAsked));
}

#[test]
fn verified_twice_is_fatal() {
    let Met {
        mut connector,
        mut listener,
    } = unverified();
    let mut twice = sealed(&mut connector, kind::VERIFIED, &[]);
    twice.unsplit(sealed(&mut connector, kind::VERIFIED, &[]));
    deliver(&mut listener, &mut twice, 0).unwrap();
    assert_eq!(
        events(&mut listener),
        ["confirmed", "closing ProtocolError"]
    );
}

#[test]
fn verified_by_the_peer_alone_opens_nothing() {
    let Met {
        mut connector,
        mut listener,
    } = unverified();
    let mut bytes = sealed(&mut connector, kind::VERIFIED, &[]);
    bytes.unsplit(sealed(&mut connector, kind::DATA, b"hi"));
    deliver(&mut listener, &mut bytes, 0).unwrap();
    assert_eq!(
        events(&mut listener),
        ["confirmed", "closing ProtocolError"]
    );
    assert!(listener.ticket().is_none());
}
