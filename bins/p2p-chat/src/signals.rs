//! Signals that ask the program to end.

use tokio::sync::mpsc;

/// SIGINT, SIGTERM and SIGHUP: all mean `/quit`.
pub(crate) struct Signals(mpsc::Receiver<()>);

impl Signals {
    /// Watched by a task of their own: the loop, which looks here at every turn, has one thing to
    /// look at.
    pub(crate) fn watch() -> std::io::Result<Self> {
        let mut watched = Watched::begin()?;
        let (tell, told) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                watched.next().await;
                if tell.send(()).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self(told))
    }

    /// The next one. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        // Its task never ends before us.
        let _ = self.0.recv().await;
    }
}

#[cfg(unix)]
struct Watched([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Watched {
    fn begin() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Watched;

#[cfg(not(unix))]
impl Watched {
    fn begin() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
