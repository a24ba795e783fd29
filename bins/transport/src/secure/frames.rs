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
    fn message_deadline(&self) -> Instant {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a byte now and then, so that no single wait is long.
    async fn drip(mut sink: tokio::io::DuplexStream, apart: Duration) {
        use tokio::io::AsyncWriteExt;
        let hello = [&1304_u16.to_be_bytes()[..], &[0; 1304]].concat();
        for byte in hello {
            tokio::time::sleep(apart).await;
            if sink.write_u8(byte).await.is_err() {
                return;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_has_its_time_however_it_comes() {
        for (apart, comes) in [(3, true), (4, false)] {
            let (mut near, far) = tokio::io::duplex(64);
            let clocks = Clocks::start();
            tokio::spawn(drip(far, Duration::from_millis(apart)));
            let mut buffer = BytesMut::new();
            let read = read_message(&mut near, Message::HelloC, &mut buffer, &clocks).await;
            match read {
                Ok(_) => assert!(comes),
                Err(NoMessage::Late) => {
                    assert!(!comes);
                    assert_eq!(clocks.begun.elapsed(), MESSAGE_TIMEOUT);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_messages_together_have_theirs() {
        let mut clocks = Clocks::start();
        for passed in [4, 8, 12] {
            assert_eq!(clocks.message_deadline(), clocks.our_last + MESSAGE_TIMEOUT);
            tokio::time::advance(Duration::from_secs(4)).await;
            clocks.sent();
            assert_eq!(clocks.begun.elapsed(), Duration::from_secs(passed));
        }
        assert_eq!(clocks.message_deadline(), clocks.begun + HANDSHAKE_TIMEOUT);
    }

    #[tokio::test]
    async fn a_length_that_is_none_is_seen_at_its_second_byte() {
        let (mut near, mut far) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut far, &[0xff, 0xff])
            .await
            .expect("room");
        let mut buffer = BytesMut::new();
        let clocks = Clocks::start();
        let read = read_message(&mut near, Message::HelloC, &mut buffer, &clocks).await;
        assert!(matches!(
            read,
            Err(NoMessage::Bad(BadFrame::Length(0xffff)))
        ));
        assert_eq!(&buffer[..], [0xff, 0xff], "it is still there");
    }
}
