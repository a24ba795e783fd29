//! Chats over the secure channel.
//!
//! Start reading at [`listening`], which is a listener's whole state, with the [`door`] before it;
//! then [`admission`], where the service lets somebody in. [`caller`] and [`call`] are the two
//! ends of a handshake: tasks that read and write, connected with the service by [`wires`]; both
//! end with a connection for a [`session`], which is the service's own. [`requests`] and
//! [`reports`] are what else it does.
//!
//! Keys live in a session's channel and the listener's gate, and nowhere else. Tickets are in the
//! supervisor's pipe before the bytes go out that make them worth something.

mod admission;
mod call;
mod caller;
mod codes;
mod door;
mod frames;
mod listening;
mod pace;
mod reports;
mod requests;
mod sentences;
mod session;
#[cfg(test)]
mod tests;
mod tickets;
mod whereabouts;
mod wires;

use std::sync::Arc;
use std::time::{Duration, Instant};

use p2p_chat_protocol::ui::Direction;
use p2p_chat_secure_channel::{Ticket, Verification};
use tokio::sync::{Semaphore, mpsc};

use self::codes::Codes;
use self::listening::Listen;
use self::session::Session;
use self::whereabouts::Whereabouts;
use self::wires::Hold;
use crate::clock::Now;
use crate::connection::{ConnectionId, Ends};
use crate::own_addresses::ways_out;

pub(crate) use self::sentences::Way;
pub(crate) use self::wires::News;

/// How long after the cut a chat can be resumed: a redial goes on for 10 minutes, and both sides
/// may notice the cut at different times. It is also counted from the moment this process is
/// given tickets that it did not have, since it does not know of the cut.
const TICKET_LIFE: Duration = Duration::from_secs(15 * 60);

/// All there is of the secure channel. A program listens or calls, and chats with one.
pub(crate) struct Secure {
    /// Stays when the listening stops, as long as its chat and its tickets do.
    listen: Option<Listen>,
    calling: Option<Calling>,
    chat: Option<Chat>,
    /// The ticket of a chat that we called.
    ticket: Option<Ticket>,
    /// When a cut chat can be resumed no more, by the clock that goes on in suspend.
    tickets_die: Option<Duration>,
    /// The tickets that the supervisor knows, by their public names, sorted.
    told_tickets: Vec<[u8; 16]>,
    codes: Codes,
    /// Looked at while anything depends on it.
    whereabouts: Option<Whereabouts>,
    lingering: Arc<Semaphore>,
    news: mpsc::Sender<(ConnectionId, News)>,
}

/// An attempt to connect.
struct Calling {
    id: ConnectionId,
    /// Nothing is ordered; the attempt ends with it.
    _hold: Hold,
    resumes: bool,
}

/// A session that has not ended.
struct Chat {
    session: Session,
    ends: Ends,
    direction: Direction,
    verification: Option<Verification>,
    resumed: bool,
}

impl Secure {
    pub(crate) fn new(news: mpsc::Sender<(ConnectionId, News)>) -> Self {
        Self {
            listen: None,
            calling: None,
            chat: None,
            ticket: None,
            tickets_die: None,
            told_tickets: Vec::new(),
            codes: Codes::default(),
            whereabouts: None,
            lingering: Arc::new(Semaphore::new(caller::MAX_LINGERING)),
            news,
        }
    }

    /// What it is doing, where it does anything; a listener aside.
    pub(crate) fn is_busy(&self) -> Option<&'static str> {
        if self.calling.is_some() {
            Some("connecting")
        } else {
            self.chat.is_some().then_some("chatting")
        }
    }

    /// When the session has something to do though nothing happens.
    pub(crate) fn session_deadline(&self, now_ms: u64) -> Option<Instant> {
        let chat = self.chat.as_ref();
        chat.and_then(|chat| chat.session.deadline(now_ms))
    }

    /// When there is something else to do though nothing happens.
    pub(crate) fn deadline(&self, now: Now) -> Option<Instant> {
        let listen = self.listen.as_ref();
        let tickets = self.tickets_die.map(|at| now.until(at));
        let look = self.whereabouts.as_ref().map(Whereabouts::deadline);
        [
            listen.and_then(|listen| listen.deadline(now)),
            tickets,
            look,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether this computer has other addresses since it was last looked at, and somebody is
    /// there, waited for, or to come back.
    fn moved(&mut self, now: Now) -> bool {
        let matters = self.chat.is_some() || self.listen.is_some() || self.tickets_die.is_some();
        if !matters {
            self.whereabouts = None;
            return false;
        }
        let here = || Whereabouts::here(now.awake, ways_out());
        let whereabouts = self.whereabouts.get_or_insert_with(here);
        whereabouts.changed(now.awake, ways_out)
    }

    /// Everything told so far is in the supervisor's pipe. Says whether the session waited for
    /// that.
    pub(crate) fn told(&mut self, now_ms: u64) -> bool {
        let chat = self.chat.as_mut();
        chat.is_some_and(|chat| chat.session.told(now_ms))
    }

    /// Waits until the session has something to do. Cancel-safe.
    pub(crate) async fn stirs(&mut self) {
        match &mut self.chat {
            Some(chat) => chat.session.stirs().await,
            None => std::future::pending().await,
        }
    }
}
