//! Who of several callers is the peer, with real sockets. The rule itself is tested in `seat`.

mod support;

use std::io::Write;

use serde_json::json;
use support::{Peer, Transport, call, chatting, turned_away};

#[test]
fn a_second_caller_is_turned_away_and_the_chat_goes_on() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let mut peer = Peer::call(port);
    peer.say("hello");
    listener.event("peer_connected");
    assert_eq!(listener.hear(), "hello");
    for _ in 0..20 {
        assert!(turned_away(call(port)));
    }
    listener.undisturbed();
    listener.say("still here");
    assert_eq!(peer.hear(), "still here");
}

#[test]
fn a_silent_caller_gives_way_to_one_who_speaks() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let _silent = Peer::call(port);
    listener.event("peer_connected");
    let mut speaks = Peer::call(port);
    let address = speaks.stream.local_addr().expect("connected").to_string();
    speaks.say("it is me");
    listener.peer_gone("replaced");
    assert_eq!(listener.event("peer_connected")["address"], address);
    assert_eq!(listener.hear(), "it is me");
}

#[test]
fn a_silent_caller_gives_way_to_one_who_stays_after_some_seconds() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let mut silent = Peer::call(port);
    listener.event("peer_connected");
    let _stays = Peer::call(port);
    listener.peer_gone("replaced");
    listener.event("peer_connected");
    assert!(silent.at_end());
}

#[test]
fn eight_silent_callers_keep_nobody_out() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let _silent: Vec<_> = (0..8).map(|_| Peer::call(port)).collect();
    listener.event("peer_connected");
    let mut speaks = Peer::call(port);
    speaks.say("it is me");
    listener.peer_gone("replaced");
    listener.event("peer_connected");
    assert_eq!(listener.hear(), "it is me");
}

#[test]
fn callers_who_hang_up_or_send_rubbish_are_never_heard_of() {
    let mut listener = Transport::start();
    let port = listener.listen();
    drop(call(port));
    let mut rubbish = call(port);
    rubbish.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
    let address = rubbish.local_addr().expect("connected");
    listener.log(&format!("DEBUG turned away {address} (2 so far)"));
    listener.undisturbed();
    let mut peer = Peer::call(port);
    peer.say("hello");
    listener.event("peer_connected");
    assert_eq!(listener.hear(), "hello");
}

#[test]
fn a_silent_peer_that_sends_rubbish_is_dropped_and_the_next_may_come() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let mut rubbish = Peer::call(port);
    listener.event("peer_connected");
    rubbish.stream.write_all(b"rubbish!").expect("sent");
    listener.peer_gone("protocol_error");
    let _next = Peer::call(port);
    listener.event("peer_connected");
}

#[test]
fn a_chat_goes_on_when_the_listening_stops() {
    let mut listener = Transport::start();
    let port = listener.listen();
    let mut peer = Peer::call(port);
    peer.say("hello");
    listener.event("peer_connected");
    listener.hear();
    listener.expect(json!({"type":"stop_listening"}), "ok");
    let called = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(called.is_err(), "nobody listens any more");
    listener.say("still here");
    assert_eq!(peer.hear(), "still here");
    drop(peer);
    listener.event("peer_disconnected");
    assert_ne!(listener.listen(), 0, "it is idle again");
}

#[test]
fn the_next_caller_can_be_the_peer_when_one_has_left() {
    let (mut listener, mut connector) = chatting();
    connector.say("hello");
    listener.hear();
    connector.expect(json!({"type":"disconnect"}), "ok");
    listener.peer_gone("left");
    let port = {
        listener.expect(json!({"type":"disconnect"}), "ok");
        listener.listen()
    };
    for _ in 0..3 {
        let mut peer = Peer::call(port);
        peer.say("me again");
        listener.event("peer_connected");
        listener.hear();
        drop(peer);
        listener.peer_gone("left");
    }
}
