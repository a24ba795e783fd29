//! Chats without a code: both sides compare words before anything is said.

mod support;

use std::time::{Duration, Instant};

use p2p_chat_secure_channel::{CloseReason, Event, Message, Proof};
use serde_json::{Value, json};
use support::{Caller, Source, Transport, random};

/// Two transports that have words to compare, and what each shows.
struct Comparing {
    listener: Transport,
    connector: Transport,
    listener_shows: String,
    connector_shows: String,
}

fn comparing() -> Comparing {
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let (port, listening) = listener.listen_with(json!({"mode":"words"}));
    assert_eq!(listening["passcode"], Value::Null);
    connector.connect_with(port, json!({"mode":"words"}));
    let shows = |side: &mut Transport| {
        let connected = side.event_after_state("peer_connected");
        assert_eq!(connected["verification"], "unverified");
        let needed = side.event("verification_needed");
        assert_eq!(needed["ask"], 3);
        needed["show"].as_str().expect("words").to_owned()
    };
    Comparing {
        connector_shows: shows(&mut connector),
        listener_shows: shows(&mut listener),
        listener,
        connector,
    }
}

fn verify(words: &str) -> Value {
    json!({"type":"verify","words":words})
}

/// A verified chat; the tickets of both sides.
fn verified(chat: &mut Comparing) -> [Value; 2] {
    chat.connector.expect(verify(&chat.listener_shows), "ok");
    chat.listener.expect(verify(&chat.connector_shows), "ok");
    [&mut chat.listener, &mut chat.connector].map(|side| {
        let mut tickets = Value::Null;
        loop {
            let event = side.any_event();
            match event["type"].as_str() {
                Some("tickets") => tickets = event["tickets"].clone(),
                Some("peer_connected") => {
                    assert_eq!(event["verification"], "words");
                    return tickets;
                }
                Some("listening") => {}
                _ => panic!("unexpected event {event}"),
            }
        }
    })
}

#[test]
fn both_type_what_they_hear_and_then_they_chat() {
    let mut chat = comparing();
    let tickets = verified(&mut chat);
    assert!(
        tickets
            .iter()
            .all(|tickets| tickets[0]["verification"] == "words")
    );
    chat.connector.send(json!("hello"));
    assert_eq!(
        chat.listener.event_after_state("received")["payload"],
        "hello"
    );
    chat.listener.send(json!("hi"));
    assert_eq!(chat.connector.receive(), "hi");
}

#[test]
fn nothing_is_sent_before_both_are_verified() {
    let mut chat = comparing();
    let send = json!({"type":"send","payload":"x"});
    chat.connector.refused(send.clone(), "not_verified");
    chat.connector.expect(verify(&chat.listener_shows), "ok");
    chat.connector.refused(send, "not_verified");
    // Its own part is done; now it is the other side's turn.
    chat.connector.refused(verify("a b c"), "unavailable");
}

#[test]
fn three_letters_of_each_word_are_enough_and_what_is_no_word_costs_nothing() {
    let mut chat = comparing();
    for _ in 0..5 {
        let sentence = chat.connector.refused(verify("only two"), "bad_code");
        assert!(sentence.contains("No try was lost."), "{sentence}");
    }
    let short = chat.listener_shows.split(' ').map(|word| &word[..3]);
    let short = short.collect::<Vec<_>>().join(" ");
    chat.connector.expect(verify(&short.to_uppercase()), "ok");
}

#[test]
fn the_third_wrong_entry_ends_the_chat_and_the_listening() {
    let mut chat = comparing();
    let wrong = verify(&chat.listener_shows);
    for left in ["2 tries left", "1 try left"] {
        let sentence = chat.listener.refused(wrong.clone(), "wrong_code");
        assert!(sentence.contains(left), "{sentence}");
    }
    chat.listener.refused(wrong, "wrong_code");
    chat.listener.event_after_state("peer_disconnected");
    chat.connector.peer_gone("rejected");
    // It is idle: it listens no more.
    chat.listener.listen_with(json!({"mode":"words"}));
}

#[test]
fn wrong_entries_of_one_listen_count_together_over_a_cut() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with(json!({"mode":"words"}));
    for left in [Some("2 tries left"), Some("1 try left"), None] {
        let member = Caller::call(port).join(Proof::Words).expect("let in");
        listener.event_after_state("peer_connected");
        listener.event("verification_needed");
        let sentence = listener.refused(verify("zoo zoo zoo"), "wrong_code");
        let Some(left) = left else { break };
        assert!(sentence.contains(left), "{sentence}");
        drop(member);
        let gone = listener.event_after_state("peer_disconnected");
        assert_eq!(gone["reason"], "cut");
    }
    let gone = listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "rejected");
    let called = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(called.is_err(), "nobody listens any more");
}

