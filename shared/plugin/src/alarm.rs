//! A timer for a loop in which what is due changes at every turn.

use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

/// Waits for one time after the other.
///
/// To set a timer, and to take it back, costs more than the turn of a loop that passes on a line.
/// So it is set anew only for an earlier time; where it was set for one that nobody waits for any
/// more, it wakes the loop once too often.
#[derive(Default)]
pub struct Alarm {
    set: Option<Instant>,
    /// Made with the first time there is.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Waits until `due`, or a time that was due before; for ever where there is none. Cancel-safe.
    pub async fn reaches(&mut self, due: Option<Instant>) {
        let Some(due) = due else {
            return std::future::pending().await;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if self.set.is_none_or(|set| due < set) {
            sleep.as_mut().reset(due);
            self.set = Some(due);
        }
        sleep.as_mut().await;
        self.set = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_never_late_and_at_most_once_too_early() {
        let start = Instant::now();
        let after = |ms| Some(start + Duration::from_millis(ms));
        let mut alarm = Alarm::default();
        for due in [after(100), after(50), None, after(200)] {
            let waited = timeout(Duration::from_millis(1), alarm.reaches(due)).await;
            assert!(waited.is_err(), "not yet");
        }
        alarm.reaches(after(200)).await;
        assert_eq!(Instant::now(), start + Duration::from_millis(50));
        alarm.reaches(after(200)).await;
        assert_eq!(Instant::now(), start + Duration::from_millis(200));
    }
}
