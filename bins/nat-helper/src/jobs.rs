//! Which work goes on at the same time.
//!
//! Jobs of one port run one after another: a new one stops the port's last one and waits for its
//! end, which is when that one's mapping is removed. All others run side by side.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::stop::{self, Stop, Stopper};

/// At most so many jobs at a time: a chat needs two, and each may keep a router busy.
pub(crate) const MAX_JOBS: u32 = 16;

/// All jobs that have not ended.
pub(crate) struct Jobs {
    /// One permit a job, given back at its end.
    places: Arc<Semaphore>,
    /// The last job of each port.
    ports: HashMap<NonZeroU16, PortJob>,
    /// Ends the jobs that belong to no port.
    stopper: Stopper,
    stop: Stop,
}

struct PortJob {
    stopper: Stopper,
    ended: JoinHandle<()>,
}

/// The right to begin one job.
pub(crate) type Place = OwnedSemaphorePermit;

impl Jobs {
    pub(crate) fn new() -> Self {
        let (stopper, stop) = stop::pair();
        Self {
            places: Arc::new(Semaphore::new(MAX_JOBS as usize)),
            ports: HashMap::new(),
            stopper,
            stop,
        }
    }

    /// A place for one more job, if there is one.
    pub(crate) fn place(&self) -> Option<Place> {
        let places = Arc::clone(&self.places);
        places.try_acquire_owned().ok()
    }

    /// Begins work that leaves nothing behind wherever it is cut off.
    pub(crate) fn start(&self, place: Place, work: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = stop.requested() => {}
            }
            drop(place);
        });
    }

    /// Begins work on `port`, once the port's last job has been stopped and has ended.
    pub(crate) fn start_on<F>(
        &mut self,
        port: NonZeroU16,
        place: Place,
        work: impl FnOnce(Stop) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        self.ports.retain(|_, job| !job.ended.is_finished());
        let before = self.ports.remove(&port).map(|job| {
            drop(job.stopper);
            job.ended
        });
        let (stopper, stop) = stop::pair();
        let work = work(stop);
        let ended = tokio::spawn(async move {
            if let Some(before) = before {
                // It can only fail by a panic, which ended it as well.
                let _ = before.await;
            }
            work.await;
            drop(place);
        });
        self.ports.insert(port, PortJob { stopper, ended });
    }

    /// Stops all work and waits for its end, so long. Says whether all of it ended.
    pub(crate) async fn end(self, limit: Duration) -> bool {
        drop((self.ports, self.stopper));
        let all_places = self.places.acquire_many(MAX_JOBS);
        timeout(limit, all_places).await.is_ok()
    }
}
