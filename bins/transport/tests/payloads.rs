//! What goes through a secure chat: much of it, long, and broken.

mod support;

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use p2p_chat_secure_channel::{CloseReason, Event};
use serde_json::json;
use support::{Caller, Chatting, Transport, proof_of, secure_chat};

#[test]
fn many_texts_renew_the_keys_and_the_tickets() {
    let Chatting {
        mut listener,
        mut connector,
        ..
    } = secure_chat();
    for half in [0..300, 300..600] {
        let ask = |n| connector.ask(json!({"type":"send","payload":n}));
        for id in half.map(ask).collect::<Vec<u64>>() {
            assert_eq!(connector.reply(id)["type"], "ok");
        }
    }
    let (mut next, mut renewed) = (0, false);
    while next < 600 || !renewed {
        let event = listener.any_event();
        match event["type"].as_str() {
            Some("received") => {
                assert_eq!(event["payload"], next);
                next += 1;
            }
            Some("keys_changed") => renewed = true,
            Some("tickets") => {}
            _ => panic!("unexpected event {event}"),
        }
    }
    assert_ne!(connector.tickets(), json!([]));
    connector.event("keys_changed");
}

#[test]
fn a_burst_of_ten_thousand_each_way_arrives_whole_and_in_order() {
    let chat = secure_chat();
    let sides = [chat.listener, chat.connector].map(|mut side| {
        thread::spawn(move || {
            let (mut sent, mut answered, mut heard) = (0, 0, 0);
            while heard < 10_000 || answered < 10_000 {
                // As many as the supervisor keeps outstanding.
                while sent < 10_000 && sent - answered < 256 {
                    side.ask(json!({"type":"send","payload":{"n":sent}}));
                    sent += 1;
                }
                let line = side.any_line();
                match line["type"].as_str() {
                    Some("ok") => answered += 1,
                    Some("received") => {
                        assert_eq!(line["payload"]["n"], heard);
                        heard += 1;
                    }
                    Some("tickets" | "keys_changed") => {}
                    _ => panic!("unexpected {line}"),
                }
            }
            side
        })
    });
    for side in sides {
        side.join().expect("no panic").end();
    }
}

#[test]
fn more_than_an_epoch_may_hold_waits_for_the_new_keys_while_nobody_reads() {
    const TEXTS: u64 = 8_000;
    let Chatting {
        mut listener,
        mut connector,
        ..
    } = secure_chat();
    let (progress, answers) = sync_channel(TEXTS as usize);
    let sending = thread::spawn(move || {
        let (mut sent, mut answered) = (0, 0);
        while answered < TEXTS {
            while sent < TEXTS && sent - answered < 256 {
                connector.ask(json!({"type":"send","payload":sent}));
                sent += 1;
            }
            match connector.any_line()["type"].as_str() {
                Some("ok") => answered += 1,
                Some("tickets" | "keys_changed") => {}
                other => panic!("unexpected {other:?}"),
            }
            progress.send(()).expect("somebody counts");
        }
        connector
    });
    // All buffers on the way are full; only then the listener's supervisor begins to read.
    let stalled = Duration::from_millis(500);
    while answers.recv_timeout(stalled).is_ok() {}
    let mut heard = 0;
    while heard < TEXTS {
        let event = listener.any_event();
        match event["type"].as_str() {
            Some("received") => {
                assert_eq!(event["payload"], heard);
                heard += 1;
            }
            Some("tickets" | "keys_changed") => {}
            _ => panic!("unexpected event {event}"),
        }
    }
    sending.join().expect("no panic").end();
}

#[test]
fn a_payload_that_would_break_a_line_ends_the_chat_and_its_tickets() {
    for payload in ["\"a\nb\"", "no json", ""] {
        let mut listener = Transport::start();
        let (port, code) = listener.listen_with_code();
        let mut member = Caller::call(port).join(proof_of(&code)).expect("let in");
        listener.event_after_state("peer_connected");
        member.say(payload);
        let gone = listener.event_after_state("peer_disconnected");
        assert_eq!(gone["reason"], "protocol_error");
        assert_eq!(listener.tickets(), json!([]));
        let closed = std::iter::from_fn(|| member.event())
            .any(|event| matches!(event, Event::Closed(Some(CloseReason::ProtocolError))));
        assert!(closed, "{payload:?}");
    }
}

#[test]
fn what_is_too_long_is_refused_with_its_size() {
    let mut chat = secure_chat();
    let longest = "x".repeat(65_504);
    chat.connector.send(json!(longest));
    let heard = chat.listener.event_after_state("received");
    assert_eq!(heard["payload"], json!(longest));
    let longer = json!({"type":"send","payload":format!("{longest}x")});
    let sentence = chat.connector.refused(longer, "too_large");
    assert!(
        sentence.contains("65507") && sentence.contains("65506"),
        "{sentence}"
    );
}

#[test]
fn nothing_secret_is_in_the_log_at_its_loudest() {
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let (port, code) = listener.listen_with_code();
    connector.connect_with_code(&[&format!("127.0.0.1:{port}")], &code);
    let tickets = connector.tickets();
    connector.event("peer_connected");
    listener.event_after_state("peer_connected");
    connector.send(json!("a text nobody else reads"));
    listener.event_after_state("received");
    listener.send(json!("an answer nobody else reads"));
    connector.event_after_state("received");
    let secret = tickets[0]["resume_secret_b64"].as_str().expect("a secret");
    let words: Vec<&str> = code.split('-').collect();
    for side in [connector, listener] {
        let log = side.logged().join("\n");
        assert!(log.contains("DEBUG received 396 bytes"), "{log}");
        for secret in words.iter().chain(&[secret, "nobody else"]) {
            assert!(!log.contains(secret), "{log}");
        }
    }
}
