//! The shape of a world: equal for two that differ only in what nobody can tell apart, such as the
//! numbers of requests and tickets, or the time.

use std::collections::HashMap;
use std::fmt::Write;

use super::network::{Connection, Packet};
use super::{Side, World};
use crate::core::activity::Activity;
use crate::core::peer::Line;

/// Numbers whose order of appearance is all that matters.
#[derive(Default)]
struct Ranks(HashMap<(usize, u64), usize>);

impl Ranks {
    fn of(&mut self, kind: usize, number: u64) -> usize {
        let next = self.0.len();
        *self.0.entry((kind, number)).or_insert(next)
    }
}

/// Kinds of numbers: the requests of each side come first.
const TICKETS: usize = 2;

impl World {
    pub(in crate::core) fn shape(&self) -> String {
        let mut ranks = Ranks::default();
        let mut shape = String::new();
        let live = |c: &&Connection| c.closed != [true; 2];
        let alive: Vec<_> = self.connections.iter().filter(live).collect();
        let place = |at: usize| {
            let connection = &self.connections[at];
            alive.iter().position(|c| std::ptr::eq(*c, connection))
        };
        for (at, side) in self.sides.iter().enumerate() {
            side.shape(at, &mut ranks, &mut shape);
            if let Some(transport) = &side.transport {
                let (flags, tickets, connections) = transport.shape();
                let tickets = tickets.iter().map(|t| ranks.of(TICKETS, *t));
                let tickets: Vec<_> = tickets.collect();
                let places = connections.map(|at| at.map(place));
                put(&mut shape, format_args!("{flags} {tickets:?} {places:?}"));
            }
        }
        for connection in alive {
            let Connection {
                closed,
                cut,
                silent,
                noticed,
                ..
            } = connection;
            put(
                &mut shape,
                format_args!("{closed:?} {cut} {silent} {noticed:?}"),
            );
            for packet in connection.to.iter().flatten() {
                match packet {
                    Packet::Prove(proven) => put(&mut shape, format_args!("{proven:?}")),
                    Packet::Welcome(t) => {
                        let rank = ranks.of(TICKETS, *t);
                        put(&mut shape, format_args!("welcome {rank}"));
                    }
                    Packet::Record(None) => shape.push('-'),
                    Packet::Record(Some(payload)) => shape.push_str(payload.0.get()),
                    Packet::Close => shape.push('x'),
                }
            }
            shape.push('|');
        }
        shape
    }
}

impl Side {
    fn shape(&self, at: usize, ranks: &mut Ranks, shape: &mut String) {
        let core = &self.core;
        let (outbox, requests) = core.outbox.shape();
        let (arrivals, telling) = core.arrivals.shape();
        let (line, redial) = match core.peer.as_ref().map(|peer| &peer.line) {
            Some(Line::Open { greeted, .. }) => (format!("open {greeted}"), None),
            Some(Line::Cut(redial)) => redial.shape(),
            _ => ("none".to_owned(), None),
        };
        let asked = match &core.activity {
            Activity::Listening(listener) => listener.request,
            _ => None,
        };
        let known = requests
            .into_iter()
            .chain(telling)
            .chain(redial)
            .chain(asked);
        let known: Vec<_> = known.map(|id| ranks.of(at, id)).collect();
        put(shape, format_args!("{outbox} {arrivals} {line} {known:?}"));
        put(
            shape,
            format_args!("{} {}", core.transport_ready, asked.is_some()),
        );
        for ticket in &core.tickets {
            let serial = ticket.resume_id_b64.parse().expect("a serial");
            put(shape, format_args!("t{}", ranks.of(TICKETS, serial)));
        }
        for (id, request) in &self.requests {
            let rank = ranks.of(at, *id);
            match request {
                p2p_chat_protocol::transport::TransportRequest::Send(send) => {
                    put(shape, format_args!("{rank} {}", send.payload.0.get()));
                }
                other => put(shape, format_args!("{rank} {other:?}")),
            }
        }
        let words = self.last_words.iter().flatten();
        let says = self.transport.iter().flat_map(|transport| &transport.says);
        for line in words.chain(says) {
            let rank = line.reply_to.map(|id| ranks.of(at, id));
            match &line.message {
                p2p_chat_protocol::transport::TransportEvent::Received(received) => {
                    shape.push_str(received.payload.0.get());
                }
                other => put(shape, format_args!("{rank:?} {other:?}")),
            }
        }
        let (dead, restarts) = (self.last_words.is_some(), self.restart_at.is_some());
        let screen = self.screen.shape();
        put(
            shape,
            format_args!("{dead} {restarts} {:?} {screen}", self.stopped),
        );
    }
}

fn put(shape: &mut String, what: std::fmt::Arguments<'_>) {
    shape.write_fmt(what).expect("a String takes everything");
    shape.push(' ');
}
