//! One connection, from its call to its end: a task of its own, that tells the service its news
//! and is steered through a [`Session`].

use std::pin::pin;
use std::time::Duration;

use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::ui::Direction;
use p2p_chat_protocol::{Payload, Refusal};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::establish::{Receiver, Sender, establish};
use super::write::SendError;
use crate::connection::{ConnectionId, Ends};
use crate::dial::Race;
use crate::sends::MAX_SENDS;
use crate::target::Target;

/// How long a goodbye may take: what was written is under way, and a peer that does not close
/// its side as well (the original program does not) is not waited for any longer.
const FAREWELL: Duration = Duration::from_secs(1);

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
pub(super) struct Session {
    payloads: mpsc::Sender<Payload>,
    goodbye: oneshot::Sender<()>,
}

impl Session {
    /// A hold and the session's own end of it.
    pub(super) fn new(id: ConnectionId, news: mpsc::Sender<(ConnectionId, News)>) -> (Self, Wires) {
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
    pub(super) fn send(&self, payload: Payload) {
        let _ = self.payloads.try_send(payload);
    }

    /// Ends the session so that what was written arrives.
    pub(super) fn say_goodbye(self) {
        // The session may just have ended by itself.
        let _ = self.goodbye.send(());
    }
}

/// A session's end of what connects it to the service.
pub(super) struct Wires {
    id: ConnectionId,
    news: mpsc::Sender<(ConnectionId, News)>,
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
pub(super) async fn answer(stream: TcpStream, caller: String, mut wires: Wires) {
    tokio::select! {
        established = establish(stream, Direction::Incoming, &caller) => match established {
            Ok(channel) => carry(channel, wires).await,
            Err(_) => wires.tell(News::Ended(DisconnectReason::Cut)).await,
        },
        _ = &mut wires.ended => {}
    }
}

/// A session that we begin.
pub(super) async fn call(targets: Vec<Target>, mut wires: Wires) {
    let attempt = async {
        let (stream, target, ends) = Race::new(targets).next().await?;
        Ok((ends, establish(stream, Direction::Outgoing, &target).await?))
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
    id: ConnectionId,
    news: &mpsc::Sender<(ConnectionId, News)>,
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
    id: ConnectionId,
    news: &mpsc::Sender<(ConnectionId, News)>,
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
