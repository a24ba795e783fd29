//! A timer of the kernel's own. It is set once, while tokio's make each wait one with a limit, for
//! which the kernel sets up a timer and takes it back: a tenth of the time it takes to wake.

use std::io;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// It is read like a pipe: eight bytes when it goes off.
pub(super) struct Timer(Receiver);

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        Receiver::from_owned_fd_unchecked(timer).map(Self)
    }

    pub(super) fn set(&mut self, after: Duration) {
        // Zero would stop it.
        let after = after.max(Duration::from_nanos(1));
        let it_value = Timespec::try_from(after).unwrap_or(Timespec {
            // Longer than any computer runs.
            tv_sec: i64::MAX,
            tv_nsec: 0,
        });
        let it_interval = Timespec::default();
        let once = Itimerspec {
            it_interval,
            it_value,
        };
        let set = timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once);
        set.expect("a timer of ours, and a time that is one");
    }

    pub(super) async fn rings(&mut self) {
        // More than there is, so that tokio knows that it has all.
        let mut count = [0; 16];
        // It cannot fail; if it did, whoever waits would look what is due.
        let _ = self.0.read(&mut count).await;
    }
}
