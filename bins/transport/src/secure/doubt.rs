//! Reasons to ask at once whether the line still works: this computer slept, or it is in another
//! network. Pure: both clocks and the addresses are arguments.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::clock::Now;

/// One clock ran so far ahead of the other: a sleep. Less is no reason, a line outlives it.
const SLEEP: Duration = Duration::from_secs(5);

/// Between two looks at the clocks and addresses while nothing happens: a person who opens a
/// computer needs about as long to type, and it wakes this process five times less often than a
/// look every second would.
const LOOK: Duration = Duration::from_secs(5);

/// What was seen last.
#[derive(Debug)]
pub(super) struct Doubt {
    clocks: Now,
    ways_out: Vec<IpAddr>,
    looked: Instant,
}

impl Doubt {
    /// The line works now.
    pub(super) fn none(now: Now, ways_out: Vec<IpAddr>) -> Self {
        Self {
            clocks: now,
            ways_out,
            looked: now.awake,
        }
    }

    /// Whether there is a reason since the last time this was asked.
    pub(super) fn arises(&mut self, now: Now, ways_out: impl FnOnce() -> Vec<IpAddr>) -> bool {
        let passed = now.since_boot.saturating_sub(self.clocks.since_boot);
        let awake = now.awake.saturating_duration_since(self.clocks.awake);
        self.clocks = now;
        let slept = passed.saturating_sub(awake) >= SLEEP;
        if !slept && now.awake < self.deadline() {
            return false;
        }
        self.looked = now.awake;
        let before = std::mem::replace(&mut self.ways_out, ways_out());
        slept || before != self.ways_out
    }

    /// When to ask again, though nothing happens.
    pub(super) fn deadline(&self) -> Instant {
        self.looked + LOOK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1))];
    const AWAY: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1))];

    fn now() -> Now {
        Now {
            awake: Instant::now(),
            since_boot: Duration::from_secs(1000),
        }
    }

    /// `awake` later, after `asleep` in between.
    fn later(now: Now, awake: u64, asleep: u64) -> Now {
        Now {
            awake: now.awake + Duration::from_secs(awake),
            since_boot: now.since_boot + Duration::from_secs(awake + asleep),
        }
    }

    #[test]
    fn a_sleep_is_a_reason_once_and_at_once() {
        let start = now();
        let mut doubt = Doubt::none(start, HOME.to_vec());
        assert!(!doubt.arises(later(start, 1, 4), || HOME.to_vec()));
        let woken = later(start, 1, 9);
        assert!(doubt.arises(woken, || HOME.to_vec()));
        assert!(!doubt.arises(later(woken, 100, 0), || HOME.to_vec()));
    }

    #[test]
    fn another_network_is_a_reason_once() {
        let start = now();
        let mut doubt = Doubt::none(start, HOME.to_vec());
        let looked = later(start, 5, 0);
        assert_eq!(doubt.deadline(), looked.awake);
        assert!(doubt.arises(looked, || AWAY.to_vec()));
        assert!(!doubt.arises(later(looked, 5, 0), || AWAY.to_vec()));
        assert!(doubt.arises(later(looked, 10, 0), Vec::new));
    }

    #[test]
    fn addresses_are_looked_at_now_and_then_only() {
        let start = now();
        let mut doubt = Doubt::none(start, HOME.to_vec());
        let too_soon = || -> Vec<IpAddr> { panic!("looked at") };
        assert!(!doubt.arises(later(start, 4, 0), too_soon));
    }
}
