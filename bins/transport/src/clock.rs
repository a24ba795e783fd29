//! The two clocks. Lives of codes and tickets are counted by one that goes on while this computer
//! sleeps; everything that waits for the network, by the other.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use p2p_chat_plugin::since_boot;

/// One moment by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Stands still while this computer sleeps.
    pub(crate) awake: Instant,
    /// Since this computer was started, its sleep included.
    pub(crate) since_boot: Duration,
}

impl Now {
    /// What the clocks say.
    pub(crate) fn read() -> Self {
        Self {
            since_boot: since_boot(),
            awake: Instant::now(),
        }
    }

    /// When it will be `at` by the clock that goes on, if this computer stays awake until then.
    pub(crate) fn until(&self, at: Duration) -> Instant {
        self.awake + at.saturating_sub(self.since_boot)
    }

    /// [`now_ms`] at this moment.
    pub(crate) fn ms(&self) -> u64 {
        ms_of(self.awake)
    }
}

/// Milliseconds since this program first asked, by the clock that stands still: the time of
/// sessions, which wait for the network.
pub(crate) fn now_ms() -> u64 {
    ms_of(Instant::now())
}

/// When it will be `ms` by [`Now::ms`].
pub(crate) fn at_ms(ms: u64) -> Instant {
    start() + Duration::from_millis(ms)
}

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

fn ms_of(moment: Instant) -> u64 {
    let elapsed = moment.saturating_duration_since(start());
    // 2^64 ms are longer than any computer runs.
    elapsed.as_millis().try_into().unwrap_or(u64::MAX)
}
