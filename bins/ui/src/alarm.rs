//! One timer for all that the loop has to do in time.

use std::pin::Pin;
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

/// Never rings too late, and sometimes too early: what is due moves on with nearly every text, and
/// to ring once in vain costs less than to set a timer again for each.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    rung: bool,
}

impl Alarm {
    /// An alarm that is set for nothing.
    pub(crate) fn new() -> Self {
        Self {
            sleep: Box::pin(sleep_until(Instant::now().into())),
            rung: true,
        }
    }

    /// Waits until `due`, or less. Cancel-safe.
    pub(crate) async fn ring(&mut self, due: Option<Instant>) {
        let Some(due) = due else {
            return std::future::pending().await;
        };
        if self.rung || due < self.sleep.deadline().into_std() {
            self.sleep.as_mut().reset(due.into());
            self.rung = false;
        }
        self.sleep.as_mut().await;
        self.rung = true;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn it_rings_for_what_is_due_earlier_and_goes_on_to_what_is_due_later() {
        let start = Instant::now();
        let [soon, later, never] = [10, 20, 3_600_000].map(|ms| start + Duration::from_millis(ms));
        let mut alarm = Alarm::new();
        let rings = timeout(Duration::ZERO, alarm.ring(Some(never)));
        assert!(rings.await.is_err());
        for due in [soon, later] {
            let mut times = 0;
            while Instant::now() < due {
                let rings = timeout(Duration::from_secs(60), alarm.ring(Some(due)));
                rings.await.expect("it is due long ago");
                times += 1;
            }
            assert!(times <= 2, "set again after ringing");
        }
    }
}
