//! INSECURE chats with the original Python program: its own protocol and nothing else.
//!
//! The listener sends a Fernet key in clear, then both sides write bare Fernet tokens under that
//! one key, without any framing. [`tokens`] finds their ends exactly; [`mod@write`] sends so slowly
//! and in such small pieces that the original program, which takes every read for one token,
//! gets them whole. Start reading at [`session`], which is one connection; [`seat`] decides who of
//! several callers is the peer; [`requests`] and [`reports`] are the service's part.

mod establish;
mod key;
mod read;
mod reports;
mod requests;
mod seat;
mod session;
mod tokens;
mod write;

use std::collections::HashMap;
use std::time::Instant;

use tokio::sync::mpsc;

use self::seat::Seat;
pub(crate) use self::session::News;
use self::session::{Session, Wires};
use crate::connection::{ConnectionId, Ends};

/// The connections of this protocol, and who of them is the peer.
pub(crate) struct Legacy {
    /// Callers are taken.
    listens: bool,
    /// The attempt to connect that is under way.
    calls: Option<ConnectionId>,
    seat: Seat,
    /// Callers, the peer, and the attempt: at most ten.
    sessions: HashMap<ConnectionId, Open>,
    turned_away: u64,
    news: mpsc::Sender<(ConnectionId, News)>,
}

/// A session that has not ended.
struct Open {
    session: Session,
    /// Absent while we are still calling.
    ends: Option<Ends>,
}

impl Legacy {
    pub(crate) fn new(news: mpsc::Sender<(ConnectionId, News)>) -> Self {
        Self {
            listens: false,
            calls: None,
            seat: Seat::default(),
            sessions: HashMap::new(),
            turned_away: 0,
            news,
        }
    }

    /// Callers are taken by this protocol.
    pub(crate) fn listens(&self) -> bool {
        self.listens
    }

    /// What it is doing, where it does anything.
    pub(crate) fn is_busy(&self) -> Option<&'static str> {
        if self.calls.is_some() {
            Some("connecting")
        } else if self.seat.peer().is_some() {
            Some("chatting")
        } else {
            self.listens.then_some("listening")
        }
    }

    /// When there is something to do though nothing happens.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.seat.deadline()
    }

    /// The peer's connection ends in good order, all others at once.
    pub(crate) fn say_goodbye(&mut self) {
        self.listens = false;
        self.calls = None;
        if let Some(peer) = self.seat.peer()
            && let Some(open) = self.sessions.remove(&peer)
        {
            open.session.say_goodbye();
        }
        self.sessions.clear();
    }

    /// A new session; its task is the caller's to start.
    fn open_session(&mut self, id: ConnectionId, ends: Option<Ends>) -> Wires {
        let (session, wires) = Session::new(id, self.news.clone());
        self.sessions.insert(id, Open { session, ends });
        wires
    }
}
