//! Two sessions are tied together.

use crate::man_in_the_middle::{Message, To, Wires, man_between};
use crate::scene::{Switch, with_each};
use crate::support::wait_until;
use crate::transport::{Transport, mode, typed};

/// Where the lines are crossed, in both directions: from this message of each on.
const CROSSINGS: [[usize; 2]; 6] = [[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [0, 2]];

/// In these the handshakes go through untouched.
const RECORDS: usize = 2;

#[test]
fn two_sessions_tied_together_are_two_failed_ones() {
    with_each(&CROSSINGS, |[to_listener, to_connector]| {
        let crossed = move |mut message: Message, wires: &Wires| {
            let from = match message.to {
                To::Listener => to_listener,
                To::Connector => to_connector,
            };
            if message.index >= from {
                message.connection ^= 1;
            }
            wires.pass(&message);
        };
        let (mut listeners, mut connectors) = two_pairs(crossed);
        if to_listener < RECORDS || to_connector < RECORDS {
            for connector in &mut connectors {
                connector.event("connect_failed");
            }
        } else {
            for side in listeners.iter_mut().chain(&mut connectors) {
                side.event("peer_connected");
            }
            for side in &mut connectors {
                side.ask_only(serde_json::json!({ "type": "send", "payload": "hello" }));
            }
            for side in listeners.iter_mut().chain(&mut connectors) {
                assert_eq!(side.event("peer_disconnected")["reason"], "cut");
            }
        }
        for side in listeners.iter().chain(&connectors) {
            assert!(side.process.so_far("received").is_empty());
        }
    });
}

/// Two listeners, two connectors who each know the code of one, and a man between.
fn two_pairs(
    meddle: impl FnMut(Message, &Wires) + Send + 'static,
) -> ([Transport; 2], [Transport; 2]) {
    let mut listeners = [Transport::start(), Transport::start()];
    let [one, other] = &mut listeners;
    let listening = [one.listen(mode("code")), other.listen(mode("code"))];
    // He holds what comes until both lines are there.
    let mut waiting = Some(Vec::new());
    let mut meddle = meddle;
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
            if wires.connections() == 2 {
                for message in waiting.take().expect("it is held") {
                    meddle(message, wires);
                }
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
