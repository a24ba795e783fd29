//! What strangers can do to a listener: five tries together, nothing learnt, nobody kept out.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use p2p_chat_secure_channel::{Message, Proof};
use serde_json::{Value, json};
use support::{Caller, Source, Transport, another_code, proof_of};

/// From the last byte of a message that fails to the close.
const BEFORE_CLOSE: Duration = Duration::from_millis(250);

/// For the close to be noticed on a busy machine.
const SLACK: Duration = Duration::from_millis(400);

/// Reads events until the code is dead; the addresses and tries of those who failed.
fn failures(listener: &mut Transport) -> Vec<(String, u64)> {
    let mut failures = Vec::new();
    loop {
        let event = listener.any_event();
        match event["type"].as_str() {
            Some("authentication_failed") => failures.push((
                event["address"].as_str().expect("an address").to_owned(),
                event["guesses_left"].as_u64().expect("a number"),
            )),
            Some("listening") if event["passcode"].is_null() => {
                assert_eq!(event["guesses_left"], 0);
                return failures;
            }
            Some("listening") => {}
            _ => panic!("unexpected event {event}"),
        }
    }
}

/// Calls with a wrong code; whether there was an answer, and whether he was let in.
fn guess(source: Source, port: u16, code: &str) -> (bool, bool) {
    let mut caller = Caller::call_from(source, port);
    let hello = caller.try_greet(another_code(code));
    let Some(state) = hello.and_then(|state| caller.prove(state)) else {
        return (false, false);
    };
    (true, caller.enter(state).is_some())
}

#[test]
fn a_hundred_parallel_wrong_callers_have_five_tries_together() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let guessers: Vec<_> = (0..100)
        .map(|n| {
            let code = code.clone();
            thread::spawn(move || {
                let guesses = (0..3).map(|_| guess(Source(n / 50, 10 + n % 50), port, &code));
                guesses.collect::<Vec<_>>()
            })
        })
        .collect();
    let failed = failures(&mut listener);
    let tries: Vec<u64> = failed.iter().map(|(_, left)| *left).collect();
    assert_eq!(tries, [4, 3, 2, 1, 0]);
    for guesser in guessers {
        let guesses = guesser.join().expect("no panic");
        assert!(guesses.iter().all(|(_, entered)| !entered));
    }
    // Also not with the right code.
    let mut late = Caller::call(port);
    late.greet(proof_of(&code));
    late.closed();
    no_more_failures(&mut listener);
}

/// No sixth is told of, however long one waits: what came before the reply is all there is.
fn no_more_failures(listener: &mut Transport) {
    let id = listener.ask(json!({"type":"verify","words":"x"}));
    listener.reply(id);
    while let Some(event) = listener.unread_event() {
        assert_eq!(event["type"], "listening", "{event}");
    }
}

#[test]
fn a_transport_killed_in_between_takes_its_code_with_it() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    for left in [4, 3] {
        assert_eq!(guess(Source(0, left), port, &code), (true, false));
        let failed = listener.event_after_state("authentication_failed");
        assert_eq!(failed["guesses_left"], left);
    }
    listener.kill();
    let mut next = Transport::start();
    let request = json!({"type":"listen","port":port,"bind":"127.0.0.1",
        "auth":{"mode":"resume"}});
    let listening = next.expect(request, "listening");
    assert_eq!(listening["passcode"], Value::Null);
    for proof in [proof_of(&code), another_code(&code)] {
        let mut caller = Caller::call(port);
        caller.greet(proof);
        caller.closed();
    }
    no_more_failures(&mut next);
}

#[test]
fn new_code_gives_five_more_tries_and_the_old_code_is_dead() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    for n in 0..5 {
        assert_eq!(guess(Source(0, n), port, &code), (true, false));
    }
    failures(&mut listener);
    let listening = listener.expect(json!({"type":"new_code"}), "listening");
    assert_eq!(listening["guesses_left"], 5);
    let new = listening["passcode"].as_str().expect("a code");
    assert_ne!(new, code);
    assert_eq!(guess(Source(0, 9), port, new), (true, false));
    let failed = listener.event_after_state("authentication_failed");
    assert_eq!(failed["guesses_left"], 4);
    assert!(Caller::call(port).join(proof_of(new)).is_some());
}

