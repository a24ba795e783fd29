//! The three clocks of the core.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use p2p_chat_chat::Now;
use p2p_chat_plugin::since_boot;

/// The clocks since the start of the program.
pub(crate) struct Clock {
    started: Instant,
    started_boot: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            started_boot: since_boot(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix_ms = unix.unwrap_or_default().as_millis();
        // In this order, so that the one that runs on during sleep is never behind.
        let elapsed = self.started.elapsed();
        let boot = since_boot().saturating_sub(self.started_boot);
        Now {
            elapsed,
            boot,
            unix_ms: u64::try_from(unix_ms).unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The moment of a [`Now::elapsed`].
    pub(crate) fn at(&self, elapsed: Duration) -> Instant {
        self.started + elapsed
    }
}
