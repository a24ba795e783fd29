//! What happens in each step.

use std::time::Duration;

use p2p_chat_protocol::{Payload, transport::TransportRequest};

use super::network::Packet;
use super::{Step, World};

impl World {
    pub(super) fn step(&mut self, step: Step, repeats: bool) {
        self.trace.steps.push(step);
        match step {
            Step::Read(side) => {
                let count = self.read_at_once;
                let count = count.unwrap_or_else(|| 1 + self.random.below(4));
                self.sides[side].reads(count);
            }
            Step::Bury(side) => self.sides[side].transport_is_buried(),
            Step::Ask(side) => self.ask(side),
            Step::Deliver(at, side) => self.deliver(at, side, repeats),
            Step::Notice(at, side) => {
                if let Some(transport) = &mut self.sides[side].transport {
                    transport.cut(at, &mut self.connections);
                }
            }
            Step::Type(side) => {
                // Where every order is tried, one at a time is enough.
                let count = self
                    .read_at_once
                    .map_or_else(|| 1 + self.random.below(3), |_| 1);
                self.types(side, count);
            }
            Step::Clear(side) => self.sides[side].clears(),
            Step::Quit(side) => self.sides[side].quits(),
            Step::Cut(at) => self.connections[at].cut(false),
            Step::CutSilently(at) => self.connections[at].cut(true),
            Step::KillTransport(side) => {
                self.sides[side].transport_dies();
                self.connections.iter_mut().for_each(|c| c.close(side));
            }
            Step::KillSupervisor(side) => {
                self.sides[side].is_gone();
                self.connections.iter_mut().for_each(|c| c.close(side));
            }
            Step::KillUi(side) => self.sides[side].ui_dies(),
            Step::StartUi(side) => self.sides[side].ui_starts(),
            Step::Sleep(side) => {
                let seconds = 1 + self.random.below(60);
                self.pass(Duration::from_secs(seconds as u64), Some(side));
            }
            Step::Wait => self.pass_to_next(),
        }
    }

    pub(super) fn types(&mut self, side: usize, count: usize) {
        let numbers = self.typed + 1..=self.typed + count;
        self.typed = *numbers.end();
        let texts = numbers.map(|number| format!("text {number}"));
        self.sides[side].types(texts.collect());
    }

    fn ask(&mut self, side: usize) {
        let state = &mut self.sides[side];
        let Some(transport) = &mut state.transport else {
            return;
        };
        match state.requests.pop_front() {
            Some((id, request)) => {
                if let TransportRequest::Send(send) = &request
                    && let Some(number) = number_of_last_text(&send.payload)
                {
                    self.sent[side].insert(number, send.payload.clone());
                }
                transport.request(id, request, &mut self.connections);
            }
            None => {
                transport.leave(&mut self.connections);
                state.transport = None;
            }
        }
        self.found_dead(side);
    }

    /// A line that was looked after, and is dead, is cut.
    fn found_dead(&mut self, side: usize) {
        let Some(transport) = &mut self.sides[side].transport else {
            return;
        };
        if std::mem::take(&mut transport.checks) {
            self.connections.iter_mut().for_each(|c| c.silent = false);
        }
    }

    fn deliver(&mut self, at: usize, side: usize, repeats: bool) {
        let Some(packet) = self.connections[at].to[side].pop_front() else {
            return;
        };
        self.serial += 1;
        let serial = self.serial;
        let Some(transport) = &mut self.sides[side].transport else {
            return;
        };
        let payload = transport.packet(at, packet, serial, &mut self.connections);
        let is_hello = payload.is_some_and(|payload| payload.0.get().contains("\"hello\""));
        if repeats && is_hello && at > 0 {
            self.repeat(at, side);
        }
    }

    /// The other side is of a make that sends its last texts again, whatever it is told.
    fn repeat(&mut self, at: usize, side: usize) {
        if !self.sides[side].ui_alive {
            // Then nobody here knows what has come.
            return;
        }
        let arrived = self.sides[side].screen.received.len() as u64;
        let from = (arrived + 1).saturating_sub(self.random.below(4) as u64);
        for (_, payload) in self.sent[1 - side].range(from..).rev() {
            let record = Packet::Record(Some(payload.clone()));
            self.connections[at].to[side].push_front(record);
        }
    }
}

fn number_of_last_text(payload: &Payload) -> Option<u64> {
    let json: serde_json::Value = serde_json::from_str(payload.0.get()).expect("JSON");
    let n = || json["n"].as_u64().expect("a number");
    match json["kind"].as_str() {
        Some("text") => Some(n()),
        Some("texts") => Some(n() + json["texts"].as_array().expect("texts").len() as u64 - 1),
        _ => None,
    }
}