#[test]
fn a_handshake_begun_with_a_former_code_costs_no_try_of_the_new_one() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut old = Caller::call(port);
    let state = old.greet(proof_of(&code));
    let hello_l = old.read(Message::HelloL).expect("an answer");
    let listening = listener.expect(json!({"type":"new_code"}), "listening");
    let (auth_c, _) = state.receive(&hello_l).ok().expect("a good answer");
    old.write(&auth_c);
    old.closed();
    let new = listening["passcode"].as_str().expect("a code").to_owned();
    no_more_failures(&mut listener);
    assert!(Caller::call(port).join(proof_of(&new)).is_some());
}

#[test]
fn all_failures_look_alike() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let hello = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut hello = hello_c(proof_of(&code));
        spoil(&mut hello);
        hello
    };
    let firsts = [
        ("a length that is none", vec![0xff, 0xff]),
        ("an http request", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("another magic", hello(&|h| h[2] = b'Q')),
        ("another version", hello(&|h| h[6] = 2)),
        ("another suite", hello(&|h| h[7] = 2)),
        ("no such mode", hello(&|h| h[8] = 3)),
        ("another mode", hello(&|h| h[8] = 0)),
        (
            "an unknown ticket",
            hello_c(Proof::Ticket(stranger_ticket())),
        ),
        ("a byte that must be zero", hello(&|h| h[9] = 1)),
        ("no point", hello(&|h| h[1274..].fill(0xff))),
        ("the identity", hello(&|h| h[1274..].fill(0))),
        ("a byte too much", hello(&|h| h.push(0))),
    ];
    for (what, first) in firsts {
        let mut caller = Caller::call(port);
        caller.write(&first);
        let sent = Instant::now();
        let took = caller.closed() - sent;
        assert!(took > BEFORE_CLOSE - SLACK / 10, "{what}: after {took:?}");
        assert!(took < BEFORE_CLOSE + SLACK, "{what}: after {took:?}");
    }
    for (what, first_half) in [("a wrong tag", false), ("a wrong commit", true)] {
        let mut caller = Caller::call(port);
        let state = caller.greet(proof_of(&code));
        let hello_l = caller.read(Message::HelloL).expect("an answer");
        let (mut auth_c, _) = state.receive(&hello_l).ok().expect("a good answer");
        auth_c[if first_half { 2 } else { 65 }] ^= 1;
        caller.write(&auth_c);
        let sent = Instant::now();
        let took = caller.closed() - sent;
        assert!(took > BEFORE_CLOSE - SLACK / 10, "{what}: after {took:?}");
        assert!(took < BEFORE_CLOSE + SLACK, "{what}: after {took:?}");
        listener.event_after_state("authentication_failed");
    }
    // None but the last two cost a try.
    no_more_failures(&mut listener);
    assert!(Caller::call(port).join(proof_of(&code)).is_some());
}

fn hello_c(proof: Proof) -> Vec<u8> {
    let hello = p2p_chat_secure_channel::connect(proof, &mut support::random());
    hello.expect("a ticket of role connector").0
}

fn stranger_ticket() -> p2p_chat_secure_channel::Ticket {
    use p2p_chat_secure_channel::{Ticket, TicketRole, Verification};
    Ticket::new([7; 16], &[8; 64], TicketRole::Connector, Verification::Code)
}

#[test]
fn who_speaks_before_his_turn_is_closed_unanswered() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut caller = Caller::call(port);
    let state = caller.greet(proof_of(&code));
    let hello_l = caller.read(Message::HelloL).expect("an answer");
    let (mut auth_c, _) = state.receive(&hello_l).ok().expect("a good answer");
    auth_c.push(0);
    caller.write(&auth_c);
    caller.closed();
    no_more_failures(&mut listener);
}
