//! A timer for a loop in which what is due changes at every turn.

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// For a deadline that changes with all that happens.
///
/// It may go off too early: who waits for it looks what is due, and sets it again. To arm a timer
/// for less than all others wakes the runtime, so one that is about to go off is not set to
/// something far away, but left as it is until it goes off or is wanted again.
pub struct Alarm {
    timer: Pin<Box<Sleep>>,
    armed: bool,
}

/// What is about to go off, and a deadline that is later by so little that it is followed: longer
/// than all waits for company, which are up to 20 ms.
const SOON: Duration = Duration::from_millis(25);

/// Within a tick of the kernel's clock (250 a second), each wait for a timer sets up the
/// processor's own: that costs as much as all the work for a text. So a timer is moved away in time.
const TICK: Duration = Duration::from_millis(4);

impl Default for Alarm {
    /// An alarm that does not go off. To be made where tokio runs.
    fn default() -> Self {
        Self {
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            armed: false,
        }
    }
}

impl Alarm {
    /// It goes off at `deadline` at the latest; without one, it may do so once more.
    pub fn set(&mut self, deadline: Option<Instant>, now: Instant) {
        if let Some(deadline) = deadline
            && !(self.armed && self.suits(deadline, now))
        {
            // Not `reset`, which leaves the runtime with the earlier of two deadlines.
            self.timer.set(tokio::time::sleep_until(deadline.into()));
            self.armed = true;
        }
    }

    /// As it is armed, it will do for this deadline.
    fn suits(&self, deadline: Instant, now: Instant) -> bool {
        let armed_for = self.timer.deadline().into_std();
        match deadline.checked_duration_since(armed_for) {
            Some(later) if later > SOON => armed_for < now + SOON,
            Some(_) => armed_for >= now + TICK,
            None => false,
        }
    }

    /// Waits for it. Cancel-safe.
    pub async fn rings(&mut self) {
        if !self.armed {
            std::future::pending::<()>().await;
        }
        self.timer.as_mut().await;
        self.armed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// After how many milliseconds an alarm goes off that is set to these, one after the other.
    async fn rings_after(deadlines: &[u64]) -> u128 {
        let (mut alarm, begun) = (Alarm::default(), now());
        for &ms in deadlines {
            alarm.set(Some(begun + Duration::from_millis(ms)), begun);
            // As a loop does that waits for other things as well.
            tokio::select! {
                biased;
                () = alarm.rings() => panic!("too early"),
                () = std::future::ready(()) => {}
            }
        }
        alarm.set(None, begun);
        alarm.rings().await;
        (now() - begun).as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_goes_off_at_the_latest_when_it_was_last_set_to() {
        assert_eq!(rings_after(&[20_000]).await, 20_000);
        assert_eq!(rings_after(&[20_000, 5]).await, 5);
        assert_eq!(rings_after(&[5, 9, 12]).await, 12, "followed");
        assert_eq!(rings_after(&[5, 20_000]).await, 5, "left as it was");
        assert_eq!(
            rings_after(&[20_000, 25_000]).await,
            25_000,
            "no early wake"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_that_went_off_too_early_can_be_set_again() {
        let (mut alarm, begun) = (Alarm::default(), now());
        let [soon, late] = [5, 20_000].map(|ms| begun + Duration::from_millis(ms));
        alarm.set(Some(soon), begun);
        for rings in [soon, late] {
            alarm.set(Some(late), now());
            alarm.rings().await;
            assert_eq!(now(), rings);
        }
    }
}
