//! The payloads that were written, and when the service is told so. Pure.

/// How long that may wait for other news: the supervisor waits for none of it, and waking it costs
/// more than sealing a text.
pub(super) const SOON_MS: u64 = 5;

/// So many bytes are told at once. They are 164 short payloads or one of the longest, and the
/// supervisor hands over 256 or 256 KiB without an answer.
const MANY_BYTES: usize = 65_536;

/// What the service does not know yet.
#[derive(Default)]
pub(super) struct Sent {
    /// So many of the oldest payloads are in the socket's buffer.
    payloads: usize,
    /// Since when the first of them is.
    since_ms: Option<u64>,
    /// So many bytes were written with them.
    bytes: usize,
}

impl Sent {
    /// So many bytes were written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// A payload is written whole.
    pub(super) fn payload(&mut self, now: u64) {
        self.payloads += 1;
        self.since_ms.get_or_insert(now);
    }

    /// When to tell it.
    pub(super) fn due(&self) -> Option<u64> {
        let since = self.since_ms?;
        let many = self.bytes >= MANY_BYTES;
        Some(if many { since } else { since + SOON_MS })
    }

    /// How many payloads there are; from now on they are known.
    pub(super) fn take(&mut self) -> usize {
        std::mem::take(self).payloads
    }
}
