//! When the router is asked again. Pure: time comes as an argument, counted from any start.

use std::time::Duration;

/// The longest lease: a day. After a crash of this computer the port must not stay open for ever,
/// which is also why there is no lease of 0: routers take that for "never ends".
const LONGEST: Duration = Duration::from_secs(86_400);

/// The first pause after a lost mapping: a router that restarts needs about a minute.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// Pauses double up to this one: a router that is gone for hours is not worth more traffic.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// A lease of so many seconds, if it may be asked for.
pub(crate) fn length(seconds: u32) -> Option<Duration> {
    let length = Duration::from_secs(seconds.into());
    (Duration::from_secs(1)..=LONGEST)
        .contains(&length)
        .then_some(length)
}

/// The schedule of one mapping.
pub(crate) struct Lease {
    length: Duration,
    due: Duration,
    /// The next pause between two attempts; none while the mapping is held.
    pause: Option<Duration>,
}

impl Lease {
    /// A lease granted `now`.
    pub(crate) fn granted(length: Duration, now: Duration) -> Self {
        Self {
            length,
            due: now + length / 2,
            pause: None,
        }
    }

    /// When the router is to be asked next.
    pub(crate) fn due(&self) -> Duration {
        self.due
    }

    /// The router granted it again. Says whether it was lost before.
    pub(crate) fn renewed(&mut self, now: Duration) -> bool {
        let was_lost = self.pause.is_some();
        *self = Self::granted(self.length, now);
        was_lost
    }

    /// The router did not grant it. Says whether it is lost only now.
    pub(crate) fn failed(&mut self, now: Duration) -> bool {
        let lost_now = self.pause.is_none();
        let pause = self.pause.unwrap_or(FIRST_PAUSE);
        self.due = now + pause;
        self.pause = Some((pause * 2).min(LONGEST_PAUSE));
        lost_now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn it_is_renewed_at_half_of_the_lease() {
        let mut lease = Lease::granted(seconds(3600), seconds(100));
        assert_eq!(lease.due(), seconds(1900));
        assert!(!lease.renewed(seconds(1905)));
        assert_eq!(lease.due(), seconds(3705));
    }

    #[test]
    fn pauses_after_a_loss_double_from_30_s_to_30_min() {
        let mut lease = Lease::granted(seconds(3600), seconds(0));
        let mut pauses = Vec::new();
        let mut now = seconds(1800);
        for _ in 0..9 {
            lease.failed(now);
            pauses.push((lease.due() - now).as_secs());
            now = lease.due();
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
    }

    #[test]
    fn a_loss_is_new_once_and_so_is_the_return() {
        let mut lease = Lease::granted(seconds(60), seconds(0));
        assert!(lease.failed(seconds(30)));
        assert!(!lease.failed(seconds(60)));
        assert!(lease.renewed(seconds(120)));
        assert!(!lease.renewed(seconds(150)));
        assert!(lease.failed(seconds(180)));
        assert_eq!(lease.due(), seconds(210), "the pauses start anew");
    }

    #[test]
    fn a_lease_lasts_from_a_second_to_a_day() {
        assert_eq!(length(0), None);
        assert_eq!(length(1), Some(seconds(1)));
        assert_eq!(length(86_400), Some(LONGEST));
        assert_eq!(length(86_401), None);
    }
}
