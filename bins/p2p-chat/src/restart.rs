//! Whether and when a plugin that stopped is started again. Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// This many crashes within [`WINDOW`] are no accident.
const MAX_CRASHES: usize = 5;
/// Long enough to hold five crashes with the pauses between them (1 + 2 + 4 + 8 s) and some work.
const WINDOW: Duration = Duration::from_secs(180);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A plugin that lived this long was well; its next crash is a new story.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// Exit codes that say that starting it again cannot help: EX_USAGE and EX_CONFIG of sysexits.h.
const NEVER_AGAIN: [i32; 2] = [64, 78];

/// What to do about a crash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Start it again, after a pause.
    Restart {
        /// How long to wait.
        after: Duration,
    },
    /// It does not work.
    GiveUp,
}

/// The crashes of one plugin.
#[derive(Default)]
pub(crate) struct History {
    crashes: VecDeque<Duration>,
    pause: Duration,
}

impl History {
    /// It crashed at `now` after living for `alive`, with this exit code where it had one.
    pub(crate) fn crashed(&mut self, now: Duration, alive: Duration, code: Option<i32>) -> Verdict {
        if code.is_some_and(|code| NEVER_AGAIN.contains(&code)) {
            return Verdict::GiveUp;
        }
        self.crashes.retain(|at| now.saturating_sub(*at) < WINDOW);
        self.crashes.push_back(now);
        if self.crashes.len() >= MAX_CRASHES {
            return Verdict::GiveUp;
        }
        self.pause = if alive >= WELL_AFTER || self.pause.is_zero() {
            FIRST_PAUSE
        } else {
            (self.pause * 2).min(LONGEST_PAUSE)
        };
        Verdict::Restart { after: self.pause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn pauses_double_and_the_fifth_crash_in_three_minutes_is_the_last() {
        let mut history = History::default();
        for (at, after) in [(0, 1), (1, 2), (3, 4), (7, 8)] {
            let verdict = history.crashed(s(at), SHORT, Some(1));
            assert_eq!(verdict, Verdict::Restart { after: s(after) });
        }
        assert_eq!(history.crashed(s(15), SHORT, None), Verdict::GiveUp);
    }

    #[test]
    fn old_crashes_are_forgotten_and_a_long_life_starts_anew() {
        let mut history = History::default();
        for n in 0..20 {
            let verdict = history.crashed(s(n * 61), s(60), None);
            assert_eq!(verdict, Verdict::Restart { after: s(1) });
        }
        let mut history = History::default();
        for (n, after) in [1, 2, 4, 8, 16, 30, 30].into_iter().enumerate() {
            let at = s(n as u64 * 59);
            assert_eq!(
                history.crashed(at, s(59), None),
                Verdict::Restart { after: s(after) }
            );
        }
    }

    #[test]
    fn a_plugin_that_says_it_cannot_run_is_not_asked_again() {
        for code in [64, 78] {
            assert_eq!(
                History::default().crashed(s(0), s(99), Some(code)),
                Verdict::GiveUp
            );
        }
    }
}
