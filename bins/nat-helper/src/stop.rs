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

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caught {
    /// Ctrl-C, which a terminal sends to a command that was started here as well.
    Interrupt,
    Terminate,
    Hangup,
}

/// The signals that end this program in good order.
pub(crate) struct Signals {
    #[cfg(unix)]
    caught: [tokio::signal::unix::Signal; 3],
    /// How many came.
    count: u32,
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
                count: 0,
            })
        }
        #[cfg(not(unix))]
        Ok(Self { count: 0 })
    }

    /// Waits for one of them. Cancel-safe.
    pub(crate) async fn received(&mut self) -> Caught {
        let caught = self.next().await;
        self.count += 1;
        caught
    }

    /// Waits for the second of all that came since the beginning: whoever asks twice wants the end
    /// at once, whatever is left undone. Cancel-safe.
    pub(crate) async fn impatience(&mut self) {
        while self.count < 2 {
            self.received().await;
        }
    }

    async fn next(&mut self) -> Caught {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.caught;
            tokio::select! {
                _ = interrupt.recv() => Caught::Interrupt,
                _ = terminate.recv() => Caught::Terminate,
                _ = hangup.recv() => Caught::Hangup,
            }
        }
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => Caught::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