#[test]
fn new_words_make_a_handshake_begun_before_them_void() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with(json!({"mode":"words"}));
    let mut old = Caller::call(port);
    let state = old.greet(Proof::Words);
    let hello_l = old.read(Message::HelloL).expect("an answer");
    listener.expect(json!({"type":"new_code"}), "listening");
    let (auth_c, _) = state.receive(&hello_l).ok().expect("a good answer");
    old.write(&auth_c);
    old.closed();
    assert!(Caller::call(port).join(Proof::Words).is_some());
}

#[test]
fn who_rejects_the_peer_ends_it_for_both() {
    let mut chat = comparing();
    let id = chat.connector.ask(json!({"type":"reject"}));
    chat.connector.peer_gone("rejected");
    assert_eq!(chat.connector.reply(id)["type"], "ok");
    let gone = chat.listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "rejected");
    chat.listener.listen_with(json!({"mode":"words"}));
}

#[test]
fn an_unverified_chat_leaves_no_ticket_and_the_next_may_come() {
    let mut chat = comparing();
    chat.connector.kill();
    let gone = chat.listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "cut");
    let address = chat
        .listener
        .expect(json!({"type":"new_code"}), "listening");
    let port = support::port_of(address["addresses"][0].as_str().expect("an address"));
    let mut connector = Transport::start();
    connector.connect_with(port, json!({"mode":"words"}));
    connector.event("peer_connected");
    assert_eq!(
        chat.listener.event_after_state("peer_connected")["resumed"],
        false
    );
}

#[test]
fn a_chat_verified_by_words_is_so_after_a_resume() {
    let mut chat = comparing();
    let address = chat
        .connector
        .expect(json!({"type":"verify","words":"a"}), "error");
    assert_eq!(address["code"], "bad_code");
    let [listener_tickets, connector_tickets] = verified(&mut chat);
    let Comparing {
        listener,
        connector,
        ..
    } = chat;
    connector.kill();
    listener.kill();
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let resume = |tickets| json!({"mode":"resume","tickets":tickets});
    let (port, _) = listener.listen_with(resume(listener_tickets));
    connector.connect_with(port, resume(connector_tickets));
    for side in [&mut listener, &mut connector] {
        let connected = side.event_after_state("peer_connected");
        assert_eq!(connected["verification"], "words");
        assert_eq!(connected["resumed"], true);
    }
    connector.send(json!("hello"));
    assert_eq!(listener.event_after_state("received")["payload"], "hello");
}

#[test]
fn a_second_caller_is_closed_while_words_are_compared() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with(json!({"mode":"words"}));
    let _first = Caller::call(port).join(Proof::Words).expect("let in");
    listener.event_after_state("peer_connected");
    let mut second = Caller::call(port);
    second.greet(Proof::Words);
    second.closed();
}

#[test]
fn who_says_goodbye_before_the_words_are_compared_has_left() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with(json!({"mode":"words"}));
    let mut member = Caller::call(port).join(Proof::Words).expect("let in");
    listener.event_after_state("peer_connected");
    listener.event("verification_needed");
    member
        .channel
        .close(CloseReason::Left, 0, &mut random(), &mut member.out);
    member.flush();
    let gone = listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "left");
    let mut events = std::iter::from_fn(|| member.event());
    assert!(events.any(|event| matches!(event, Event::Closed(Some(_)))));
}

#[test]
fn ten_strangers_a_second_apart_are_counted_and_no_eleventh_is_answered() {
    let mut listener = Transport::start();
    let (port, listening) = listener.listen_with(json!({"mode":"words"}));
    assert_eq!(listening["guesses_left"], Value::Null, "there is no code");
    let mut last: Option<Instant> = None;
    for n in 0..10 {
        let mut caller = Caller::call_from(Source(3, n + 1), port);
        caller.greet(Proof::Words);
        caller.read(Message::HelloL).expect("an answer");
        let answered = Instant::now();
        if let Some(last) = last {
            assert!(answered - last > Duration::from_millis(950));
        }
        last = Some(answered);
        drop(caller);
        let failed = listener.event_after_state("authentication_failed");
        assert_eq!(failed["guesses_left"], Value::Null);
        assert_eq!(failed["handshakes_left"], 9 - n);
    }
    // The listen has ended, and says so.
    let sentence = listener.event_after_state("error");
    assert_eq!(sentence["code"], "unavailable");
    let called = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(called.is_err(), "nobody listens any more");
    listener.listen_with(json!({"mode":"words"}));
}
