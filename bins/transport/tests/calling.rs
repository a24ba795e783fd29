//! Calls over the secure channel: what is shown to whom, and what people are told.

mod support;

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use p2p_chat_secure_channel::{Code, Gate};
use serde_json::{Value, json};
use support::{Peer, Transport, Until, accept, call, host, listener, random, serve};

const CODE: &str = "carrot lemon koala";

fn connect(addresses: &[&str], code: &str) -> Value {
    json!({"type":"connect","addresses":addresses,"auth":{"mode":"code","passcode":code}})
}

#[test]
fn twenty_hostile_addresses_are_shown_one_proof() {
    let proofs = Arc::new(AtomicUsize::new(0));
    let hosts: Vec<String> = (0..20).map(|_| host(Until::Proved, &proofs)).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut transport = Transport::start();
    transport.connect_with_code(&hosts, CODE);
    let sentence = transport.connect_failed("wrong_code");
    let expected =
        "The code was wrong, or somebody is between you and 127.0.0.1. Ask for a new code.";
    assert_eq!(sentence, expected);
    assert_eq!(proofs.load(Ordering::SeqCst), 1);
    // The same code again is not sent a second time; another one is.
    let again = transport.refused(connect(&hosts, "CAR lem koa"), "bad_code");
    assert!(again.contains("works only once"), "{again}");
    transport.connect_with_code(&hosts, "1 2 3");
    transport.connect_failed("wrong_code");
    assert_eq!(proofs.load(Ordering::SeqCst), 2);
}

#[test]
fn in_mode_words_too_one_proof_is_shown_for_a_connect() {
    let proofs = Arc::new(AtomicUsize::new(0));
    let addresses: Vec<String> = (0..5)
        .map(|_| {
            let (socket, address) = listener();
            let proofs = Arc::clone(&proofs);
            std::thread::spawn(move || {
                for mut stream in socket.incoming().map_while(Result::ok) {
                    let mut gate = Gate::with_words();
                    // It hangs up instead of proving itself.
                    let shown = || {
                        proofs.fetch_add(1, Ordering::SeqCst);
                    };
                    let spoiled = stream.try_clone().expect("a duplicate");
                    let _ = serve(spoiled, &mut gate, || {
                        shown();
                        let _ = stream.flush();
                        let _ = stream.shutdown(std::net::Shutdown::Both);
                    });
                }
            });
            address
        })
        .collect();
    let mut transport = Transport::start();
    let auth = json!({"mode":"words"});
    transport.expect(
        json!({"type":"connect","addresses":addresses,"auth":auth}),
        "ok",
    );
    transport.connect_failed("wrong_code");
    assert_eq!(proofs.load(Ordering::SeqCst), 1);
}

#[test]
fn the_next_address_is_asked_while_nothing_was_shown() {
    let proofs = Arc::new(AtomicUsize::new(0));
    let mut others: Vec<String> = (0..3).map(|_| host(Until::Accepted, &proofs)).collect();
    others.extend((0..3).map(|_| host(Until::Garbage, &proofs)));
    let mut friend = Transport::start();
    let (port, code) = friend.listen_with_code();
    others.push(format!("127.0.0.1:{port}"));
    let addresses: Vec<&str> = others.iter().map(String::as_str).collect();
    let mut transport = Transport::start();
    transport.connect_with_code(&addresses, &code);
    let connected = transport.event_after_state("peer_connected");
    assert_eq!(connected["address"], addresses[6]);
    friend.event_after_state("peer_connected");
}

#[test]
fn a_connect_that_showed_nothing_may_be_tried_again_with_the_same_code() {
    let proofs = Arc::new(AtomicUsize::new(0));
    let other = host(Until::Accepted, &proofs);
    let mut transport = Transport::start();
    for _ in 0..2 {
        transport.connect_with_code(&[&other], CODE);
        let sentence = transport.connect_failed("handshake_failed");
        let expected = format!(
            "{other} hung up before the code was used. It is busy, it no longer takes a code, \
             or it is another program. Ask your friend."
        );
        assert_eq!(sentence, expected);
    }
}

#[test]
fn a_code_is_shown_as_whole_words_before_anything_is_sent() {
    let (_ear, address) = listener();
    let mut transport = Transport::start();
    let id = transport.ask(connect(&[&address], " CAR_lem,koa. "));
    let read = transport.event("passcode_read");
    assert_eq!(read["passcode"], "carrot-lemon-koala");
    assert!(
        read["numbers"]
            .as_str()
            .is_some_and(|n| n.split(' ').count() == 3)
    );
    assert_eq!(transport.reply(id)["type"], "ok");
}

