//! A plugin's stdin: one chunk of whole lines at a time, written as far as there is room.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use p2p_chat_plugin::Sink;
use tokio::io::AsyncWrite;
use tokio::time::{Instant, sleep_until};

use crate::signs::Signs;

/// A plugin that does not read for this long, and gives no sign of life, is stuck.
pub(crate) const STALLED: Duration = Duration::from_secs(10);
/// A timer this late means that the whole computer, or this program, slept; it starts anew.
const LATE: Duration = Duration::from_secs(5);

/// What is on its way to a plugin.
pub(crate) struct Writing {
    /// `None` when it is closed, by us or by the plugin.
    sink: Option<Sink>,
    chunk: Vec<u8>,
    /// So much of the chunk is written.
    written: usize,
    /// All of a chunk is written, and flushed.
    done: bool,
    /// No more comes: the sink is closed behind the chunk.
    ends: bool,
    /// Something was not taken.
    refused: bool,
    /// Since when nothing more could be written, and the signs there were at that time.
    stands: Option<(Instant, u64)>,
    signs: Signs,
}

/// How it went on.
#[derive(Clone, Copy)]
pub(crate) enum Written {
    /// All of the chunk is written.
    All,
    /// Nobody reads any more.
    Refused,
    /// It is not read.
    Stalled,
}

impl Writing {
    pub(crate) fn new(sink: Sink, signs: Signs) -> Self {
        Self {
            sink: Some(sink),
            chunk: Vec::new(),
            written: 0,
            done: true,
            ends: false,
            refused: false,
            stands: None,
            signs,
        }
    }

    /// Whether [`Writing::go_on`] has something to do; then no chunk is taken.
    pub(crate) fn is_busy(&self) -> bool {
        !self.done
    }

    /// Whether it was closed behind the last lines.
    pub(crate) fn is_over(&self) -> bool {
        self.ends && self.sink.is_none()
    }

    /// Whether the last lines did not get there.
    pub(crate) fn lost_its_end(&self) -> bool {
        self.ends && self.refused
    }

    /// Takes a chunk and writes what there is room for, which nearly always is all of it.
    pub(crate) fn take(&mut self, chunk: Vec<u8>) {
        self.chunk = chunk;
        self.done = false;
        self.try_now();
    }

    /// Takes the last lines; behind them it is closed.
    pub(crate) fn end(&mut self, last: &[u8]) {
        self.chunk.extend_from_slice(last);
        self.ends = true;
        self.done = false;
        self.try_now();
    }

    fn try_now(&mut self) {
        // Where it is refused, `go_on` finds that out again and tells.
        let nobody = &mut Context::from_waker(Waker::noop());
        if let Poll::Ready(Written::All) = self.poll(nobody) {
            self.done = true;
        }
    }

    /// Writes the chunk. Cancel-safe.
    pub(crate) async fn go_on(&mut self) -> Written {
        loop {
            let limit = self.stands.map(|(since, _)| since + STALLED);
            tokio::select! {
                // The write first: where it is done at once, no timer is set.
                biased;
                written = std::future::poll_fn(|context| self.poll(context)) => {
                    self.done = true;
                    return written;
                }
                () = sleep_until(limit.unwrap_or_else(|| Instant::now() + STALLED)) => {}
            }
            if self.is_stuck() {
                self.done = true;
                self.sink = None;
                return Written::Stalled;
            }
        }
    }

    /// A sign of life, or a computer that slept, gives it as long again.
    fn is_stuck(&mut self) -> bool {
        let Some((since, signs)) = self.stands else {
            return false;
        };
        let stood = since.elapsed();
        if signs != self.signs.count() || stood > STALLED + LATE {
            self.stands = Some((Instant::now(), self.signs.count()));
            return false;
        }
        stood >= STALLED
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Written> {
        let written = ready!(self.poll_write(context));
        self.refused |= written.is_err();
        if self.refused || self.ends {
            self.sink = None;
        }
        // Not emptied: what was written is not kept.
        self.chunk = Vec::new();
        self.written = 0;
        Poll::Ready(match written {
            Ok(()) => Written::All,
            Err(()) => Written::Refused,
        })
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let Some(sink) = &mut self.sink else {
            return Poll::Ready(Err(()));
        };
        while self.written < self.chunk.len() {
            match Pin::new(&mut *sink).poll_write(context, &self.chunk[self.written..]) {
                Poll::Ready(Ok(count @ 1..)) => {
                    self.written += count;
                    self.stands = None;
                }
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(())),
                Poll::Pending => {
                    let signs = &self.signs;
                    self.stands
                        .get_or_insert_with(|| (Instant::now(), signs.count()));
                    return Poll::Pending;
                }
            }
        }
        let flushed = ready!(Pin::new(sink).poll_flush(context));
        Poll::Ready(flushed.map_err(drop))
    }
}
