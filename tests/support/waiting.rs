//! Waiting for a child's words and for states that have no event, each with a limit.

#[allow(
    clippy::duplicate_mod,
    reason = "a test may take the lab and the programs, and each brings its own"
)]
#[path = "looking.rs"]
mod looking;

use std::io::{self, BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use looking::look_for;

/// The lines of a child's output, read by a thread so that waiting for one can have a limit.
pub(crate) fn lines(source: impl io::Read + Send + 'static) -> Receiver<String> {
    // More lines than any test reads; a child that says more waits.
    let (sender, receiver) = mpsc::sync_channel(1024);
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The next line; `None` at the end.
///
/// # Panics
/// When nothing comes within `limit`.
pub(crate) fn next(lines: &Receiver<String>, limit: Duration) -> Option<String> {
    match lines.recv_timeout(limit) {
        Ok(line) => Some(line),
        Err(mpsc::RecvTimeoutError::Disconnected) => None,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("no line within {limit:?}"),
    }
}

/// Looks again and again until it is so.
///
/// # Panics
/// When it is not so within `limit`.
pub(crate) fn wait_until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let found = look_for(limit, || is_so().then_some(()));
    assert!(found.is_some(), "not within {limit:?}: {what}");
}

/// A child that does not outlive its test.
pub(crate) struct KilledOnDrop(pub(crate) Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
