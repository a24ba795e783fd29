//! A timer for a loop in which what is due changes at every turn.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod kernel;
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
mod runtime;

use std::io;
use std::time::{Duration, Instant};

#[cfg(any(target_os = "linux", target_os = "android"))]
use kernel::Timer;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use runtime::Timer;

/// What is about to go off: longer than all waits for company, which are up to 20 ms.
const SOON: Duration = Duration::from_millis(25);

/// It may go off too early: who waits for it looks what is due, and sets it again.
pub struct Alarm {
    timer: Timer,
    set_for: Option<Instant>,
}

impl Alarm {
    /// An alarm that does not go off. To be made where tokio runs.
    ///
    /// # Errors
    /// When there are no more descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            timer: Timer::new()?,
            set_for: None,
        })
    }

    /// It goes off at `deadline` at the latest; without one, it may do so once more.
    pub fn set(&mut self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline
            && !self
                .set_for
                .is_some_and(|at| suits(at, deadline, Instant::now))
        {
            self.timer
                .set(deadline.saturating_duration_since(Instant::now()));
            self.set_for = Some(deadline);
        }
    }

    /// Waits for it. Cancel-safe.
    pub async fn rings(&mut self) {
        self.timer.rings().await;
        self.set_for = None;
    }
}

/// Set for `at`, it will do for `deadline`. To set it costs more than to look once in vain what is
/// due; but not for something far away, since nothing that stands still shall be woken in vain.
fn suits(at: Instant, deadline: Instant, now: impl FnOnce() -> Instant) -> bool {
    match deadline.checked_duration_since(at) {
        Some(later) => later <= SOON || at < now() + SOON,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn it_is_set_again_for_what_is_earlier_and_for_what_is_far_away() {
        let now = Instant::now();
        for (at, deadline, suited) in [
            (20_000, 19_999, false),
            (20_000, 20_000, true),
            (10, 20, true),
            (10, 20_000, true),
            (5_000, 20_000, false),
            (20_000, 20_020, true),
        ] {
            let [at_ms, deadline_ms] = [at, deadline].map(|ms| now + Duration::from_millis(ms));
            assert_eq!(suits(at_ms, deadline_ms, || now), suited, "{at} {deadline}");
        }
    }

    #[tokio::test]
    async fn it_rings_for_the_earliest_and_can_be_set_again() {
        let begun = Instant::now();
        let [soon, later, far] = [10, 20, 3_600_000].map(|ms| begun + Duration::from_millis(ms));
        let mut alarm = Alarm::new().expect("there are descriptors");
        alarm.set(Some(far));
        for due in [soon, later] {
            alarm.set(Some(due));
            alarm.set(None);
            let rung = timeout(Duration::from_secs(60), alarm.rings()).await;
            assert!(rung.is_ok() && Instant::now() >= due);
        }
    }
}
