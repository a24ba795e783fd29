//! The end of stdin is goodbye, in every state; so is the end of stdout.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Peer, Transport, accept, black_hole, call, chatting, listener};

/// More than the buffers of all sockets and pipes on the way hold together.
const FLOOD: usize = 64 * 1024 * 1024;

#[test]
fn it_ends_when_idle() {
    Transport::start().end();
}

#[test]
fn it_ends_when_listening() {
    let mut transport = Transport::start();
    transport.listen();
    transport.end();
}

#[test]
fn it_ends_with_a_caller_that_is_not_the_peer_yet() {
    let mut transport = Transport::start();
    let port = transport.listen();
    let _caller = Peer::call(port);
    transport.end();
}

#[test]
fn it_ends_when_connecting() {
    let (_socket, _queued, nowhere) = black_hole();
    let mut transport = Transport::start();
    transport.connect(&[&nowhere]);
    transport.end();
}

#[test]
fn it_ends_when_waiting_for_a_key() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let _silent = accept(&ear);
    transport.end();
}

#[test]
fn it_ends_a_chat_and_the_peer_reads_everything_to_the_end() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.say("last words");
    transport.close_stdin();
    assert_eq!(peer.hear(), "last words");
    assert!(peer.at_end());
    // No reset, as long as the peer has not closed its side: a tenth of the time it is given.
    let closed = Instant::now();
    while closed.elapsed() < Duration::from_millis(100) {
        peer.say("and more");
    }
    drop(peer);
    transport.expect_exit();
}

#[test]
fn it_ends_a_chat_with_another_transport() {
    let (mut listener, connector) = chatting();
    connector.end();
    listener.peer_gone("left");
    listener.end();
}

#[test]
fn it_ends_with_texts_that_still_wait_for_their_turn() {
    let (listener, mut connector) = chatting();
    for _ in 0..100 {
        connector.ask(json!({"type":"send","payload":"x".repeat(3000)}));
    }
    connector.end();
    drop(listener);
}

/// A transport whose supervisor reads no more, and whose peer sent as much as went in.
fn flooded() -> (Transport, Peer) {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    let limit = Duration::from_secs(1);
    peer.stream.set_write_timeout(Some(limit)).expect("set");
    let tokens = peer.token(&"x".repeat(3000)).repeat(16);
    let mut sent = 0;
    let stopped = loop {
        match peer.stream.write(tokens.as_bytes()) {
            // Torn tokens do not matter: nobody reads as far.
            Ok(written) => sent += written,
            Err(error) => break error.kind(),
        }
        assert!(
            sent < FLOOD,
            "a supervisor that does not read must stop the peer"
        );
    };
    assert!(
        matches!(stopped, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{stopped}"
    );
    (transport, peer)
}

#[test]
fn it_ends_while_stdout_is_blocked() {
    let (transport, _peer) = flooded();
    transport.end();
}

#[test]
fn a_broken_stdout_ends_it_quietly() {
    let (mut transport, _peer) = flooded();
    transport.stop_reading();
    transport.expect_exit();
}

#[test]
fn a_broken_stdout_is_noticed_at_the_next_word() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    transport.stop_reading();
    // The first is read by the test's own thread, which leaves then.
    for _ in 0..2 {
        peer.say("is anybody there?");
    }
    let until = Instant::now() + support::DEADLINE;
    while peer
        .stream
        .write_all(peer.token("hello?").as_bytes())
        .is_ok()
    {
        assert!(Instant::now() < until);
        std::thread::yield_now();
    }
    transport.expect_exit();
}

#[test]
fn a_caller_is_let_go_when_stdin_ends() {
    let mut transport = Transport::start();
    let port = transport.listen();
    let caller = call(port);
    transport.end();
    // In good order, or reset where the call was not even taken yet; but not left waiting.
    let mut rest = Vec::new();
    match (&caller).read_to_end(&mut rest) {
        Ok(bytes) => assert!(bytes <= 44, "the key and nothing else"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}
