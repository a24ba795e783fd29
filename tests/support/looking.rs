//! Looking again and again, for what no event tells a test: the end of a process, a rule of a router,
//! a state of two programs. The one place where a test sleeps while it waits.

use std::time::{Duration, Instant};

/// Between two looks: less than anything that is waited for takes, and nothing for the processor.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What `look` finds; `None` when it has found nothing within `limit`.
pub(crate) fn look_for<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        match look() {
            None if begun.elapsed() < limit => std::thread::sleep(LOOK_AGAIN),
            found => return found,
        }
    }
}
