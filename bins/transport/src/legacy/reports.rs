//! What comes from the network: callers, and the news of sessions.

use std::net::SocketAddr;
use std::time::Instant;

use p2p_chat_protocol::transport::{DisconnectReason, Received, TransportEvent};
use p2p_chat_protocol::ui::{Direction, PeerConnected, Verification};
use tokio::net::TcpStream;

use super::seat::Ruling;
use super::session::{self, News};
use crate::clock::Now;
use crate::connection::{ConnectionId, Ends};
use crate::log::debug;
use crate::transport::Transport;

impl Transport {
    /// Somebody called.
    pub(crate) fn legacy_caller(&mut self, stream: TcpStream, caller: SocketAddr) {
        if !self.legacy.seat.is_open() {
            return self.count_turned_away(&caller.to_string());
        }
        // A caller that is gone already has no address any more.
        let (Ok(()), Ok(ends)) = (stream.set_nodelay(true), Ends::of(&stream)) else {
            return;
        };
        let address = ends.address.clone();
        let id = self.next_id();
        let wires = self.legacy.open_session(id, Some(ends));
        self.tasks.spawn(session::answer(stream, address, wires));
        let ruling = self.legacy.seat.called(id, Instant::now());
        self.carry_out(ruling);
    }

    /// A session has news. Those of one that was let go are late, and dropped.
    pub(crate) fn legacy_news(&mut self, id: ConnectionId, news: News) {
        let Some(open) = self.legacy.sessions.get_mut(&id) else {
            return;
        };
        match news {
            News::Connected(ends) => {
                open.ends = Some(ends);
                self.legacy.calls = None;
                self.legacy.seat.occupy(id, Instant::now());
                self.peer_is_there(id, Direction::Outgoing);
            }
            News::Failed(refusal) => {
                self.legacy.calls = None;
                self.legacy.sessions.remove(&id);
                self.outbox.event(TransportEvent::ConnectFailed(refusal));
            }
            News::Received(payloads) => {
                let rulings = self.legacy.seat.spoke(id, Instant::now());
                self.carry_out(rulings);
                for payload in payloads {
                    let received = TransportEvent::Received(Received { payload });
                    self.outbox.event(received);
                }
            }
            News::Sent(outcome) => {
                let id = self.sends.done();
                self.outbox.reply(id, outcome.map(|()| TransportEvent::Ok));
            }
            News::Ended(reason) => {
                if self.legacy.seat.gone(id) {
                    self.legacy.sessions.remove(&id);
                    self.peer_is_gone(reason);
                } else {
                    self.turn_away(id);
                }
            }
        }
    }

    /// Time went by.
    pub(crate) fn legacy_settle(&mut self, now: Now) {
        let rulings = self.legacy.seat.settle(now.awake);
        self.carry_out(rulings);
    }

    pub(super) fn carry_out(&mut self, rulings: impl IntoIterator<Item = Ruling>) {
        for ruling in rulings {
            match ruling {
                Ruling::TurnAway(id) => self.turn_away(id),
                Ruling::Unseat(id) => {
                    self.legacy.sessions.remove(&id);
                    self.peer_is_gone(DisconnectReason::Replaced);
                }
                Ruling::Seat(id) => self.peer_is_there(id, Direction::Incoming),
            }
        }
    }

    fn turn_away(&mut self, id: ConnectionId) {
        let open = self.legacy.sessions.remove(&id);
        if let Some(ends) = open.and_then(|open| open.ends) {
            self.count_turned_away(&ends.address);
        }
    }

    fn count_turned_away(&mut self, address: &str) {
        self.legacy.turned_away += 1;
        let so_far = self.legacy.turned_away;
        debug(format_args!("turned away {address} ({so_far} so far)"));
    }

    fn peer_is_there(&mut self, id: ConnectionId, direction: Direction) {
        let open = self.legacy.sessions.get(&id);
        let Some(ends) = open.and_then(|open| open.ends.clone()) else {
            return;
        };
        let connected = PeerConnected {
            address: ends.address,
            local_address: ends.local_address,
            direction,
            verification: Verification::Insecure,
            resumed: false,
        };
        self.outbox.event(TransportEvent::PeerConnected(connected));
    }
}
