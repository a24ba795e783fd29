//! What connects the service, which decides, with the task of a handshake, which reads and writes.

use bytes::BytesMut;
use p2p_chat_protocol::Refusal;
use p2p_chat_secure_channel::Channel;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::connection::{ConnectionId, Ends};

/// Orders that wait for a task: it awaits one at a time.
const MAX_ORDERS: usize = 1;

/// What the task of a caller is told to do.
pub(super) enum Order {
    /// Send this, and await the caller's proof.
    Answer(Vec<u8>),
    /// Close, as always after a message that failed.
    Refuse,
}

/// What a task tells.
pub(crate) enum News {
    /// The caller's first message, whole.
    Hello(BytesMut),
    /// The caller's proof, whole. The task is done.
    Proof(Box<Proof>),
    /// The caller is gone, and was not in.
    Gone,
    /// Our call was answered by the right one. The task is done.
    Joined(Box<Joined>),
    /// Our call came to nothing.
    Failed(Refusal),
}

/// What a caller shows, who waits for what comes of it.
pub(crate) struct Proof {
    pub(super) stream: TcpStream,
    pub(super) message: BytesMut,
    /// When it came.
    pub(super) at: Instant,
    /// When the handshake must be done.
    pub(super) deadline: Instant,
}

/// Somebody whom we called.
pub(crate) struct Joined {
    pub(super) stream: TcpStream,
    pub(super) ends: Ends,
    pub(super) channel: Channel,
    /// Came behind the last message of the handshake.
    pub(super) rest: BytesMut,
}

/// The service's hold on a handshake; dropping it ends the task.
pub(super) struct Hold {
    orders: mpsc::Sender<Order>,
}

impl Hold {
    /// A hold, and the task's end of it.
    pub(super) fn new(id: ConnectionId, news: mpsc::Sender<(ConnectionId, News)>) -> (Self, Wires) {
        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let wires = Wires {
            id,
            news,
            orders: ordered,
        };
        (Self { orders }, wires)
    }

    /// Orders something. A task that ended by itself needs no orders.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.try_send(order);
    }
}

/// A task's end of what connects it to the service.
pub(super) struct Wires {
    pub(super) id: ConnectionId,
    pub(super) news: mpsc::Sender<(ConnectionId, News)>,
    pub(super) orders: mpsc::Receiver<Order>,
}

impl Wires {
    /// A service that listens no more is about to drop this task as well.
    pub(super) async fn tell(&self, news: News) {
        let _ = self.news.send((self.id, news)).await;
    }
}
