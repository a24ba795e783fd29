//! One message of a handshake, read within its time.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use p2p_chat_secure_channel::{BadFrame, Message, take_message};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

/// For each message, from our last one: many round trips over any line, and a stranger who says
/// nothing is not kept for longer.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// For the whole handshake, however it is spread.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// More than any message of a handshake: all of it comes with one read.
const READ_SIZE: usize = 2048;

/// How long a handshake may take: both sides have the same clocks.
#[derive(Clone, Copy)]
pub(super) struct Clocks {
    begun: Instant,
    our_last: Instant,
}

impl Clocks {
    /// The connection is there.
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            our_last: now,
        }
    }

    /// We sent a message.
    pub(super) fn sent(&mut self) {
        self.our_last = Instant::now();
    }

    /// When the next message must be whole.
    pub(super) fn message_deadline(&self) -> Instant {
        (self.our_last + MESSAGE_TIMEOUT).min(self.deadline())
    }

    /// When all must be done.
    pub(super) fn deadline(&self) -> Instant {
        self.begun + HANDSHAKE_TIMEOUT
    }
}

/// Why there is no message.
#[derive(Debug)]
pub(super) enum NoMessage {
    /// What came is none of ours.
    Bad(BadFrame),
    /// The connection ended, or broke.
    Ended,
    /// It took too long.
    Late,
}

impl From<io::Error> for NoMessage {
    fn from(_: io::Error) -> Self {
        Self::Ended
    }
}

/// Reads the awaited message into `buffer` and takes it out; what else was read stays in there.
pub(super) async fn read_message(
    source: &mut (impl AsyncRead + Unpin),
    awaited: Message,
    buffer: &mut BytesMut,
    clocks: &Clocks,
) -> Result<BytesMut, NoMessage> {
    let reading = async {
        loop {
            match take_message(awaited, buffer) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(bad) => return Err(NoMessage::Bad(bad)),
            }
            buffer.reserve(READ_SIZE);
            if source.read_buf(buffer).await? == 0 {
                return Err(NoMessage::Ended);
            }
        }
    };
    let late = |_| Err(NoMessage::Late);
    timeout_at(clocks.message_deadline(), reading)
        .await
        .unwrap_or_else(late)
}
