//! A clock for what outlives a sleep of the computer: leases, codes, tickets.

use std::time::Duration;

/// Time since any fixed moment. `Instant` stands still while the computer sleeps, and the wall clock
/// may be set; this one does neither.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // It starts at 0 and never runs backwards.
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// Elsewhere the clock that cannot be set is the better of the two: a sleep is noticed only by what
/// it cuts.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn since_boot() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
