//! How work is told to stop, and what tells the whole program so.

use std::io;

use tokio::sync::watch;

/// Stops the work it belongs to when it is dropped.
pub(crate) struct Stopper(
    #[expect(dead_code, reason = "its drop is the signal")] watch::Sender<()>,
);

/// The work's side of a [`Stopper`].
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<()>);

/// A pair that belongs together.
pub(crate) fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(());
    (Stopper(sender), Stop(receiver))
}

impl Stop {
    /// Waits for the drop of the [`Stopper`]. Cancel-safe, and may be called again after it.
    pub(crate) async fn requested(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// The signals that end this program in good order.
pub(crate) struct Signals {
    #[cfg(unix)]
    caught: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    /// From now on these signals no longer kill the process.
    pub(crate) fn catch() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                caught: [
                    signal(SignalKind::interrupt())?,
                    signal(SignalKind::terminate())?,
                    signal(SignalKind::hangup())?,
                ],
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for one of them. Cancel-safe.
    pub(crate) async fn received(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.caught;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
