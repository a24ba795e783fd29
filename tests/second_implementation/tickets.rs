//! After a cut: who has the ticket goes on.

use serde_json::json;

use crate::p2pc::P2pc;
use crate::scene::{
    both_say, ours_connects, ours_listens, resumes_to_ours, resumes_to_theirs, says_how_it_knows,
};
use crate::transport::{Transport, resume};

#[test]
fn after_a_cut_theirs_comes_back() {
    let Some(python) = P2pc::find("after_a_cut_theirs_comes_back") else {
        return;
    };
    let (mut ours, theirs, port) = ours_listens(&python);
    ours.event("peer_connected");
    resumes_to_ours(&python, ours, theirs, port, "code");
}

#[test]
fn after_a_cut_ours_comes_back() {
    let Some(python) = P2pc::find("after_a_cut_ours_comes_back") else {
        return;
    };
    let (mut ours, theirs, port) = ours_connects(&python);
    ours.event("peer_connected");
    resumes_to_theirs(ours, theirs, port, "code");
}

#[test]
fn a_restarted_listener_is_found_again_by_its_tickets() {
    let Some(python) = P2pc::find("a_restarted_listener_is_found_again_by_its_tickets") else {
        return;
    };
    let (mut ours, mut theirs, _) = ours_listens(&python);
    // Theirs has heard from it, so ours has told its tickets: whatever befalls it then.
    ours.process.kill();
    let kept = ours.event("tickets")["tickets"].clone();
    theirs.event("cut");
    let mut ours = Transport::start();
    let port = ours.listen(resume(&kept)).port;
    let mut theirs = python.connect(port, "resume", theirs.tickets());
    says_how_it_knows(&mut ours, "incoming", "code", true);
    both_say(&mut ours, &mut theirs);
}

#[test]
fn a_ticket_from_before_a_change_of_keys_opens_nothing() {
    let name = "a_ticket_from_before_a_change_of_keys_opens_nothing";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    let (mut ours, mut theirs, port) = ours_listens(&python);
    let before = theirs.tickets();
    both_say(&mut ours, &mut theirs);
    theirs.order(json!({ "do": "rekey" }));
    theirs.event("rekeyed");
    // A text behind REKEY_DONE: that has arrived when this has.
    theirs.send(&json!("renewed"));
    assert_eq!(ours.received(), "renewed");
    theirs.order(json!({ "do": "cut" }));
    ours.event("peer_disconnected");
    let mut stolen = python.connect(port, "resume", before);
    stolen.event("refused");
    let mut back = python.connect(port, "resume", theirs.tickets());
    back.event("connected");
}
