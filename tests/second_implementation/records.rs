//! Records of every kind, and new keys.

use serde_json::json;

use crate::p2pc::{P2pc, Peer};
use crate::scene::{ours_connects, ours_listens, resumes_to_ours, resumes_to_theirs};
use crate::support::wait_until;
use crate::transport::Transport;

/// Enough for new keys, which come after 500 records.
const TEXTS: usize = 600;

/// The longest payload a record holds, as JSON: a string with its quotation marks.
const LONGEST: usize = 65_506 - 2;

#[test]
fn texts_cross_a_change_of_keys_that_theirs_began() {
    let Some(python) = P2pc::find("texts_cross_a_change_of_keys_that_theirs_began") else {
        return;
    };
    let (mut ours, mut theirs, port) = ours_listens(&python);
    ours.event("peer_connected");
    both_say_much(&mut ours, &mut theirs);
    resumes_to_ours(&python, ours, theirs, port, "code");
}

#[test]
fn texts_cross_a_change_of_keys_that_ours_began() {
    let Some(python) = P2pc::find("texts_cross_a_change_of_keys_that_ours_began") else {
        return;
    };
    let (mut ours, mut theirs, port) = ours_connects(&python);
    ours.event("peer_connected");
    both_say_much(&mut ours, &mut theirs);
    resumes_to_theirs(ours, theirs, port, "code");
}

#[test]
fn records_mean_the_same_to_both() {
    let Some(python) = P2pc::find("records_mean_the_same_to_both") else {
        return;
    };
    for begin in [ours_listens, ours_connects] {
        let (mut ours, mut theirs, _) = begin(&python);
        theirs.order(json!({ "do": "ping" }));
        theirs.event("pong");
        // One from a later version takes its place in the order, and no more.
        theirs.order(json!({ "do": "record", "type": 200, "body_b64": "AAAA" }));
        let longest = json!("x".repeat(LONGEST));
        theirs.send(&longest);
        assert_eq!(ours.received(), longest);
        ours.send(&longest);
        assert_eq!(theirs.received(), longest);
    }
}

#[test]
fn who_breaks_a_rule_is_told_so_and_loses_the_ticket() {
    let name = "who_breaks_a_rule_is_told_so_and_loses_the_ticket";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    // An unknown record, words that were verified by a code, a PING with a body, no UTF-8, answers
    // nobody asked for, half a key, a CLOSE without a reason.
    let broken = [
        json!({ "type": 9 }),
        json!({ "type": 7 }),
        json!({ "type": 2, "body_b64": "AAAA" }),
        json!({ "type": 1, "body_b64": "/////w==" }),
        json!({ "type": 6 }),
        json!({ "type": 5 }),
        json!({ "type": 4, "body_b64": "AAAA" }),
        json!({ "type": 0 }),
    ];
    for begin in [ours_listens, ours_connects] {
        for rule in &broken {
            let (mut ours, mut theirs, _) = begin(&python);
            let mut order = rule.clone();
            order["do"] = "record".into();
            theirs.order(order);
            assert_eq!(theirs.event("closed")["reason"], 2, "{rule}");
            let gone = ours.event("peer_disconnected");
            assert_eq!(gone["reason"], "protocol_error", "{rule}");
            wait_until("the end of the ticket", || ours.tickets() == json!([]));
        }
    }
}

/// Both at once, and without waiting for each other, until the keys have changed.
fn both_say_much(ours: &mut Transport, theirs: &mut Peer) {
    for n in 0..TEXTS {
        theirs.send(&json!(n));
        ours.ask_only(json!({ "type": "send", "payload": n }));
        // As many as may be outstanding.
        if n % 100 == 99 {
            (n - 99..=n).for_each(|n| assert_eq!(theirs.received(), n));
        }
    }
    for n in 0..TEXTS {
        assert_eq!(ours.received(), n);
    }
    ours.event("keys_changed");
    theirs.event("rekeyed");
}
