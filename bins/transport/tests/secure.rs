//! Secure chats between two transports, or one and a peer made by hand, from hello to goodbye.

mod support;

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use serde_json::json;

use support::{Caller, Transport, proof_of, random, secure_chat};

/// More than the buffers of all sockets and pipes on the way hold together.
const FLOOD: usize = 64 * 1024 * 1024;

/// What a transport may grow by, whatever its peer and its supervisor do.
const GROWTH_KIB: u64 = 8 * 1024;

#[test]
fn two_transports_chat_by_code_both_ways() {
    let mut chat = secure_chat();
    chat.connector
        .send(json!({"kind":"text","n":1,"text":"hello"}));
    let heard = chat.listener.receive();
    assert_eq!(heard, json!({"kind":"text","n":1,"text":"hello"}));
    chat.listener.send(json!({"kind":"ack","n":1}));
    assert_eq!(chat.connector.receive(), json!({"kind":"ack","n":1}));
    chat.connector.expect(json!({"type":"disconnect"}), "ok");
    chat.listener.peer_gone("left");
    chat.listener.end();
    chat.connector.end();
}

#[test]
fn no_way_to_prove_oneself_is_taken_in_the_place_of_another() {
    let mut transport = Transport::start();
    let ticket = json!({"role":"responder","resume_id_b64":"AAAAAAAAAAAAAAAAAAAAAA==",
        "resume_secret_b64":"AAAA","verification":"code"});
    for auth in [
        json!({"mode":"legacy","passcode":"carrot lemon koala"}),
        json!({"mode":"legacy","tickets":[ticket]}),
        json!({"mode":"words","passcode":"carrot lemon koala"}),
        json!({"mode":"resume","passcode":"carrot lemon koala","tickets":[ticket]}),
    ] {
        for request in [
            json!({"type":"listen","port":0,"bind":"127.0.0.1","auth":auth}),
            json!({"type":"connect","addresses":["127.0.0.1:1"],"auth":auth}),
        ] {
            let sentence = transport.refused(request, "invalid_message");
            assert!(sentence.contains("contradicts itself"), "{sentence}");
        }
    }
    transport.end();
}

#[test]
fn the_end_of_stdin_alone_is_a_cut_and_the_chat_can_go_on() {
    let mut chat = secure_chat();
    chat.connector.end();
    chat.listener.event_after_state("peer_disconnected");
    let mut connector = Transport::start();
    let resume = json!({"mode":"resume","tickets":chat.connector_tickets});
    connector.connect_with(chat.port, resume);
    let connected = connector.event_after_state("peer_connected");
    assert_eq!(connected["resumed"], true);
}

#[test]
fn a_broken_stdout_is_a_cut_too() {
    let mut chat = secure_chat();
    chat.connector.stop_reading();
    // It is noticed when something is to be told.
    let until = Instant::now() + support::DEADLINE;
    let sent = |listener: &mut Transport| {
        let id = listener.ask(json!({"type":"send","payload":"is anybody there?"}));
        listener.reply(id)["type"] == "ok"
    };
    while sent(&mut chat.listener) {
        assert!(Instant::now() < until, "it is not noticed");
    }
    let gone = chat.listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "cut");
    chat.connector.expect_exit();
}

#[test]
fn a_goodbye_is_said_before_the_end_and_after_all_that_was_to_be_sent() {
    let mut chat = secure_chat();
    for n in 0..200 {
        chat.connector.ask(json!({"type":"send","payload":n}));
    }
    chat.connector.ask(json!({"type":"disconnect"}));
    chat.connector.close_stdin();
    for n in 0..200 {
        assert_eq!(chat.listener.event_after_state("received")["payload"], n);
    }
    let gone = chat.listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "left");
}

#[test]
fn it_ends_in_time_though_the_peer_does_not_answer_the_goodbye() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let member = Caller::call(port).join(proof_of(&code)).expect("let in");
    listener.event_after_state("peer_connected");
    listener.ask(json!({"type":"disconnect"}));
    listener.end();
    drop(member);
}

#[test]
fn a_line_is_checked_and_one_that_answers_is_kept() {
    let mut chat = secure_chat();
    for side in [&mut chat.listener, &mut chat.connector] {
        side.expect(json!({"type":"check_line"}), "ok");
    }
    chat.connector.send(json!("still here"));
    assert_eq!(
        chat.listener.event_after_state("received")["payload"],
        "still here"
    );
    let mut idle = Transport::start();
    idle.expect(json!({"type":"check_line"}), "ok");
}

#[test]
fn a_line_that_does_not_answer_is_cut_after_five_seconds() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let _silent = Caller::call(port).join(proof_of(&code)).expect("let in");
    listener.event_after_state("peer_connected");
    let begun = Instant::now();
    listener.expect(json!({"type":"check_line"}), "ok");
    let gone = listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "cut");
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(8),
        "{took:?}"
    );
}

#[test]
fn it_ends_with_callers_at_the_door() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let silent = Caller::call(port);
    let mut answered = Caller::call(port);
    let state = answered.greet(proof_of(&code));
    listener.end();
    drop((silent, state));
}

#[test]
fn one_thing_at_a_time() {
    let mut chat = secure_chat();
    let listen = json!({"type":"listen","port":0,"auth":{"mode":"code"}});
    chat.listener.refused(listen.clone(), "busy");
    chat.connector.refused(listen, "busy");
    chat.listener.refused(json!({"type":"new_code"}), "busy");
    chat.connector.refused(json!({"type":"new_code"}), "busy");
    chat.listener
        .refused(json!({"type":"reject"}), "unavailable");
}

#[test]
fn a_chat_goes_on_when_the_listening_stops() {
    let mut chat = secure_chat();
    chat.listener.expect(json!({"type":"stop_listening"}), "ok");
    assert!(std::net::TcpStream::connect(("127.0.0.1", chat.port)).is_err());
    chat.connector.send(json!("still here"));
    let heard = chat.listener.event_after_state("received");
    assert_eq!(heard["payload"], "still here");
}

#[test]
fn a_supervisor_that_does_not_read_stops_the_peer_and_costs_little() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut member = Caller::call(port).join(proof_of(&code)).expect("let in");
    listener.event_after_state("peer_connected");
    member.say("\"hello\"");
    listener.event_after_state("received");
    let before = listener.rss();
    let limit = Some(Duration::from_secs(1));
    member.caller.stream.set_write_timeout(limit).expect("set");
    let payload = format!("\"{}\"", "x".repeat(30_000));
    let mut sent = 0;
    let stopped = loop {
        let mut out = BytesMut::new();
        member
            .channel
            .send(&payload, 0, &mut random(), &mut out)
            .expect("sealed");
        match member.caller.stream.write_all(&out) {
            Ok(()) => sent += out.len(),
            Err(error) => break error.kind(),
        }
        assert!(sent < FLOOD, "nobody stops it");
    };
    assert!(
        matches!(stopped, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{stopped}"
    );
    let grown = listener.rss().saturating_sub(before);
    assert!(grown <= GROWTH_KIB, "{grown} KiB more");
    listener.end();
}
