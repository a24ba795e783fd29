//! How many strangers may stand at a secure listener's door, for how long, and who makes room.

mod support;

use std::time::{Duration, Instant};

use p2p_chat_secure_channel::{Message, connect};
use serde_json::json;
use support::{Caller, Source, Transport, another_code, proof_of, random};

/// A caller for whom there is no place is closed much sooner than one whose message failed.
const AT_ONCE: Duration = BEFORE_CLOSE;

/// From the last byte of a message that failed to the close.
const BEFORE_CLOSE: Duration = Duration::from_millis(250);

/// What a clock may be read too early or too late by.
const TICK: Duration = Duration::from_millis(10);

#[test]
fn a_silent_caller_learns_nothing_and_is_closed_after_five_seconds() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with_code();
    let begun = Instant::now();
    let mut silent = Caller::call(port);
    let mut slow = Caller::call(port);
    slow.write(&[0x05]);
    for caller in [&mut silent, &mut slow] {
        let took = caller.closed() - begun;
        assert!(
            took > Duration::from_secs(4) && took < Duration::from_secs(8),
            "{took:?}"
        );
    }
    let told = listener.event("listening");
    assert_eq!(told["guesses_left"], 5);
    assert!(told["turned_away"].as_u64() >= Some(1), "{told}");
}

#[test]
fn who_was_answered_has_five_seconds_to_prove_himself() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut caller = Caller::call(port);
    caller.greet(proof_of(&code));
    caller.read(Message::HelloL).expect("an answer");
    let answered = Instant::now();
    let took = caller.closed() - answered;
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(8),
        "{took:?}"
    );
    drop(listener);
}

#[test]
fn a_thousand_idle_sockets_and_mad_lengths_keep_no_friend_out_and_cost_little() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    // The first use of anything costs memory once: a wrong code, a chat, a goodbye.
    let mut first = Caller::call_from(Source(200, 1), port);
    let state = first.greet(another_code(&code));
    assert!(first.prove(state).is_some());
    listener.event_after_state("authentication_failed");
    let mut guest = Caller::call(port).join(proof_of(&code)).expect("let in");
    guest.say("\"hello\"");
    listener.event_after_state("peer_connected");
    listener.event_after_state("received");
    drop(guest);
    listener.event_after_state("peer_disconnected");
    let listening = listener.expect(json!({"type":"new_code"}), "listening");
    let code = listening["passcode"].as_str().expect("a code");
    let before = listener.rss();
    let mut idle = Vec::new();
    for n in 0..1000_u32 {
        let source = Source((n / 250) as u8, (n % 250) as u8 + 1);
        let mut caller = Caller::call_from(source, port);
        if n % 3 == 1 {
            // It may have been closed for another already.
            let _ = caller.try_write(&[0xff; 64]);
        }
        idle.push(caller);
    }
    let from_one_source: Vec<_> = (0..20).map(|_| Caller::call(port)).collect();
    let mut friend = Caller::call_from(Source(201, 1), port)
        .join(proof_of(code))
        .expect("let in");
    listener.event_after_state("peer_connected");
    // The length of a record, 0xffffffff: nothing of that size is made room for.
    friend.caller.write(&[0xff; 4]);
    assert_eq!(friend.event().map(drop), None, "a cut");
    let gone = listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "cut");
    let grown = listener.rss().saturating_sub(before);
    println!("{grown} KiB more");
    assert!(grown <= 2048, "{grown} KiB more");
    drop((idle, from_one_source));
}

