//! What a ticket is good for, and what it dies of.

mod support;

use serde_json::json;
use support::{Caller, Chatting, Transport, proof_of, resume, secure_chat};

#[test]
fn tickets_are_told_before_the_peer_is_there_and_serve_one_role_each() {
    let chat = secure_chat();
    let [ours, theirs] = [&chat.listener_tickets, &chat.connector_tickets].map(|tickets| {
        assert_eq!(tickets.as_array().map(Vec::len), Some(1), "{tickets}");
        tickets[0].clone()
    });
    assert_eq!(ours["role"], "responder");
    assert_eq!(theirs["role"], "initiator");
    assert_eq!(ours["resume_id_b64"], theirs["resume_id_b64"]);
    assert_eq!(ours["resume_secret_b64"], theirs["resume_secret_b64"]);
    assert_eq!(ours["verification"], "code");
}

#[test]
fn a_ticket_serves_only_the_role_it_was_issued_in() {
    let chat = secure_chat();
    let mut transport = Transport::start();
    let initiator = resume(&chat.connector_tickets);
    let listen = json!({"type":"listen","port":0,"auth":initiator});
    let sentence = transport.refused(listen, "invalid_message");
    assert!(
        sentence.contains("issued to the one who connects"),
        "{sentence}"
    );
    let connect = json!({"type":"connect","addresses":["127.0.0.1:1"],
        "auth":resume(&chat.listener_tickets)});
    let sentence = transport.refused(connect, "invalid_message");
    assert!(
        sentence.contains("issued to the one who listens"),
        "{sentence}"
    );
    let none = json!({"type":"connect","addresses":["127.0.0.1:1"],"auth":{"mode":"resume"}});
    transport.refused(none, "invalid_message");
    transport.end();
}

#[test]
fn a_goodbye_ends_the_tickets_of_both_sides() {
    let Chatting {
        mut listener,
        mut connector,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    let id = connector.ask(json!({"type":"disconnect"}));
    connector.peer_gone("ended");
    assert_eq!(connector.tickets(), json!([]));
    assert_eq!(connector.reply(id)["type"], "ok");
    listener.peer_gone("left");
    assert_eq!(listener.tickets(), json!([]));
    connector.connect_with(port, resume(&connector_tickets));
    let sentence = connector.connect_failed("handshake_failed");
    assert!(
        sentence.contains("did not go on with the chat"),
        "{sentence}"
    );
}

#[test]
fn a_cut_line_is_told_from_a_goodbye() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut member = Caller::call(port).join(proof_of(&code)).expect("let in");
    listener.event_after_state("peer_connected");
    member.say("\"first\"");
    // The end of the stream, whole records only.
    drop(member);
    assert_eq!(listener.event_after_state("received")["payload"], "first");
    assert_eq!(
        listener.event_after_state("peer_disconnected")["reason"],
        "cut"
    );
}
