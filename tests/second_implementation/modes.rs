//! Who is who: by a code, and by words.

use serde_json::json;

use crate::p2pc::{P2pc, Peer, code};
use crate::scene::{
    both_say, ours_connects, ours_listens, resumes_to_ours, resumes_to_theirs, says_how_it_knows,
    they_leave, we_leave,
};
use crate::transport::{Transport, mode, typed};

#[test]
fn by_a_code_ours_listens() {
    let Some(python) = P2pc::find("by_a_code_ours_listens") else {
        return;
    };
    let (mut ours, mut theirs, _) = ours_listens(&python);
    says_how_it_knows(&mut ours, "incoming", "code", false);
    both_say(&mut ours, &mut theirs);
    they_leave(&mut ours, &mut theirs);
}

#[test]
fn by_a_code_ours_connects() {
    let Some(python) = P2pc::find("by_a_code_ours_connects") else {
        return;
    };
    let (mut ours, mut theirs, _) = ours_connects(&python);
    says_how_it_knows(&mut ours, "outgoing", "code", false);
    both_say(&mut ours, &mut theirs);
    we_leave(&mut ours, &mut theirs);
}

#[test]
fn by_words_ours_listens() {
    let Some(python) = P2pc::find("by_words_ours_listens") else {
        return;
    };
    let mut ours = Transport::start();
    let port = ours.listen(mode("words")).port;
    let mut theirs = python.connect(port, "words", None);
    compare_words(&mut ours, &mut theirs);
    both_say(&mut ours, &mut theirs);
    resumes_to_ours(&python, ours, theirs, port, "words");
}

#[test]
fn by_words_ours_connects() {
    let Some(python) = P2pc::find("by_words_ours_connects") else {
        return;
    };
    let mut theirs = python.listen("words", None);
    let port = theirs.port();
    let mut ours = Transport::start();
    ours.connect(port, mode("words"));
    compare_words(&mut ours, &mut theirs);
    both_say(&mut ours, &mut theirs);
    resumes_to_theirs(ours, theirs, port, "words");
}

#[test]
fn a_wrong_code_is_told_on_both_sides() {
    let Some(python) = P2pc::find("a_wrong_code_is_told_on_both_sides") else {
        return;
    };
    let mut ours = Transport::start();
    let listening = ours.listen(mode("code"));
    let wrong = another(&listening.passcode);
    for left in [4, 3] {
        let mut theirs = python.connect(listening.port, "code", code(&wrong));
        theirs.event("refused");
        assert_eq!(ours.event("authentication_failed")["guesses_left"], left);
    }
    let mut theirs = python.connect(listening.port, "code", code(&listening.passcode));
    theirs.event("connected");

    let mut theirs = python.listen("code", code("carrot lemon koala"));
    let port = theirs.port();
    let mut ours = Transport::start();
    ours.connect(port, typed("carrot lemon lemon"));
    assert_eq!(theirs.event("refused")["guesses_left"], 4);
    assert_eq!(ours.event("connect_failed")["code"], "wrong_code");
}

#[test]
fn nothing_is_sent_or_shown_before_the_words_were_compared() {
    let name = "nothing_is_sent_or_shown_before_the_words_were_compared";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    let mut ours = Transport::start();
    let port = ours.listen(mode("words")).port;
    let mut theirs = python.connect(port, "words", None);
    ours.event("verification_needed");
    let refusal = ours.ask(json!({ "type": "send", "payload": "early" }));
    assert_eq!(refusal["code"], "not_verified");
    theirs.event("connected");
    theirs.order(json!({ "do": "ping" }));
    theirs.event("pong");
    theirs.send(&json!("early"));
    assert_eq!(theirs.event("closed")["reason"], 2);
    ours.event("peer_disconnected");
    assert!(ours.process.so_far("received").is_empty());
}

/// Each reads out the words on its screen, and types those it hears.
fn compare_words(ours: &mut Transport, theirs: &mut Peer) {
    assert_eq!(ours.event("peer_connected")["verification"], "unverified");
    let needed = ours.event("verification_needed");
    assert_eq!(needed["ask"], 3);
    let heard = theirs.event("words")["show"].clone();
    theirs.order(json!({ "do": "verify", "words": needed["show"] }));
    let reply = ours.ask(json!({ "type": "verify", "words": heard }));
    assert_eq!(reply["type"], "ok", "{reply}");
    theirs.event("verified");
    assert_eq!(ours.event("peer_connected")["verification"], "words");
}

/// A code whose last word is another one.
fn another(passcode: &str) -> String {
    let (kept, last) = passcode.rsplit_once('-').expect("three words");
    let other = if last == "lemon" { "koala" } else { "lemon" };
    format!("{kept}-{other}")
}