#[test]
fn eight_who_were_answered_are_not_replaced_and_a_ninth_is_closed_at_once() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut answered: Vec<_> = (1..=8)
        .map(|n| {
            let mut caller = Caller::call_from(Source(1, n), port);
            let state = caller.greet(proof_of(&code));
            let hello_l = caller.read(Message::HelloL).expect("an answer");
            (caller, state, hello_l)
        })
        .collect();
    let begun = Instant::now();
    let mut ninth = Caller::call_from(Source(1, 9), port);
    assert!(ninth.closed() - begun < AT_ONCE);
    assert!(answered.iter_mut().all(|(caller, ..)| caller.is_open()));
    // The first who proves himself wins; the others are closed unanswered.
    let (mut first, state, hello_l) = answered.remove(3);
    let (auth_c, state) = state.receive(&hello_l).ok().expect("a good answer");
    first.write(&auth_c);
    assert!(first.enter(state).is_some());
    for (caller, ..) in &mut answered {
        caller.closed();
    }
    drop(listener);
}

#[test]
fn a_ninth_source_replaces_the_oldest_who_is_silent() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut first = Caller::call_from(Source(4, 1), port);
    first.greet(proof_of(&code));
    first.read(Message::HelloL).expect("an answer");
    let mut silent: Vec<_> = (2..=8)
        .map(|n| Caller::call_from(Source(4, n), port))
        .collect();
    let mut ninth = Caller::call_from(Source(4, 9), port);
    silent.remove(0).closed();
    assert!(first.is_open() && ninth.is_open());
    assert!(silent.iter_mut().all(Caller::is_open));
    drop(listener);
}

#[test]
fn a_failed_caller_leaves_his_place_at_once_though_he_is_closed_later() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let mut failing: Vec<_> = (1..=8)
        .map(|n| Caller::call_from(Source(5, n), port))
        .collect();
    let (mut hello_c, _) = connect(proof_of(&code), &mut random()).expect("a code");
    hello_c[6] = 2;
    let begun = Instant::now();
    for caller in &mut failing {
        caller.write(&hello_c);
        listener.refused(json!({"type":"reject"}), "unavailable");
    }
    let mut ninth = Caller::call_from(Source(5, 9), port);
    ninth.greet(proof_of(&code));
    ninth.read(Message::HelloL).expect("an answer");
    let took = begun.elapsed();
    assert!(
        took < BEFORE_CLOSE,
        "so late that the others were closed: {took:?}"
    );
    for caller in &mut failing {
        let waited = caller.closed() - begun;
        assert!(waited > BEFORE_CLOSE, "closed after {waited:?}");
    }
}

#[test]
fn sixty_four_who_failed_are_closed_later_and_more_of_them_at_once() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with_code();
    // A flood that takes so long that its first are gone before its last come proves nothing.
    let waits = (0..5).find_map(|_| flood(&mut listener, port));
    let waits = waits.expect("this computer is too busy to tell");
    // At once is, on a busy computer, a little sooner than later.
    let late = waits.iter().filter(|wait| **wait > BEFORE_CLOSE - TICK);
    assert_eq!(late.count(), 64, "{waits:?}");
}

/// Eighty callers who fail, and how long each waits for the close; nothing where they were too slow.
fn flood(listener: &mut Transport, port: u16) -> Option<Vec<Duration>> {
    let begun = Instant::now();
    let callers: Vec<_> = (1..=80)
        .map(|n| {
            let mut caller = Caller::call_from(Source(6, n), port);
            caller.write(&[0xff; 2]);
            let sent = Instant::now();
            // An answer, so that it has also had the time for this caller.
            listener.refused(json!({"type":"reject"}), "unavailable");
            std::thread::spawn(move || caller.closed() - sent)
        })
        .collect();
    let in_time = begun.elapsed() < BEFORE_CLOSE;
    let waits = callers
        .into_iter()
        .map(|caller| caller.join().expect("closed"));
    let waits = waits.collect();
    in_time.then_some(waits)
}

#[test]
fn a_third_call_from_one_source_replaces_its_own_first_only() {
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with_code();
    let mut other = Caller::call_from(Source(2, 1), port);
    let mut first = Caller::call_from(Source(2, 2), port);
    let mut second = Caller::call_from(Source(2, 2), port);
    let mut third = Caller::call_from(Source(2, 2), port);
    first.closed();
    assert!(other.is_open() && second.is_open() && third.is_open());
    drop(listener);
}
