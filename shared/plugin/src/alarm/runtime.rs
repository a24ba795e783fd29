//! A timer of tokio's, where the kernel has none of its own.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// `None` while it is not set.
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(None))
    }

    pub(super) fn set(&mut self, after: Duration) {
        self.0 = Some(Box::pin(sleep(after)));
    }

    pub(super) async fn rings(&mut self) {
        match &mut self.0 {
            Some(sleep) => sleep.await,
            None => std::future::pending().await,
        }
        self.0 = None;
    }
}
