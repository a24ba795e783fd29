//! One connection, from its call to its end: a task of its own, that tells the service its news
//! and is steered through a [`Session`].

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use p2p_chat_protocol::transport::{Auth, DisconnectReason};
use p2p_chat_protocol::ui::Direction;
use p2p_chat_protocol::{Payload, Refusal};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::channel::{self, Receiver, SendError, Sender};
use crate::dial;
use crate::sends::MAX_SENDS;
use crate::target::Target;

/// How long a goodbye may take: what was written is under way, and a peer that does not close
/// its side as well (the original program does not) is not waited for any longer.
const FAREWELL: Duration = Duration::from_secs(1);

/// Numbers connections, so that news of one that is gone are known for old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(pub(crate) u64);

/// The two ends of a connection, `host:port`.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) address: String,
    pub(crate) local_address: String,
}

impl Ends {
    /// IPv4 is shown as such, also where it came through an IPv6 socket.
    pub(crate) fn of(stream: &TcpStream) -> std::io::Result<Self> {
        let show = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        let [address, local_address] =
            [stream.peer_addr()?, stream.local_addr()?].map(|end| show(end).to_string());
        Ok(Self {
            address,
            local_address,
        })
    }
}

/// What a session tells.
pub(crate) enum News {
    /// Our call was answered.
    Connected(Ends),
    /// Our call came to nothing.
    Failed(Refusal),
    /// From the peer, in order.
    Received(Vec<Payload>),
    /// The oldest unanswered payload is sent, or cannot be.
    Sent(Result<(), Refusal>),
    /// It is over.
    Ended(DisconnectReason),
}

/// The service's hold on a session; dropping it ends the session at once.
pub(crate) struct Session {
    payloads: mpsc::Sender<Payload>,
    goodbye: oneshot::Sender<()>,
}

impl Session {
    /// A hold and the session's own end of it.
    pub(crate) fn new(id: SessionId, news: mpsc::Sender<(SessionId, News)>) -> (Self, Wires) {
        let (payloads, waiting) = mpsc::channel(MAX_SENDS);
        let (goodbye, ended) = oneshot::channel();
        let wires = Wires {
            id,
            news,
            waiting,
            ended,
        };
        (Self { payloads, goodbye }, wires)
    }

    /// Queues a payload. [`crate::sends::Sends`] counts no more than fit in here; and where the
    /// session has just ended, its last news answers for all that was not sent.
    pub(crate) fn send(&self, payload: Payload) {
        let _ = self.payloads.try_send(payload);
    }

    /// Ends the session so that what was written arrives.
    pub(crate) fn say_goodbye(self) {
        // The session may just have ended by itself.
        let _ = self.goodbye.send(());
    }
}

/// A session's end of what connects it to the service.
pub(crate) struct Wires {
    id: SessionId,
    news: mpsc::Sender<(SessionId, News)>,
    waiting: mpsc::Receiver<Payload>,
    ended: oneshot::Receiver<()>,
}

impl Wires {
    /// A service that listens no more is about to drop this task as well.
    async fn tell(&self, news: News) {
        let _ = self.news.send((self.id, news)).await;
    }
}

/// A session that somebody else began.
pub(crate) async fn answer(stream: TcpStream, caller: String, auth: Auth, mut wires: Wires) {
    let establish = channel::establish(stream, Direction::Incoming, &auth, &caller);
    tokio::select! {
        established = establish => match established {
            Ok(channel) => carry(channel, wires).await,
            Err(_) => wires.tell(News::Ended(DisconnectReason::Cut)).await,
        },
        _ = &mut wires.ended => {}
    }
}

/// A session that we begin.
pub(crate) async fn call(targets: Vec<Target>, auth: Auth, mut wires: Wires) {
    let attempt = async {
        let (stream, target, ends) = dial::dial(targets).await?;
        let establish = channel::establish(stream, Direction::Outgoing, &auth, &target);
        Ok((ends, establish.await?))
    };
    tokio::select! {
        outcome = attempt => match outcome {
            Ok((ends, channel)) => {
                wires.tell(News::Connected(ends)).await;
                carry(channel, wires).await;
            }
            Err(refusal) => wires.tell(News::Failed(refusal)).await,
        },
        _ = &mut wires.ended => {}
    }
}

/// The chat itself: reads and writes until either side has enough.
async fn carry(channel: (Sender, Receiver), wires: Wires) {
    let (mut sender, mut receiver) = channel;
    let Wires {
        id,
        news,
        mut waiting,
        ended,
    } = wires;
    let conversation = async {
        let mut reading = pin!(read_on(&mut receiver, id, &news));
        let reason = tokio::select! {
            reason = &mut reading => reason,
            // What the peer said before the line broke is still to be read. The error was ours
            // to see once; what follows would look like an orderly end.
            () = write_on(&mut sender, &mut waiting, id, &news) => match reading.await {
                DisconnectReason::Left => DisconnectReason::Cut,
                other => other,
            },
        };
        let _ = news.send((id, News::Ended(reason))).await;
    };
    let in_good_order = tokio::select! {
        () = conversation => false,
        goodbye = ended => goodbye.is_ok(),
    };
    if in_good_order {
        let farewell = async {
            sender.close().await;
            receiver.drain().await;
        };
        let _ = timeout(FAREWELL, farewell).await;
    }
}

/// While the service takes no news, nothing is read, and TCP stops the peer.
async fn read_on(
    receiver: &mut Receiver,
    id: SessionId,
    news: &mpsc::Sender<(SessionId, News)>,
) -> DisconnectReason {
    loop {
        let mut payloads = Vec::new();
        if let Err(reason) = receiver.receive(&mut payloads).await {
            return reason;
        }
        let told = news.send((id, News::Received(payloads))).await;
        if told.is_err() {
            return DisconnectReason::Ended;
        }
    }
}

/// Returns when nothing more can be written.
async fn write_on(
    sender: &mut Sender,
    waiting: &mut mpsc::Receiver<Payload>,
    id: SessionId,
    news: &mpsc::Sender<(SessionId, News)>,
) {
    while let Some(payload) = waiting.recv().await {
        let outcome = match sender.send(&payload).await {
            Ok(()) => Ok(()),
            Err(SendError::Refused(refusal)) => Err(refusal),
            Err(SendError::Broken) => return,
        };
        if news.send((id, News::Sent(outcome))).await.is_err() {
            return;
        }
    }
    // The service let go of this session: `ended` says how it wants it.
    std::future::pending().await
}
