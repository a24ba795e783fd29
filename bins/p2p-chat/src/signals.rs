//! Signals that ask the program to end.

/// SIGINT, SIGTERM and SIGHUP: all mean `/quit`.
pub(crate) struct Signals {
    #[cfg(unix)]
    watched: [tokio::signal::unix::Signal; 3],
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn watch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            watched: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    /// The next one. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.watched;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn watch() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The next one. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
