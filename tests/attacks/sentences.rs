//! What people read on both sides when somebody changes a handshake, or cuts the line in the midst
//! of anything.

use crate::cuts::{TO_CONNECTOR, TO_LISTENER, cutting};
use crate::man_in_the_middle::{To, man_in_the_middle};
use crate::people::{Invite, connect, friend_chats, listen};
use crate::scene::with_each;

const HELLO: usize = 0;
const AUTH: usize = 1;

const WRONG: &str = "The code was wrong, or somebody is between you and 127.0.0.1";
const HUNG_UP: &str = "hung up before the code was used";
const OLD: &str = "This peer runs the old p2p-chat, which sends its key in clear. Refused.";

/// As the original program sends one.
const OLD_KEY: &[u8; 44] = b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A connector at this port reads this, and ends so.
fn fails(port: u16, invite: &Invite, sentence: &str, exit: i32) {
    let mut connector = connect(port).piped();
    connector.line(&invite.code);
    // On which of the two it is said is not what this is about.
    assert_eq!(connector.exit_code(), Some(exit), "{sentence}");
    let said = connector.stdout.all() + &connector.stderr.all();
    assert!(said.contains(sentence), "{said}");
}

#[test]
fn a_changed_handshake_is_told_and_the_friend_still_comes_in() {
    let (mut listener, invite) = listen(&[]);
    // Another version, suite, mode, and what must be zero; and no code where there is one.
    let header = (4..8).map(|at| (at, 3)).chain([(6, 1)]);
    let header = header.flat_map(|(at, bits)| {
        [To::Listener, To::Connector].map(|to| (to, HELLO, at, bits, HUNG_UP, 69))
    });
    // A random number of the one, and the proof of the other.
    let rest = [
        (To::Connector, HELLO, 100, 1, WRONG, 3),
        (To::Listener, AUTH, 40, 1, WRONG, 3),
    ];
    for (to, index, at, bits, sentence, exit) in header.chain(rest) {
        let middle = man_in_the_middle(invite.port, move |mut message, wires| {
            if message.is(to, index) {
                message.flip(at, bits);
            }
            wires.pass(&message);
        });
        fails(middle, &invite, sentence, exit);
        if sentence == WRONG {
            listener.expect("[!] Wrong code from 127.0.0.1:");
        }
    }
    let middle = man_in_the_middle(invite.port, |message, wires| {
        if message.is(To::Connector, HELLO) {
            wires.send(message.connection, message.to, OLD_KEY);
        } else {
            wires.pass(&message);
        }
    });
    fails(middle, &invite, OLD, 3);
    let said = listener.stdout.so_far();
    assert_eq!(said.matches("Wrong code").count(), rest.len(), "{said}");
    assert!(!said.contains("Connected"), "{said}");
    friend_chats(&mut listener, &invite);
}

#[test]
fn a_cut_before_the_listener_was_sure_is_told_to_the_connector_and_costs_nothing() {
    let (mut listener, invite) = listen(&[]);
    let [hello, auth, _] = TO_LISTENER;
    for (to, bytes, sentence, exit) in [
        (To::Listener, hello - 1, HUNG_UP, 69),
        (To::Listener, hello, HUNG_UP, 69),
        (To::Listener, hello + 1, WRONG, 3),
        (To::Listener, auth - 1, WRONG, 3),
        (To::Connector, TO_CONNECTOR[HELLO] - 1, HUNG_UP, 69),
        (To::Connector, TO_CONNECTOR[HELLO], WRONG, 3),
    ] {
        let middle = man_in_the_middle(invite.port, cutting(vec![(to, bytes)]));
        fails(middle, &invite, sentence, exit);
    }
    let said = listener.stdout.so_far();
    assert!(!said.contains("Wrong code"), "{said}");
    assert!(!said.contains("Connected"), "{said}");
    friend_chats(&mut listener, &invite);
}

#[test]
fn a_cut_before_the_connector_was_sure_is_told_to_both() {
    let all = [
        (To::Listener, TO_LISTENER[AUTH]),
        (To::Connector, TO_CONNECTOR[HELLO] + 1),
        (To::Connector, TO_CONNECTOR[AUTH] - 1),
    ];
    with_each(&all, |cut| {
        let (listener, invite) = listen(&[]);
        let middle = man_in_the_middle(invite.port, cutting(vec![cut]));
        fails(middle, &invite, WRONG, 3);
        listener.expect("(verified by code)");
        listener.expect("[!] Connection cut. Waiting for your friend to come back, 10 minutes.");
    });
}

#[test]
fn a_cut_when_both_were_sure_is_told_to_both_and_mended() {
    let (listener, invite) = listen(&[]);
    let [_, auth, record] = TO_LISTENER;
    let to_listener = [auth + 1, record - 1, record, record + 1].map(|at| (To::Listener, at));
    let [_, auth, record] = TO_CONNECTOR;
    let to_connector = [auth, auth + 1, record - 1, record, record + 1];
    let to_connector = to_connector.map(|at| (To::Connector, at));
    let all = [&to_listener[..], &to_connector].concat();
    let cuts = all.len();
    // One connection after the other is cut, and the last is not.
    let middle = man_in_the_middle(invite.port, cutting(all));
    let mut connector = connect(middle).piped();
    connector.line(&invite.code).line("hello");
    for side in [&listener, &connector] {
        side.expect("(verified by code)");
        for _ in 0..cuts {
            side.expect("[!] Connection cut.");
        }
        side.expect("[+] Connected again.");
    }
    connector.line("at last");
    listener.expect("[peer 127.0.0.1] at last");
    let said = listener.stdout.so_far();
    assert_eq!(said.matches("[peer 127.0.0.1] hello").count(), 1, "{said}");
}
