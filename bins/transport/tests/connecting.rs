//! Attempts to connect: those that succeed in roundabout ways, and those that fail.

mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Peer, Transport, accept, black_hole, listener};

#[test]
fn ipv4_ipv6_and_names_all_reach_a_listener() {
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let (mut listener, mut connector) = (Transport::start(), Transport::start());
        let port = listener.listen();
        connector.connect(&[&format!("{host}:{port}")]);
        connector.event("peer_connected");
        listener.event("peer_connected");
        connector.say(host);
        assert_eq!(listener.hear(), host);
    }
}

#[test]
fn an_address_that_does_not_answer_holds_up_the_next_one_only_shortly() {
    let (_socket, _queued, nowhere) = black_hole();
    let (ear, address) = listener();
    let mut transport = Transport::start();
    let begun = Instant::now();
    transport.connect(&[&nowhere, &address]);
    let _peer = Peer::answer(&ear);
    let connected = transport.event("peer_connected");
    assert_eq!(connected["address"], address);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_address_that_refuses_does_not_end_the_attempt() {
    let (refusing, refused) = listener();
    drop(refusing);
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&["nobody-here.invalid:8080", &refused, &address]);
    let _peer = Peer::answer(&ear);
    transport.event("peer_connected");
}

#[test]
fn a_port_where_nobody_listens_is_told_from_a_wrong_address() {
    let (nobody, address) = listener();
    drop(nobody);
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let sentence = transport.connect_failed("connection_refused");
    let expected = format!(
        "Connection refused: {address} answered, but nobody listens there. \
         Has your friend chosen [1] and is still waiting? Is the port right?"
    );
    assert_eq!(sentence, expected);
}

#[test]
fn a_name_that_nobody_has_is_told_by_its_value() {
    let mut transport = Transport::start();
    transport.connect(&["nobody-here.invalid:8080"]);
    let sentence = transport.connect_failed("name_not_found");
    let expected = "No computer is called \"nobody-here.invalid\". \
                    Check the spelling, or use the IP address.";
    assert_eq!(sentence, expected);
}

#[test]
fn an_attempt_without_answer_is_given_up_after_ten_seconds() {
    let (_socket, _queued, address) = black_hole();
    let mut transport = Transport::start();
    let begun = Instant::now();
    transport.connect(&[&address]);
    let sentence = transport.connect_failed("connection_timed_out");
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(15));
    let expected = format!(
        "Connection timed out: Unable to reach {address}. Usual causes: wrong address, \
         port not forwarded, a firewall. Or change roles: you choose [1], your friend [2]."
    );
    assert_eq!(sentence, expected);
}

#[test]
fn a_program_of_another_kind_is_recognized() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let mut stream = accept(&ear);
    let page = b"HTTP/1.1 400 Bad Request\r\nServer: example.net\r\n\r\n";
    stream.write_all(page).expect("sent");
    let sentence = transport.connect_failed("handshake_failed");
    let begins = format!("{address} answered, but it is no p2p-chat that accepts INSECURE chats.");
    assert!(sentence.starts_with(&begins), "{sentence}");
}

#[test]
fn a_program_that_says_nothing_probably_waits_for_a_code() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let _silent = accept(&ear);
    let sentence = transport.connect_failed("secure_peer");
    let expected = format!("{address} accepts no INSECURE chat: it sends no key.");
    assert!(sentence.starts_with(&expected), "{sentence}");
}

#[test]
fn a_program_that_hangs_up_is_told_from_others() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    drop(accept(&ear));
    let sentence = transport.connect_failed("handshake_failed");
    let begins = format!("{address} hung up before the chat began.");
    assert!(sentence.starts_with(&begins), "{sentence}");
}

#[test]
fn an_attempt_can_be_cancelled_and_leaves_nothing_behind() {
    let (_socket, _queued, nowhere) = black_hole();
    let mut transport = Transport::start();
    transport.connect(&[&nowhere]);
    let again = json!({"type":"connect","addresses":[nowhere],"auth":{"mode":"legacy"}});
    transport.refused(again, "busy");
    transport.expect(json!({"type":"disconnect"}), "ok");
    let (ear, address) = listener();
    transport.connect(&[&address]);
    let _peer = Peer::answer(&ear);
    // The first attempt's failure would come before this.
    transport.event("peer_connected");
}

#[test]
fn a_cancelled_attempt_hangs_up_at_once() {
    let (ear, address) = listener();
    let mut transport = Transport::start();
    transport.connect(&[&address]);
    let mut call = accept(&ear);
    let begun = Instant::now();
    transport.expect(json!({"type":"disconnect"}), "ok");
    assert!(matches!(call.read(&mut [0]), Ok(0)));
    // It would have given up by itself after five seconds.
    assert!(begun.elapsed() < Duration::from_secs(4));
    transport.undisturbed();
}

#[test]
fn what_is_no_address_is_refused_by_its_value() {
    let mut transport = Transport::start();
    for text in ["example.net", "192.0.2.1:0", "http://example.net:80"] {
        let request = json!({"type":"connect","addresses":[text],"auth":{"mode":"legacy"}});
        let sentence = transport.refused(request, "invalid_message");
        let begins = format!("{text:?} is no address.");
        assert!(sentence.starts_with(&begins), "{sentence}");
    }
    let none = json!({"type":"connect","addresses":[],"auth":{"mode":"legacy"}});
    transport.refused(none, "invalid_message");
}
