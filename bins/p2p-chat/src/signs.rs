//! Signs of life: whether anything was heard of a plugin lately. A ui whose screen takes nothing
//! reads nothing more, and says an empty line now and then.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use p2p_chat_plugin::Source;
use tokio::io::{AsyncRead, ReadBuf};

/// How often something was read from a plugin.
#[derive(Clone, Default)]
pub(crate) struct Signs(Arc<AtomicU64>);

impl Signs {
    /// Counts what is read from `source`.
    pub(crate) fn of(&self, source: Source) -> Source {
        let signs = self.clone();
        Box::new(Counted { source, signs })
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted {
    source: Source,
    signs: Signs,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.source).poll_read(context, buffer);
        if polled.is_ready() {
            self.signs.0.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}
