//! Time as a router sees it: it goes on while this computer sleeps.

use std::time::{Duration, Instant, SystemTime};

/// Time since its start. `Instant` stands still in suspend and the wall clock may be set back, so
/// every step counts the larger of what the two say.
pub(crate) struct Clock {
    steady: Instant,
    wall: SystemTime,
    elapsed: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            steady: Instant::now(),
            wall: SystemTime::now(),
            elapsed: Duration::ZERO,
        }
    }

    pub(crate) fn now(&mut self) -> Duration {
        self.advance(Instant::now(), SystemTime::now())
    }

    fn advance(&mut self, steady: Instant, wall: SystemTime) -> Duration {
        let awake = steady.saturating_duration_since(self.steady);
        let by_the_wall = wall.duration_since(self.wall).unwrap_or_default();
        self.elapsed += awake.max(by_the_wall);
        (self.steady, self.wall) = (steady, wall);
        self.elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_sleep_and_never_runs_backwards() {
        let mut clock = Clock::start();
        let (steady, wall) = (clock.steady, clock.wall);
        let seconds = Duration::from_secs;
        assert_eq!(
            clock.advance(steady + seconds(2), wall + seconds(2)),
            seconds(2)
        );
        let slept = clock.advance(steady + seconds(3), wall + seconds(3600));
        assert_eq!(slept, seconds(3600));
        let set_back = clock.advance(steady + seconds(4), wall);
        assert_eq!(set_back, seconds(3601));
    }
}
