//! Records are changed, swapped, sent twice, left out, sent back, and sent into another session.

use serde_json::{Value, json};

use crate::man_in_the_middle::{Message, To, Wires};
use crate::scene::{Scene, Switch, with_each};

/// A short text's record has so many characters.
const TOKEN: usize = 396;

type Meddler = Box<dyn FnMut(Message, &Wires) + Send>;

/// What is done to the first record of two, and how many of the two texts arrive.
type Attack = (fn() -> Meddler, usize);

const ATTACKS: [Attack; 11] = [
    (|| changed(0, 1), 0),
    (|| changed(1, 2), 0),
    (|| changed(20, 1), 0),
    (|| changed(TOKEN / 2, 4), 0),
    (|| changed(TOKEN - 1, 1), 0),
    (swapped, 0),
    (twice, 1),
    (left_out, 0),
    (sent_back, 0),
    (another_length, 0),
    (another_alphabet, 0),
];

#[test]
fn a_record_that_was_tampered_with_is_a_cut_and_nothing_of_it_is_shown() {
    let all = [To::Listener, To::Connector].map(|to| ATTACKS.map(|attack| (to, attack)));
    with_each(all.as_flattened(), |(to, (attack, arrive))| {
        let begun = Switch::default();
        let (now, mut meddle) = (begun.clone(), attack());
        let mut scene = Scene::chatting(move |message, wires| {
            if now.is_on() && message.to == to {
                meddle(message, wires);
            } else {
                wires.pass(&message);
            }
        });
        begun.turn_on();
        let sender = match to {
            To::Listener => &mut scene.connector,
            To::Connector => &mut scene.listener,
        };
        for text in ["first", "second"] {
            sender.ask_only(json!({ "type": "send", "payload": text }));
        }
        let receiver = match to {
            To::Listener => &scene.listener,
            To::Connector => &scene.connector,
        };
        let before = receiver.process.so_far("received").len();
        assert_eq!(before, 1);
        scene.resumes();
        let receiver = match to {
            To::Listener => &scene.listener,
            To::Connector => &scene.connector,
        };
        let shown = receiver.process.so_far("received");
        let shown: Vec<_> = shown.iter().map(|event| &event["payload"]).collect();
        let mut expected = vec![Value::from(if to == To::Listener {
            "hello"
        } else {
            "welcome"
        })];
        expected.extend((0..arrive).map(|n| Value::from(["first", "second"][n])));
        expected.extend((to == To::Listener).then(|| Value::from("back")));
        assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    });
}

/// From here on he is honest again.
fn then_pass(mut first: impl FnMut(Message, &Wires) + Send + 'static) -> Meddler {
    let mut done = false;
    Box::new(move |message, wires| {
        if done {
            wires.pass(&message);
        } else {
            done = true;
            first(message, wires);
        }
    })
}

fn changed(at: usize, bits: u8) -> Meddler {
    then_pass(move |mut message, wires| {
        message.flip(at, bits);
        wires.pass(&message);
    })
}

fn swapped() -> Meddler {
    let mut held: Option<Message> = None;
    Box::new(move |message, wires| match held.take() {
        None => held = Some(message),
        Some(first) => {
            wires.pass(&message);
            wires.pass(&first);
        }
    })
}

fn twice() -> Meddler {
    then_pass(|message, wires| {
        wires.pass(&message);
        wires.pass(&message);
    })
}

fn left_out() -> Meddler {
    then_pass(|_, _| {})
}

fn sent_back() -> Meddler {
    then_pass(|message, wires| wires.send(message.connection, message.to.back(), &message.bytes))
}

/// The length of a longer record stands before it.
fn another_length() -> Meddler {
    then_pass(|mut message, wires| {
        message.bytes[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        wires.pass(&message);
    })
}

/// The same bytes in the other base64: what is not exactly as it was sent is not taken.
fn another_alphabet() -> Meddler {
    then_pass(|mut message, wires| {
        for letter in message.body() {
            match letter {
                b'-' => *letter = b'+',
                b'_' => *letter = b'/',
                _ => {}
            }
        }
        wires.pass(&message);
    })
}
