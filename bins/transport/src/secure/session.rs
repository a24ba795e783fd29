//! A session, from the handshake to its end: a socket, and what is known of what goes through it.
//! The service reads all there is, opens it, and tells it once; takes all that waits, seals it, and
//! writes once.

mod sent;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::{Payload, Private};
use p2p_chat_secure_channel::{Channel, CloseReason, WordsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout, timeout_at};

pub(super) use self::state::{Progress, Told};
use self::state::{READ_SIZE, State};
use crate::clock::{self, now_ms};

/// How long the last bytes may take, whose reader has said goodbye already.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// A session.
pub(super) struct Session {
    stream: TcpStream,
    state: State,
    /// It is over, for this reason.
    over: Option<DisconnectReason>,
}

impl Session {
    /// The listener's: its last message goes out when the tickets were told.
    pub(super) fn admitted(stream: TcpStream, channel: Channel, auth_l: &[u8]) -> Self {
        Self::new(stream, State::admitted(channel, auth_l))
    }

    /// The connector's. `rest` came behind the last message of the handshake.
    pub(super) fn joined(stream: TcpStream, channel: Channel, rest: BytesMut) -> Self {
        Self::new(stream, State::joined(channel, rest))
    }

    fn new(stream: TcpStream, state: State) -> Self {
        Self {
            stream,
            state,
            over: None,
        }
    }

    /// Does all that can be done at once: one text is one pass. Says when and why it is over.
    pub(super) fn go_on(&mut self, now: u64) -> Option<DisconnectReason> {
        if self.over.is_none() {
            self.over = self.open_and_seal(now);
        }
        self.over
    }

    fn open_and_seal(&mut self, now: u64) -> Option<DisconnectReason> {
        if self.state.is_due(now) {
            // What came meanwhile counts as heard, also where nobody had time for it.
            let _ = self.stream.try_read_buf(&mut self.state.input);
        }
        loop {
            let over = self.state.go_on(now);
            if over.is_some() {
                return over;
            }
            let wrote = self.state.writes() && self.write(now);
            if !wrote || !self.state.has_unsealed() {
                return None;
            }
        }
    }

    /// Writes what the socket takes without a wait. Says whether it took something.
    fn write(&mut self, now: u64) -> bool {
        let count = match self.stream.try_write(&self.state.out) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // 0: it takes no more.
            written => written.unwrap_or(0),
        };
        self.state.out.advance(count);
        self.state.written(count, now);
        true
    }

    /// Reads what comes, or waits until it can write. Cancel-safe: what got lost would be missing
    /// in the stream.
    pub(super) async fn stirs(&mut self) {
        let (mut reader, writer) = self.stream.split();
        let (reads, writes) = (self.state.reads(), self.state.writes());
        self.state.input.reserve(READ_SIZE);
        tokio::select! {
            read = reader.read_buf(&mut self.state.input), if reads => {
                if !matches!(read, Ok(1..)) {
                    self.over = Some(DisconnectReason::Cut);
                }
            }
            _ = writer.writable(), if writes => {}
            else => std::future::pending().await,
        }
    }

    /// What the user is to say, where nobody is verified yet.
    pub(super) fn words_to_say(&self) -> Option<Private> {
        self.state.words_to_say()
    }

    /// When to go on, though nothing happens.
    pub(super) fn deadline(&self, now: u64) -> Option<Instant> {
        self.state.deadline_ms(now).map(clock::at_ms)
    }

    /// The supervisor has all it was told. Says whether something waited for that: what may be
    /// written now, or news that came while it took nothing.
    pub(super) fn told(&mut self, now: u64) -> bool {
        let released = self.state.release();
        released || self.state.has_news(now)
    }

    pub(super) fn has_news(&self, now: u64) -> bool {
        self.state.has_news(now)
    }

    /// All there is to tell.
    pub(super) fn news(&mut self) -> Progress {
        self.state.news()
    }

    /// We have said goodbye of ourselves, for this reason; it is told once.
    pub(super) fn leaves(&mut self) -> Option<DisconnectReason> {
        self.state.leaves()
    }

    /// A payload to send. [`crate::sends::Sends`] limits those that wait.
    pub(super) fn send(&mut self, payload: Payload) {
        self.state.take(payload);
    }

    /// Compares the words the user heard.
    pub(super) fn verify(&mut self, typed: &str) -> Result<(), WordsError> {
        self.state.verify(typed, now_ms())
    }

    /// Finds out whether the line still works.
    pub(super) fn probe(&mut self) {
        self.state.probe(now_ms());
    }

    /// Says goodbye, after all that was to be sent.
    pub(super) async fn close(mut self, reason: CloseReason) {
        self.state.close(reason, now_ms());
        self.part().await;
    }

    /// Carries a goodbye to its end, for which the channel has a limit.
    pub(super) async fn part(mut self) {
        let reason = loop {
            let now = now_ms();
            if let Some(reason) = self.go_on(now) {
                break reason;
            }
            // A goodbye always has one; who has none waits for nobody.
            let Some(deadline) = self.deadline(now) else {
                return;
            };
            // Late or not: what is to be done now is known above.
            let _ = timeout_at(deadline.into(), self.stirs()).await;
        };
        if reason != DisconnectReason::Cut {
            // The peer may have closed its side already; then nobody reads this.
            let _ = timeout(LAST_WRITE, self.stream.write_all(&self.state.out)).await;
        }
    }
}
