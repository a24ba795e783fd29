//! The same with whole programs: what people see.

use serde_json::json;

use crate::man_in_the_middle::{Message, To, Wires, man_in_the_middle};
use crate::p2pc::{P2pc, code};
use crate::people::{Invite, connect, listen, listen_on_screen, listener, words_on};
use crate::scene::Switch;

const HELLO: usize = 0;

const GUESS: &str = "aardvark aardvark aardvark";

const WRONG: &str = "The code was wrong, or somebody is between you and 127.0.0.1";
const HUNG_UP: &str = "hung up before the code was used";

#[test]
fn everything_passed_on_is_a_chat_on_both_screens() {
    let (mut listener, invite) = listen_on_screen(&[]);
    let middle = man_in_the_middle(invite.port, |message, wires| wires.pass(&message));
    let mut connector = connect(middle).on_screen();
    connector.expect("Code (three words or numbers):");
    connector.keys(&format!("{}\r", invite.code));
    connector.expect("(verified by code)");
    listener.expect("(verified by code)");
    connector.keys("from the connector\r");
    listener.expect("from the connector");
    listener.keys("from the listener\r");
    connector.expect("from the listener");
}

#[test]
fn somebody_who_guesses_is_refused_on_both_screens() {
    let name = "somebody_who_guesses_is_refused_on_both_screens";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    // He answers the connector himself, and calls the listener himself: first with a guess.
    let (listener, invite) = listen_on_screen(&[]);
    let mut answers = python.listen_falsely(GUESS);
    fails_on_screen(answers.port(), &invite, WRONG, 3);
    let mut calls = python.connect(invite.port, "code", code(GUESS));
    calls.event("refused");
    listener.expect("Wrong code from 127.0.0.1");
    listener.expect("4 tries left");

    // Then without: he sends what leads to the same key whatever the code is. Both see through it
    // before anything of the code is used.
    let mut answers = python.listen_without_a_guess();
    fails_on_screen(answers.port(), &invite, HUNG_UP, 69);
    let mut calls = python.connect_without_a_guess(invite.port);
    calls.event("refused");
    let screen = listener.text();
    assert!(!screen.contains("3 tries left"), "{screen}");
    assert!(!screen.contains("Connected"), "{screen}");
}

/// A connector at this port says why there is no chat.
fn fails_on_screen(port: u16, invite: &Invite, sentence: &str, exit: u32) {
    let mut connector = connect(port).on_screen();
    connector.expect("Code (three words or numbers):");
    connector.keys(&format!("{}\r", invite.code));
    connector.expect(sentence);
    assert_eq!(connector.exit_code(), exit);
    let screen = connector.text();
    assert!(!screen.contains("Connected"), "{screen}");
}

#[test]
fn somebody_between_two_without_a_code_is_heard_in_the_words() {
    let name = "somebody_between_two_without_a_code_is_heard_in_the_words";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    let (mut listener, invite) = listen_on_screen(&["--no-code"]);
    let mut answers = python.listen("words", None);
    let mut connector = connect(answers.port()).arg("--no-code").on_screen();
    let mut calls = python.connect(invite.port, "words", None);
    for peer in [&mut answers, &mut calls] {
        peer.event("connected");
        // He says that he is content.
        peer.order(json!({ "do": "record", "type": 7 }));
    }
    let (at_connector, at_listener) = (words_on(&connector), words_on(&listener));
    for left in ["2 tries left", "1 try left", ""] {
        connector.keys(&format!("{at_listener}\r")).expect(left);
        listener.keys(&format!("{at_connector}\r")).expect(left);
    }
    for peer in [&mut answers, &mut calls] {
        assert_eq!(peer.event("closed")["reason"], 1);
    }
    assert_eq!(connector.exit_code(), 3);
    for screen in [&connector, &listener] {
        assert!(
            !screen.text().contains("verified by words"),
            "{}",
            screen.text()
        );
    }
}

#[test]
fn who_hears_other_words_can_drop_the_peer_at_once() {
    let name = "who_hears_other_words_can_drop_the_peer_at_once";
    let Some(python) = P2pc::find(name) else {
        return;
    };
    let (mut listener, invite) = listen_on_screen(&["--no-code"]);
    let mut calls = python.connect(invite.port, "words", None);
    calls.event("connected");
    words_on(&listener);
    listener.keys("/reject\r");
    assert_eq!(calls.event("closed")["reason"], 1);
    // And nobody comes in after that.
    let mut again = python.connect(invite.port, "words", None);
    again.event("refused");
}

#[test]
fn after_a_changed_record_every_text_arrives_once() {
    texts_arrive_once(|mut message, wires| {
        message.flip(200, 1);
        wires.pass(&message);
    });
}

#[test]
fn after_a_cut_in_the_middle_of_a_record_every_text_arrives_once() {
    texts_arrive_once(|message, wires| {
        wires.send(message.connection, message.to, &message.bytes[..100]);
        wires.cut(message.connection);
    });
}

#[test]
fn after_a_record_sent_twice_every_text_arrives_once() {
    texts_arrive_once(|message, wires| {
        wires.pass(&message);
        wires.pass(&message);
    });
}

/// The third record after the first text is met by this, in both directions at once.
fn texts_arrive_once(mut attack: impl FnMut(Message, &Wires) + Send + 'static) {
    let (mut listener, invite) = listen(&[]);
    let begun = Switch::default();
    let (now, mut left) = (begun.clone(), [3; 2]);
    let middle = man_in_the_middle(invite.port, move |message, wires| {
        let left = &mut left[usize::from(message.to == To::Connector)];
        if now.is_on() && message.is_record() && *left > 0 {
            *left -= 1;
            if *left == 0 {
                return attack(message, wires);
            }
        }
        wires.pass(&message);
    });
    let mut connector = connect(middle).piped();
    connector.line(&invite.code);
    connector.line("first");
    listener.expect("[peer 127.0.0.1] first");
    begun.turn_on();
    let texts: Vec<_> = (1..=20).map(|n| format!("text {n} of twenty")).collect();
    for text in &texts {
        connector.line(text);
        listener.line(text);
    }
    for side in [&listener, &connector] {
        side.expect("[peer 127.0.0.1] text 20 of twenty");
        let said = side.stdout.so_far();
        let texts_shown = said
            .lines()
            .filter_map(|row| row.strip_prefix("[peer 127.0.0.1] text "));
        let numbers: Vec<_> = texts_shown.map(str::to_owned).collect();
        let expected: Vec<_> = (1..=20).map(|n| format!("{n} of twenty")).collect();
        assert_eq!(numbers, expected);
    }
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
}

#[test]
fn a_caller_who_sees_no_words_is_counted_and_not_called_a_wrong_code() {
    let listener = listener().arg("--no-code").piped();
    let port = listener.port();
    let middle = man_in_the_middle(port, |message, wires| {
        if message.is(To::Connector, HELLO) {
            wires.cut(message.connection);
        } else {
            wires.pass(&message);
        }
    });
    let mut stranger = connect(middle).arg("--no-code").piped();
    assert_eq!(stranger.exit_code(), Some(69));
    listener.expect("127.0.0.1 called and hung up before there were words to compare. 9 more may");
    let friend = connect(port).arg("--no-code").piped();
    friend.expect("Your words: ");
    listener.expect("Your words: ");
    let said = listener.stdout.so_far();
    assert!(!said.contains("rong code"), "{said}");
}
