//! What connects the service, which decides, with a connection's task, which reads and writes.

use bytes::BytesMut;
use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::{Payload, Private, Refusal};
use p2p_chat_secure_channel::{Admission, CloseReason, Event, Ticket, Verification, WordsError};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::connection::{ConnectionId, Ends};
use crate::sends::MAX_SENDS;

/// Orders that wait for a task: two answers in a handshake; later at most one release, one
/// goodbye, and the entries of one person who types.
const MAX_ORDERS: usize = 16;

/// What a connection's task is told to do.
pub(super) enum Order {
    /// Send this, and await the caller's proof.
    Answer(Vec<u8>),
    /// Close, as always after a message that failed.
    Refuse,
    /// The caller is in.
    Admit(Box<Admission>),
    /// The supervisor has the tickets: what waits for that may go out.
    Release,
    /// The words the user heard.
    Verify(Zeroizing<String>),
    /// Find out at once whether the line still works.
    Probe,
    /// Say goodbye, and end.
    Close(CloseReason),
}

/// What a connection's task tells.
pub(crate) enum News {
    /// The caller's first message, whole.
    Hello(BytesMut),
    /// The caller's proof, whole.
    Proof(BytesMut),
    /// The caller is gone, and was not in.
    Gone,
    /// Our call was answered by the right one.
    Joined(Box<Joined>),
    /// Our call came to nothing.
    Failed(Refusal),
    /// A session went on.
    Progress(Progress),
    /// A session is over.
    Ended(DisconnectReason),
}

/// A session that we called.
pub(crate) struct Joined {
    pub(super) ends: Ends,
    pub(super) verification: Option<Verification>,
    pub(super) ticket: Option<Ticket>,
    /// What the user is to say, where nobody is verified yet.
    pub(super) show: Option<Private>,
}

/// What happened in a session since the last time.
#[derive(Default)]
pub(crate) struct Progress {
    /// So many of the oldest payloads are in the socket's buffer.
    pub(super) sent: usize,
    pub(super) told: Vec<Told>,
    /// The supervisor is to get tickets before the session writes again.
    pub(super) has_tickets: bool,
}

/// One thing that happened in a session.
pub(super) enum Told {
    /// From the peer.
    Received(Payload),
    /// What became of the words the user heard.
    Verify(Result<(), WordsError>),
    /// Anything else.
    Event(Event),
}

impl Progress {
    /// Adds one thing.
    pub(super) fn push(&mut self, told: Told) {
        self.has_tickets |= matches!(
            told,
            Told::Event(Event::Verified(_) | Event::NextTicket(_) | Event::KeysChanged { .. })
        );
        self.told.push(told);
    }
}

/// The service's hold on a connection; dropping it ends the connection at once.
pub(super) struct Hold {
    orders: mpsc::Sender<Order>,
    payloads: mpsc::Sender<Payload>,
}

impl Hold {
    /// A hold, and the task's end of it.
    pub(super) fn new(id: ConnectionId, news: mpsc::Sender<(ConnectionId, News)>) -> (Self, Wires) {
        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (payloads, waiting) = mpsc::channel(MAX_SENDS);
        let wires = Wires {
            id,
            news,
            orders: ordered,
            payloads: waiting,
        };
        (Self { orders, payloads }, wires)
    }

    /// Orders something. A task that ended by itself needs no orders, and one that takes none
    /// for so long is stuck: then this one is lost with it.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.try_send(order);
    }

    /// Queues a payload. [`crate::sends::Sends`] counts no more than fit in here; and where the
    /// session has just ended, its last news answers for all that was not sent.
    pub(super) fn send(&self, payload: Payload) {
        let _ = self.payloads.try_send(payload);
    }
}

/// A task's end of what connects it to the service.
pub(super) struct Wires {
    pub(super) id: ConnectionId,
    pub(super) news: mpsc::Sender<(ConnectionId, News)>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) payloads: mpsc::Receiver<Payload>,
}

impl Wires {
    /// A service that listens no more is about to drop this task as well.
    pub(super) async fn tell(&self, news: News) {
        let _ = self.news.send((self.id, news)).await;
    }
}