#[test]
fn what_is_no_code_is_refused_by_its_word_and_costs_no_try() {
    let mut transport = Transport::start();
    let sentence = transport.refused(connect(&["127.0.0.1:1"], "karrot lemon koala"), "bad_code");
    assert!(
        sentence.contains("karrot") && sentence.contains("carrot"),
        "{sentence}"
    );
    assert!(sentence.ends_with("No try was lost."), "{sentence}");
    let none = json!({"type":"connect","addresses":["127.0.0.1:1"],"auth":{"mode":"code"}});
    transport.refused(none, "code_needed");
    transport.undisturbed();
}

#[test]
fn who_sends_the_old_programs_key_is_refused_and_told_nothing() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect_with_code(&[&address], CODE);
    let mut peer = Peer::answer(&ear);
    let sentence = transport.connect_failed("legacy_peer");
    let expected = "This peer runs the old p2p-chat, which sends its key in clear. Refused. \
                    Your friend needs this version.";
    assert_eq!(sentence, expected);
    // What it was sent is the first message, and nothing that follows from its key.
    let mut all = Vec::new();
    let _ = peer.stream.read_to_end(&mut all);
    assert!(all.len() <= 1306, "{} bytes", all.len());
}

#[test]
fn a_key_that_comes_in_pieces_or_not_whole_is_waited_for_a_second() {
    for (pieces, code) in [
        (vec![&b"AAAA"[..], &[b'A'; 39], b"="], "legacy_peer"),
        (vec![&b"AAAA"[..]], "handshake_failed"),
        (vec![&[b'A'; 44][..]], "handshake_failed"),
    ] {
        let (ear, address) = listener();
        let mut transport = Transport::start();
        transport.connect_with_code(&[&address], CODE);
        let mut stream = accept(&ear);
        let begun = Instant::now();
        for piece in pieces {
            stream.write_all(piece).expect("sent");
            stream.flush().expect("sent");
        }
        transport.connect_failed(code);
        assert!(begun.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn an_old_connector_at_a_secure_listener_learns_nothing() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with_code();
    // It waits for 44 bytes and says nothing.
    let mut old = call(port);
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).expect("closed in good order");
    assert_eq!(bytes, b"");
    let told = listener.event("listening");
    assert_eq!(
        (&told["turned_away"], &told["guesses_left"]),
        (&json!(1), &json!(5))
    );
}

#[test]
fn a_silent_address_is_left_after_five_seconds() {
    let (silent, address) = listener();
    let mut friend = Transport::start();
    let (port, code) = friend.listen_with_code();
    let mut transport = Transport::start();
    let begun = Instant::now();
    transport.connect_with_code(&[&address, &format!("127.0.0.1:{port}")], &code);
    let _silent = accept(&silent);
    transport.event_after_state("peer_connected");
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[test]
fn who_is_silent_after_our_proof_is_left_after_five_seconds() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect_with_code(&[&address], CODE);
    let stream = accept(&ear);
    let _open = stream.try_clone().expect("a duplicate");
    let mut gate = Gate::with_code(Code::generate(&mut random()));
    let mut proved = Instant::now();
    // It does not know the code, so it has no answer.
    let _ = serve(stream, &mut gate, || proved = Instant::now());
    transport.connect_failed("wrong_code");
    let took = proved.elapsed();
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(8),
        "{took:?}"
    );
}

#[test]
fn an_attempt_is_cancelled_in_the_midst_of_a_handshake() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect_with_code(&[&address], CODE);
    let mut call = accept(&ear);
    let begun = Instant::now();
    transport.expect(json!({"type":"disconnect"}), "ok");
    let mut all = Vec::new();
    let _ = call.read_to_end(&mut all);
    assert!(begun.elapsed() < Duration::from_secs(4));
    transport.undisturbed();
}

#[test]
fn a_code_whose_proof_left_is_spent_though_the_attempt_was_cancelled() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect_with_code(&[&address], CODE);
    let mut gate = Gate::with_code(Code::generate(&mut random()));
    let stream = accept(&ear);
    let other = stream.try_clone().expect("a duplicate");
    let transport = &mut transport;
    // Its answer never comes: the attempt is cancelled when the proof is here.
    let _ = serve(stream, &mut gate, || {
        transport.expect(json!({"type":"disconnect"}), "ok");
    });
    drop(other);
    transport.refused(connect(&[&address], CODE), "bad_code");
}
