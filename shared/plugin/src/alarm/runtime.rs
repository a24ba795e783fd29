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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn it_rings_for_what_it_was_last_set_to_and_once() {
        let (begun, ten) = (Instant::now(), Duration::from_millis(10));
        let mut timer = Timer::new().expect("it cannot fail");
        timer.set(Duration::from_secs(3600));
        timer.set(ten);
        let rung = timeout(Duration::from_secs(60), timer.rings()).await;
        assert!(rung.is_ok() && begun.elapsed() >= ten);
        assert!(timeout(ten, timer.rings()).await.is_err());
    }
}
