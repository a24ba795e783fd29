//! What waits for stdout.
//!
//! What a write left over stays here, not in the loop's `select!`, so the loop can go on watching
//! stdin meanwhile: a supervisor that reads no more may still say goodbye.

use std::io;

use p2p_chat_plugin::{LineWriter, Sink};
use p2p_chat_protocol::Refusal;
use p2p_chat_protocol::transport::TransportEvent;

/// The events and replies a stuck supervisor may leave lying here before stdin is left alone.
/// It has at most 256 requests outstanding, and each is worth one reply and few events.
const MAX_WAITING: usize = 1024;

/// Events and replies in their order.
pub(crate) struct Outbox {
    writer: LineWriter<Sink>,
    waiting: Vec<(Option<u64>, TransportEvent)>,
}

impl Outbox {
    pub(crate) fn new(writer: LineWriter<Sink>) -> Self {
        Self {
            writer,
            waiting: Vec::new(),
        }
    }

    /// Adds something that was not asked for.
    pub(crate) fn event(&mut self, event: TransportEvent) {
        self.waiting.push((None, event));
    }

    /// Adds the answer to request `id`. Who gave no id wants no `ok` and no `error`.
    pub(crate) fn reply(&mut self, id: Option<u64>, answer: Result<TransportEvent, Refusal>) {
        let event = answer.unwrap_or_else(TransportEvent::Error);
        let is_verdict = matches!(event, TransportEvent::Ok | TransportEvent::Error(_));
        if id.is_some() || !is_verdict {
            self.waiting.push((id, event));
        }
    }

    /// stdout took all there was when it was last written to.
    pub(crate) fn is_open(&self) -> bool {
        self.writer.is_empty()
    }

    /// All of it is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.writer.is_empty()
    }

    /// There is room for the answers to another batch of requests.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING
    }

    /// Writes all there is, together. Cancel-safe: a write under way is taken up again.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        loop {
            self.writer.flush().await?;
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.fill();
        }
    }

    /// Writes what stdout takes without a wait. Says whether that was all.
    pub(crate) async fn flush_at_once(&mut self) -> io::Result<bool> {
        while self.writer.flush_at_once().await? {
            if self.waiting.is_empty() {
                return Ok(true);
            }
            self.fill();
        }
        Ok(false)
    }

    fn fill(&mut self) {
        for (reply_to, event) in self.waiting.drain(..) {
            self.writer.reply(reply_to, &event);
        }
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_plugin::Pipe;
    use p2p_chat_protocol::ErrorCode;

    use super::*;

    #[tokio::test]
    async fn a_dropped_flush_is_taken_up_again_and_tears_no_line() {
        let (near, mut far) = Pipe::memory();
        let mut outbox = Outbox::new(near.writer);
        // More than the pipe holds, so that the write stops in the middle.
        let long = "x".repeat(100_000);
        outbox.reply(Some(1), Err(Refusal::new(ErrorCode::Internal, &*long)));
        tokio::select! {
            biased;
            _ = outbox.flush() => panic!("it cannot have been written whole"),
            () = tokio::task::yield_now() => {}
        }
        outbox.reply(Some(2), Ok(TransportEvent::Ok));
        let (written, lines) = tokio::join!(outbox.flush(), async {
            let first = far.reader.next().await.expect("readable").expect("a line");
            let second = far.reader.next().await.expect("readable").expect("a line");
            (first.len(), second)
        });
        written.expect("written");
        assert!(lines.0 > 100_000);
        assert_eq!(lines.1, br#"{"type":"ok","reply_to":2}"#.as_slice());
    }

    #[tokio::test]
    async fn who_gave_no_id_gets_no_verdict() {
        let (near, _far) = Pipe::memory();
        let mut outbox = Outbox::new(near.writer);
        outbox.reply(None, Ok(TransportEvent::Ok));
        outbox.reply(None, Err(Refusal::new(ErrorCode::Busy, "not now")));
        assert!(outbox.is_empty());
    }
}
