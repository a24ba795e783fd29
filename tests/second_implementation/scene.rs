//! One of ours and one of theirs, in both roles, and what each may do in any session.

use serde_json::json;

use crate::p2pc::{P2pc, Peer, code};
use crate::support::wait_until;
use crate::transport::{Transport, mode, resume, typed};

/// Lets ours wait with a code of its own and theirs call; the port.
pub(crate) fn ours_listens(python: &P2pc) -> (Transport, Peer, u16) {
    let mut ours = Transport::start();
    let listening = ours.listen(mode("code"));
    let mut theirs = python.connect(listening.port, "code", code(&listening.passcode));
    theirs.event("connected");
    (ours, theirs, listening.port)
}

/// Lets theirs wait and ours call, with a code typed as people do; the port.
pub(crate) fn ours_connects(python: &P2pc) -> (Transport, Peer, u16) {
    let mut theirs = python.listen("code", code("carrot lemon koala"));
    let port = theirs.port();
    let mut ours = Transport::start();
    ours.connect(port, typed(" Car-683_KOALA."));
    theirs.event("connected");
    (ours, theirs, port)
}

pub(crate) fn says_how_it_knows(
    ours: &mut Transport,
    direction: &str,
    verification: &str,
    resumed: bool,
) {
    let connected = ours.event("peer_connected");
    assert_eq!(connected["direction"], direction);
    assert_eq!(connected["verification"], verification);
    assert_eq!(connected["resumed"].as_bool().unwrap_or(false), resumed);
}

pub(crate) fn both_say(ours: &mut Transport, theirs: &mut Peer) {
    let texts = [
        json!("hello"),
        json!({ "kind": "text", "n": 1, "text": "\u{1f525}\n" }),
    ];
    for text in &texts {
        ours.send(text);
        assert_eq!(theirs.received(), *text);
        theirs.send(text);
        assert_eq!(ours.received(), *text);
    }
}

/// The line is cut, they call again with their ticket; and once more with the one they got then.
pub(crate) fn resumes_to_ours(
    python: &P2pc,
    ours: Transport,
    theirs: Peer,
    port: u16,
    verification: &str,
) {
    let (mut ours, mut theirs) = (ours, theirs);
    for _ in 0..2 {
        theirs.order(json!({ "do": "cut" }));
        assert_eq!(ours.event("peer_disconnected")["reason"], "cut");
        theirs = python.connect(port, "resume", theirs.tickets());
        says_how_it_knows(&mut ours, "incoming", verification, true);
        both_say(&mut ours, &mut theirs);
    }
    they_leave(&mut ours, &mut theirs);
}

/// The line is cut, and we call again.
pub(crate) fn resumes_to_theirs(ours: Transport, theirs: Peer, port: u16, verification: &str) {
    let (mut ours, mut theirs) = (ours, theirs);
    for _ in 0..2 {
        theirs.order(json!({ "do": "cut" }));
        assert_eq!(ours.event("peer_disconnected")["reason"], "cut");
        let tickets = ours.tickets();
        ours.connect(port, resume(&tickets));
        says_how_it_knows(&mut ours, "outgoing", verification, true);
        both_say(&mut ours, &mut theirs);
    }
    we_leave(&mut ours, &mut theirs);
}

pub(crate) fn they_leave(ours: &mut Transport, theirs: &mut Peer) {
    theirs.order(json!({ "do": "close" }));
    assert_eq!(theirs.event("closed")["reason"], 0);
    assert_eq!(ours.event("peer_disconnected")["reason"], "left");
    wait_until("the end of the ticket", || ours.tickets() == json!([]));
}

pub(crate) fn we_leave(ours: &mut Transport, theirs: &mut Peer) {
    ours.ask(json!({ "type": "disconnect" }));
    assert_eq!(theirs.event("closed")["reason"], 0);
    assert_eq!(theirs.tickets(), Some(json!({ "tickets": [] })));
}
