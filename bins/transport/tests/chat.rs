//! Two transports, or one and a peer made by hand, that chat.

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Peer, Transport, chatting, listener};

#[test]
fn two_transports_chat_both_ways() {
    let (mut listener, mut connector) = chatting();
    connector.say("hello");
    assert_eq!(listener.hear(), "hello");
    listener.say("hi \u{1f525}\n\u{1b}[m");
    assert_eq!(connector.hear(), "hi \u{1f525}\n\u{1b}[m");
    listener.log("DEBUG Sent key length: 44 bytes");
    listener.log("DEBUG Received 100 bytes of encrypted data");
    connector.log("DEBUG Received key length: 44 bytes");
    connector.log("DEBUG [+] Received encryption key from peer");
}

#[test]
fn both_sides_are_told_who_is_connected() {
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let address = format!("127.0.0.1:{}", listener.listen());
    connector.connect(&[&address]);
    let outgoing = connector.event("peer_connected");
    let incoming = listener.event("peer_connected");
    assert_eq!(outgoing["address"], address);
    assert_eq!(incoming["local_address"], address);
    assert_eq!(outgoing["local_address"], incoming["address"]);
    assert_eq!(outgoing["direction"], "outgoing");
    assert_eq!(incoming["direction"], "incoming");
    assert_eq!(incoming["verification"], "insecure");
}

#[test]
fn a_burst_of_fifty_texts_arrives_whole_and_in_order() {
    let (mut listener, mut connector) = chatting();
    let texts: Vec<String> = (0..50).map(|n| format!("text {n}")).collect();
    let send = |text: &String| connector.ask(json!({"type":"send","payload":text}));
    let ids: Vec<u64> = texts.iter().map(send).collect();
    for text in &texts {
        assert_eq!(&listener.hear(), text);
    }
    for id in ids {
        assert_eq!(connector.reply(id)["type"], "ok");
    }
}

#[test]
fn the_longest_text_arrives_in_pieces_that_make_it_whole() {
    let (mut listener, mut connector) = chatting();
    let text = "\u{20ac}uro".repeat(32_768 / 6);
    let id = connector.ask(json!({"type":"send","payload":text}));
    let mut heard = String::new();
    while heard.len() < text.len() {
        heard += &listener.hear();
    }
    assert_eq!(heard, text);
    assert_eq!(connector.reply(id)["type"], "ok");
    let refusal = connector.refused(
        json!({"type":"send","payload":"x".repeat(32_769)}),
        "too_large",
    );
    assert!(refusal.contains("32769"), "{refusal}");
    connector.say("still here");
    assert_eq!(listener.hear(), "still here");
}

#[test]
fn a_peer_that_takes_every_read_for_a_token_gets_all_of_them() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let mut peer = Peer::answer(&ear);
    transport.event("peer_connected");
    for n in 0..10 {
        transport.ask(json!({"type":"send","payload":format!("text {n}")}));
    }
    for n in 0..10 {
        assert_eq!(peer.hear(), format!("text {n}"));
    }
}

#[test]
fn nothing_is_sent_right_after_the_key() {
    let mut transport = Transport::start();
    let port = transport.listen();
    let mut peer = Peer::call(port);
    let key_came = Instant::now();
    peer.say("hello");
    transport.event("peer_connected");
    transport.ask(json!({"type":"send","payload":"hi"}));
    assert_eq!(peer.hear(), "hi");
    // Less than the 100 ms that pass at the sender: the key was on its way for a while.
    assert!(key_came.elapsed() > Duration::from_millis(80));
}

#[test]
fn tokens_that_arrive_together_or_in_pieces_are_single_texts() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    let texts: Vec<String> = (0..60).map(|n| "x".repeat(n)).collect();
    let tokens: String = texts.iter().map(|text| peer.token(text)).collect();
    peer.stream.write_all(tokens.as_bytes()).expect("sent");
    transport.event("peer_connected");
    for text in &texts {
        assert_eq!(&transport.hear(), text);
    }
    let token = peer.token("in two pieces");
    let (head, tail) = token.as_bytes().split_at(50);
    peer.stream.set_nodelay(true).expect("set");
    peer.stream.write_all(head).expect("sent");
    transport.undisturbed();
    peer.stream.write_all(tail).expect("sent");
    assert_eq!(transport.hear(), "in two pieces");
}

#[test]
fn disconnect_ends_the_chat_in_good_order_on_both_sides() {
    let (mut listener, mut connector) = chatting();
    connector.say("bye");
    let id = connector.ask(json!({"type":"disconnect"}));
    connector.peer_gone("ended");
    assert_eq!(connector.reply(id)["type"], "ok");
    assert_eq!(listener.hear(), "bye");
    listener.peer_gone("left");
    // Both can chat again: the listener still listens.
    listener.refused(
        json!({"type":"listen","port":0,"auth":{"mode":"legacy"}}),
        "busy",
    );
    connector.refused(json!({"type":"send","payload":"x"}), "not_connected");
}

#[test]
fn what_was_written_before_the_end_arrives_at_a_peer_that_goes_on_sending() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    transport.say("last words");
    transport.expect(json!({"type":"disconnect"}), "ok");
    assert_eq!(peer.hear(), "last words");
    assert!(peer.at_end());
    // A socket that is closed for good answers the first with a reset, which on other systems
    // wipes what was not read yet; the second would fail.
    peer.say("and more");
    peer.say("and more");
}

#[test]
fn texts_that_still_wait_when_the_peer_goes_are_refused() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    let send = |n: u64| json!({"type":"send","payload":format!("text {n}")});
    let ids: Vec<u64> = (0..20).map(|n| transport.ask(send(n))).collect();
    peer.hear();
    drop(peer);
    let replies: Vec<_> = ids.iter().map(|&id| transport.reply(id)).collect();
    assert_eq!(replies[0]["type"], "ok");
    assert_eq!(replies[19]["code"], "not_connected");
    transport.event("peer_disconnected");
}

#[test]
fn a_text_torn_by_the_end_means_that_the_line_was_cut() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    let token = peer.token("torn");
    peer.stream
        .write_all(&token.as_bytes()[..50])
        .expect("sent");
    drop(peer);
    transport.event("peer_connected");
    assert_eq!(transport.hear(), "hello");
    transport.peer_gone("cut");
}

#[test]
fn a_reset_means_that_the_line_was_cut() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    let socket = socket2::SockRef::from(&peer.stream);
    socket.set_linger(Some(Duration::ZERO)).expect("set");
    drop(peer);
    transport.peer_gone("cut");
}

#[test]
fn too_many_waiting_texts_are_refused_and_the_rest_goes_on() {
    let mut transport = Transport::start();
    let mut peer = Peer::call(transport.listen());
    peer.say("hello");
    transport.event("peer_connected");
    transport.hear();
    let big = json!({"type":"send","payload":"x".repeat(32_768)});
    let ids: Vec<u64> = (0..40).map(|_| transport.ask(big.clone())).collect();
    let refused = transport.reply(ids[39]);
    assert_eq!(refused["code"], "queue_full", "{refused}");
    assert_eq!(peer.hear(), "x".repeat(3007));
}
