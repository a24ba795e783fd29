//! Two sessions are tied together.

use serde_json::json;

use crate::man_in_the_middle::{Message, To, Wires, man_between};
use crate::scene::{Switch, with_each};
use crate::support::wait_until;
use crate::transport::{Transport, mode, typed};

/// Where the lines are crossed: from this message to the listeners on, and from this one to the
/// connectors on.
const CROSSINGS: [[usize; 2]; 6] = [[0, 0], [1, 0], [1, 1], [2, 1], [0, 2], [1, 2]];

#[test]
fn two_handshakes_tied_together_are_two_failed_ones() {
    with_each(&CROSSINGS, |[to_listener, to_connector]| {
        let (listeners, mut connectors) = two_pairs(move |mut message, wires| {
            let from = match message.to {
                To::Listener => to_listener,
                To::Connector => to_connector,
            };
            if message.index >= from {
                message.connection ^= 1;
            }
            wires.pass(&message);
        });
        for connector in &mut connectors {
            connector.event("connect_failed");
            assert!(connector.process.so_far("peer_connected").is_empty());
        }
        for listener in &listeners {
            assert!(listener.process.so_far("received").is_empty());
        }
    });
}

#[test]
fn a_record_of_another_session_is_a_cut() {
    let crossed = Switch::default();
    let now = crossed.clone();
    let mut held: Vec<Message> = Vec::new();
    let (mut listeners, mut connectors) = two_pairs(move |mut message, wires| {
        if !now.is_on() || message.to == To::Connector {
            return wires.pass(&message);
        }
        message.connection ^= 1;
        held.push(message);
        // Both at once: after the first, there would be nobody to send the second.
        if connections(&held) == 2 {
            held.drain(..).for_each(|message| wires.pass(&message));
        }
    });
    for (listener, connector) in listeners.iter_mut().zip(&mut connectors) {
        connector.event("peer_connected");
        connector.send(&json!("mine"));
        assert_eq!(listener.received(), "mine");
    }
    crossed.turn_on();
    for connector in &mut connectors {
        connector.ask_only(json!({ "type": "send", "payload": "another's" }));
    }
    for side in listeners.iter_mut().chain(&mut connectors) {
        assert_eq!(side.event("peer_disconnected")["reason"], "cut");
        let shown = side.process.so_far("received");
        assert!(shown.iter().all(|event| event["payload"] == "mine"));
    }
}

/// Two listeners, two connectors who each know the code of one, and a man between, who holds what
/// comes until both lines are there.
fn two_pairs(
    mut meddle: impl FnMut(Message, &Wires) + Send + 'static,
) -> ([Transport; 2], [Transport; 2]) {
    let mut listeners = [Transport::start(), Transport::start()];
    let listening = listeners.each_mut().map(|side| side.listen(mode("code")));
    let mut waiting = Some(Vec::new());
    let called = Switch::default();
    let first_called = called.clone();
    let middle = man_between(
        listening.iter().map(|listening| listening.port).collect(),
        move |message, wires| {
            let Some(held) = &mut waiting else {
                return meddle(message, wires);
            };
            first_called.turn_on();
            held.push(message);
            if connections(held) == 2 {
                let held = waiting.take().expect("they are held");
                held.into_iter().for_each(|message| meddle(message, wires));
            }
        },
    );
    let connectors = listening.map(|listening| {
        let mut connector = Transport::start();
        connector.connect(middle, typed(&listening.passcode));
        wait_until("the call of the first", || called.is_on());
        connector
    });
    (listeners, connectors)
}

/// From how many connections these came.
fn connections(messages: &[Message]) -> usize {
    let of = |connection| {
        messages
            .iter()
            .any(|message| message.connection == connection)
    };
    (0..2).filter(|connection| of(*connection)).count()
}
