//! Messages of the handshake are changed, left out, sent twice and sent back.

use serde_json::{Value, json};

use crate::man_in_the_middle::{Message, To, Wires};
use crate::scene::{Scene, Switch, with_each};
use crate::transport::{Transport, mode, typed};

const HELLO: usize = 0;
const AUTH: usize = 1;

/// Where fields begin and end: header, resume id, commitment, the two halves of the key, the share.
const HELLO_C: [usize; 16] = [
    0, 3, 4, 5, 6, 7, 8, 23, 24, 55, 56, 700, 1239, 1240, 1272, 1303,
];
/// Header, nonce, the two halves of the ciphertext, the share.
const HELLO_L: [usize; 14] = [0, 3, 4, 5, 6, 7, 8, 39, 40, 1127, 1128, 1159, 1160, 1191];
/// Nonce, tag.
const AUTH_C: [usize; 4] = [0, 31, 32, 63];
const AUTH_L: [usize; 2] = [0, 31];

#[test]
fn everything_passed_on_is_a_chat() {
    let mut scene = Scene::chatting(|message, wires| wires.pass(&message));
    scene.listener.ask(json!({ "type": "disconnect" }));
    let gone = scene.connector.event("peer_disconnected");
    assert_eq!(gone["reason"], "left");
}

#[test]
fn one_changed_bit_in_the_handshake_is_refused_by_both() {
    let places = |to, index, at: &[usize]| at.iter().map(|at| (to, index, *at)).collect::<Vec<_>>();
    let mut all = places(To::Listener, HELLO, &HELLO_C);
    all.extend(places(To::Connector, HELLO, &HELLO_L));
    all.extend(places(To::Listener, AUTH, &AUTH_C));
    with_each(&all, |(to, index, at)| {
        is_refused(move |mut message, wires| {
            if message.is(to, index) {
                message.flip(at, 1);
            }
            wires.pass(&message);
        });
    });
}

#[test]
fn another_version_suite_or_mode_is_refused_by_both() {
    // Two bits: version 2, suite 2, mode 2.
    let all = [4, 5, 6].map(|at| [To::Listener, To::Connector].map(|to| (to, at)));
    with_each(all.as_flattened(), |(to, at)| {
        is_refused(move |mut message, wires| {
            if message.is(to, HELLO) {
                message.flip(at, 3);
            }
            wires.pass(&message);
        });
    });
}

#[test]
fn nobody_turns_a_code_into_no_code() {
    // To each he shows what that one would see if both had chosen it.
    let as_words = |message: &mut Message| {
        if message.index == HELLO {
            message.body()[6] ^= 1;
            let length = message.body().len();
            message.body()[length - 32..].fill(0);
        }
    };
    is_refused(move |mut message, wires| {
        as_words(&mut message);
        wires.pass(&message);
    });
    // The listener has chosen no code indeed, and only the connector has one.
    let mut listener = Transport::start();
    let port = listener.listen(mode("words")).port;
    let middle = crate::man_in_the_middle::man_in_the_middle(port, move |mut message, wires| {
        as_words(&mut message);
        wires.pass(&message);
    });
    let mut connector = Transport::start();
    connector.connect(middle, typed("carrot lemon koala"));
    connector.event("connect_failed");
    assert!(connector.process.so_far("peer_connected").is_empty());
    assert!(listener.process.so_far("peer_connected").is_empty());
}

#[test]
fn a_changed_last_message_leaves_the_listener_cut_and_the_code_used() {
    with_each(&AUTH_L, |at| {
        let mut scene = Scene::new(move |mut message, wires| {
            if message.is(To::Connector, AUTH) {
                message.flip(at, 1);
            }
            wires.pass(&message);
        });
        assert_eq!(failed(&mut scene.connector), "wrong_code");
        scene.listener.event("peer_connected");
        let gone = scene.listener.event("peer_disconnected");
        assert_eq!(gone["reason"], "cut");
        scene.nothing_was_shown();
        // Who has the code comes too late.
        let mut late = Transport::start();
        late.connect(scene.port, typed(&scene.passcode));
        assert_eq!(failed(&mut late), "handshake_failed");
    });
}

#[test]
fn a_message_sent_twice_is_refused() {
    let all = [
        (To::Listener, HELLO),
        (To::Listener, AUTH),
        (To::Connector, HELLO),
    ];
    with_each(&all, |(to, index)| {
        let mut scene = Scene::new(move |mut message, wires| {
            if message.is(to, index) {
                // In one piece: so it is there before the answer is.
                message.bytes.extend_from_within(..);
            }
            wires.pass(&message);
        });
        scene.connector.event("connect_failed");
        scene.nothing_was_shown();
    });
}

#[test]
fn a_message_sent_back_to_its_sender_is_refused() {
    let all = [(To::Listener, HELLO), (To::Listener, AUTH)];
    with_each(&all, |(to, index)| {
        let mut scene = Scene::new(move |message, wires| {
            if message.is(to, index) {
                wires.send(message.connection, to.back(), &message.bytes);
            } else {
                wires.pass(&message);
            }
        });
        scene.connector.event("connect_failed");
        assert!(scene.listener.process.so_far("peer_connected").is_empty());
    });
}

#[test]
fn a_message_left_out_keeps_nobody_waiting_for_ever() {
    let all = [To::Listener, To::Connector].map(|to| [HELLO, AUTH].map(|index| (to, index)));
    with_each(all.as_flattened(), |(to, index)| {
        let mut scene = Scene::new(move |message, wires| {
            if !message.is(to, index) {
                wires.pass(&message);
            }
        });
        scene.connector.event("connect_failed");
        assert!(scene.connector.process.so_far("peer_connected").is_empty());
    });
}

/// Both refuse, the connector says why, and who knows the code still comes in.
fn is_refused(mut meddle: impl FnMut(Message, &Wires) + Send + 'static) {
    let guessed = Switch::default();
    let seen = guessed.clone();
    let mut scene = Scene::new(move |message, wires| {
        if message.is(To::Listener, AUTH) {
            seen.turn_on();
        }
        meddle(message, wires);
    });
    let code = failed(&mut scene.connector);
    if guessed.is_on() {
        assert_eq!(code, "wrong_code");
        let failed = scene.listener.event("authentication_failed");
        assert_eq!(failed["guesses_left"], 4);
    } else {
        assert_eq!(code, "handshake_failed");
    }
    assert!(scene.connector.process.so_far("peer_connected").is_empty());
    assert!(scene.listener.process.so_far("peer_connected").is_empty());
    scene.nothing_was_shown();
    scene.friend_comes_in();
}

fn failed(connector: &mut Transport) -> Value {
    connector.event("connect_failed")["code"].clone()
}
