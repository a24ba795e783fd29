//! Notices that this computer is in another network, where a line it had may lead nowhere. Pure:
//! time and the addresses are arguments.

use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Between two looks: a person who carries a computer elsewhere takes about as long to open it. Each
/// wakes the processor, and all four processes together should do that less than once a second.
const LOOK: Duration = Duration::from_secs(10);

/// The addresses this computer had when it looked.
#[derive(Debug)]
pub(super) struct Whereabouts {
    ways_out: Vec<IpAddr>,
    looked: Instant,
}

impl Whereabouts {
    /// It is here now.
    pub(super) fn here(now: Instant, ways_out: Vec<IpAddr>) -> Self {
        Self {
            ways_out,
            looked: now,
        }
    }

    /// Whether it is elsewhere; looks only where it is time to.
    pub(super) fn changed(&mut self, now: Instant, ways_out: impl FnOnce() -> Vec<IpAddr>) -> bool {
        if now < self.deadline() {
            return false;
        }
        self.looked = now;
        let before = std::mem::replace(&mut self.ways_out, ways_out());
        before != self.ways_out
    }

    /// When to look again.
    pub(super) fn deadline(&self) -> Instant {
        self.looked + LOOK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1))];
    const AWAY: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1))];

    #[test]
    fn another_network_is_noticed_once() {
        let start = Instant::now();
        let mut whereabouts = Whereabouts::here(start, HOME.to_vec());
        assert!(!whereabouts.changed(start + LOOK, || HOME.to_vec()));
        assert_eq!(whereabouts.deadline(), start + LOOK * 2);
        assert!(whereabouts.changed(start + LOOK * 2, || AWAY.to_vec()));
        assert!(!whereabouts.changed(start + LOOK * 3, || AWAY.to_vec()));
        assert!(
            whereabouts.changed(start + LOOK * 4, Vec::new),
            "in no network at all"
        );
    }

    #[test]
    fn it_looks_now_and_then_only() {
        let start = Instant::now();
        let mut whereabouts = Whereabouts::here(start, HOME.to_vec());
        let too_soon = || -> Vec<IpAddr> { panic!("it looked") };
        assert!(!whereabouts.changed(start + LOOK / 2, too_soon));
    }
}
