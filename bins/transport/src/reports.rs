//! What comes from the network: callers, and the news of sessions.

use std::net::SocketAddr;
use std::time::Instant;

use p2p_chat_protocol::transport::{DisconnectReason, PeerDisconnected, Received, TransportEvent};
use p2p_chat_protocol::ui::{Direction, PeerConnected};
use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::net::TcpStream;

use crate::log::debug;
use crate::seat::Ruling;
use crate::service::Transport;
use crate::session::{self, Ends, News, SessionId};

impl Transport {
    /// Somebody called.
    pub(crate) fn caller(&mut self, stream: TcpStream, caller: SocketAddr) {
        let (true, Some(listens)) = (self.seat.is_open(), &self.listens) else {
            return self.count_turned_away(&caller.to_string());
        };
        let (auth, verification) = (listens.auth.clone(), listens.verification);
        // A caller that is gone already has no address any more.
        let (Ok(()), Ok(ends)) = (stream.set_nodelay(true), Ends::of(&stream)) else {
            return;
        };
        let address = ends.address.clone();
        let (id, wires) = self.open_session(verification, Some(ends));
        self.tasks
            .spawn(session::answer(stream, address, auth, wires));
        let ruling = self.seat.called(id, Instant::now());
        self.carry_out(ruling);
    }

    /// A session has news. Those of one that was let go are late, and dropped.
    pub(crate) fn news(&mut self, id: SessionId, news: News) {
        let Some(open) = self.sessions.get_mut(&id) else {
            return;
        };
        match news {
            News::Connected(ends) => {
                open.ends = Some(ends);
                self.calls = None;
                self.seat.occupy(id, Instant::now());
                self.peer_is_there(id, Direction::Outgoing);
            }
            News::Failed(refusal) => {
                self.calls = None;
                self.sessions.remove(&id);
                self.outbox.event(TransportEvent::ConnectFailed(refusal));
            }
            News::Received(payloads) => {
                let rulings = self.seat.spoke(id, Instant::now());
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
                if self.seat.gone(id) {
                    self.sessions.remove(&id);
                    self.peer_is_gone(reason);
                } else {
                    self.turn_away(id);
                }
            }
        }
    }

    /// Time went by.
    pub(crate) fn settle(&mut self) {
        let rulings = self.seat.settle(Instant::now());
        self.carry_out(rulings);
    }

    pub(crate) fn carry_out(&mut self, rulings: impl IntoIterator<Item = Ruling>) {
        for ruling in rulings {
            match ruling {
                Ruling::TurnAway(id) => self.turn_away(id),
                Ruling::Unseat(id) => {
                    self.sessions.remove(&id);
                    self.peer_is_gone(DisconnectReason::Replaced);
                }
                Ruling::Seat(id) => self.peer_is_there(id, Direction::Incoming),
            }
        }
    }

    fn turn_away(&mut self, id: SessionId) {
        let open = self.sessions.remove(&id);
        if let Some(ends) = open.and_then(|open| open.ends) {
            self.count_turned_away(&ends.address);
        }
    }

    fn count_turned_away(&mut self, address: &str) {
        self.turned_away += 1;
        let so_far = self.turned_away;
        debug(format_args!("turned away {address} ({so_far} so far)"));
    }

    fn peer_is_there(&mut self, id: SessionId, direction: Direction) {
        let open = self.sessions.get(&id);
        let Some((open, ends)) = open.and_then(|open| Some((open, open.ends.clone()?))) else {
            return;
        };
        let connected = PeerConnected {
            address: ends.address,
            local_address: ends.local_address,
            direction,
            verification: open.verification,
            resumed: false,
        };
        self.outbox.event(TransportEvent::PeerConnected(connected));
    }

    /// Tells whoever waits for something to be sent, and everybody.
    pub(crate) fn peer_is_gone(&mut self, reason: DisconnectReason) {
        for id in self.sends.abandon() {
            let sentence = "The peer is gone; this was not sent whole.";
            let refusal = Refusal::new(ErrorCode::NotConnected, sentence);
            self.outbox.reply(id, Err(refusal));
        }
        let gone = PeerDisconnected { reason };
        self.outbox.event(TransportEvent::PeerDisconnected(gone));
    }
}
