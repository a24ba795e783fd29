//! The two clocks. Lives of codes and tickets are counted by one that goes on while this computer
//! sleeps; everything that waits for the network, by the other.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use p2p_chat_plugin::since_boot;
use tokio::time::Sleep;

/// One moment by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Stands still while this computer sleeps.
    pub(crate) awake: Instant,
    /// Since this computer was started, its sleep included.
    pub(crate) since_boot: Duration,
}

impl Now {
    /// What the clocks say.
    pub(crate) fn read() -> Self {
        Self {
            since_boot: since_boot(),
            awake: Instant::now(),
        }
    }

    /// When it will be `at` by the clock that goes on, if this computer stays awake until then.
    pub(crate) fn until(&self, at: Duration) -> Instant {
        self.awake + at.saturating_sub(self.since_boot)
    }

    /// [`now_ms`] at this moment.
    pub(crate) fn ms(&self) -> u64 {
        ms_of(self.awake)
    }
}

/// Milliseconds since this program first asked, by the clock that stands still: the time of
/// sessions, which wait for the network.
pub(crate) fn now_ms() -> u64 {
    ms_of(Instant::now())
}

/// When it will be `ms` by [`Now::ms`].
pub(crate) fn at_ms(ms: u64) -> Instant {
    start() + Duration::from_millis(ms)
}

/// For a deadline that changes with all that happens.
///
/// It may go off too early: who waits for it looks what is due, and sets it again. To arm a timer
/// for less than all others wakes the runtime, so one that is about to go off is not set to
/// something far away, but left as it is until it goes off or is wanted again.
pub(crate) struct Alarm {
    timer: Pin<Box<Sleep>>,
    armed: bool,
}

/// What is about to go off, and a deadline that is later by so little that it is followed. For the
/// last few milliseconds of a timer the kernel sets up the processor's own, at every wait: one that
/// stayed where it is would cost most of the time more than it saves.
const SOON: Duration = Duration::from_millis(10);

/// Timers have no finer steps.
const STEP: Duration = Duration::from_millis(1);

impl Alarm {
    /// An alarm that does not go off.
    pub(crate) fn new() -> Self {
        Self {
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            armed: false,
        }
    }

    /// It goes off at `deadline` at the latest; without one, it may do so once more.
    pub(crate) fn set(&mut self, deadline: Option<Instant>, now: Instant) {
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
            Some(later) => later < STEP || (later > SOON && armed_for < now + SOON),
            None => false,
        }
    }

    /// Waits for it. Cancel-safe.
    pub(crate) async fn rings(&mut self) {
        if !self.armed {
            std::future::pending::<()>().await;
        }
        self.timer.as_mut().await;
        self.armed = false;
    }
}

fn ms_of(moment: Instant) -> u64 {
    let elapsed = moment.saturating_duration_since(start());
    // 2^64 ms are longer than any computer runs.
    elapsed.as_millis().try_into().unwrap_or(u64::MAX)
}

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// After how many milliseconds an alarm goes off that is set to these, one after the other.
    async fn rings_after(deadlines: &[u64]) -> u128 {
        let (mut alarm, begun) = (Alarm::new(), now());
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
        let (mut alarm, begun) = (Alarm::new(), now());
        let [soon, late] = [5, 20_000].map(|ms| begun + Duration::from_millis(ms));
        alarm.set(Some(soon), begun);
        for rings in [soon, late] {
            alarm.set(Some(late), now());
            alarm.rings().await;
            assert_eq!(now(), rings);
        }
    }
}
