//! The loop around one lease: it does what the lease says, and says what came of it.
//!
//! Told to stop, it is done within [`STOP_LIMIT`], whatever the router does.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::failure::{Failure, NO_ANSWER};
use crate::gateway::search::{self, Search};
use crate::gateway::{Direct, Gateway};
use crate::lease::{Action, Grant, Input, Lease, News, Sight};
use crate::network::Network;
use crate::stop::Stop;
use crate::wish::{self, Wish};

/// How often this computer's own addresses and routes are looked at. A chat that moved to another
/// network waits no longer for its port. A timer of some seconds wakes the processor three times,
/// and all four processes of a chat together should do that less than once a second.
const GLANCE: Duration = Duration::from_secs(15);

/// Who quits waits no longer than 2 s for all of it, start and end of a busy process included; a
/// lease ends by itself.
pub(crate) const STOP_LIMIT: Duration = Duration::from_millis(1700);

/// What was begun gets so long to end once it is no longer wanted: mostly the answer is on its way
/// already, and it tells what is there to be removed.
const GRACE: Duration = Duration::from_millis(400);

/// How long removing may take; what is left of the limit is for waking up.
const REMOVAL_LIMIT: Duration = Duration::from_millis(1100);

/// Both versions of IP look at the same moments, which wakes the processor once for both.
fn next_glance(now: Duration) -> Duration {
    let since = now.as_millis() % GLANCE.as_millis();
    GLANCE - Duration::from_millis(since as u64)
}

/// By which version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Something to tell.
pub(crate) struct Report {
    pub(crate) family: Family,
    pub(crate) told: Told,
}

pub(crate) enum Told {
    /// A router answers, and is asked for the port.
    RouterAnswers,
    News {
        news: News,
        /// This computer's address, as the router knows it.
        local_ip: Option<IpAddr>,
        took: Duration,
    },
}

/// Opens what is wished for, keeps it open, and closes it when told to stop; says why where it
/// could not be closed.
pub(crate) async fn hold(
    wish: Wish,
    family: Family,
    mut stop: Stop,
    tell: mpsc::Sender<Report>,
) -> Result<(), String> {
    let (mut lease, first) = Lease::wanted(wish.look);
    let mut hold = Hold {
        way_out: way_out(family, &Network::look(&wish.choice)),
        wish,
        family,
        gateway: None,
        unanswered: None,
        tell,
    };
    let mut work = VecDeque::from([first]);
    let mut begun = Instant::now();
    loop {
        let input = match work.pop_front() {
            Some(Action::Tell(news)) => {
                let local_ip = hold.gateway.as_ref().map(Gateway::local_ip);
                let took = begun.elapsed();
                hold.say(Told::News {
                    news,
                    local_ip,
                    took,
                })
                .await;
                continue;
            }
            Some(Action::Close(grant)) => return hold.close(grant.external.port()).await,
            Some(Action::Open { previous }) => hold.open(previous, &mut stop).await,
            Some(Action::Renew(grant)) => hold.renew(&grant, &mut stop).await,
            Some(Action::Look(grant)) => hold.look(&grant, &mut stop).await,
            None if lease.is_released() => return Ok(()),
            None => {
                let input = hold.wait(&lease, &mut stop).await;
                begun = Instant::now();
                input
            }
        };
        if let (Input::Stop, Some(port)) = (&input, hold.unanswered) {
            // It may have opened the port and only said nothing.
            return hold.close(port).await;
        }
        work.extend(lease.handle(input, clock::now(), chance()));
    }
}

struct Hold {
    wish: Wish,
    family: Family,
    /// As it was when the router was searched.
    way_out: WayOut,
    gateway: Option<Gateway>,
    /// The port outside that `gateway` is being asked for.
    unanswered: Option<u16>,
    tell: mpsc::Sender<Report>,
}

/// What of the network a mapping depends on: the routers, and this computer's address.
type WayOut = (Vec<IpAddr>, Option<IpAddr>);

fn way_out(family: Family, network: &Network) -> WayOut {
    match family {
        Family::V4 => (
            network.gateways().map(IpAddr::V4).collect(),
            network.local_ip().map(IpAddr::V4),
        ),
        Family::V6 => {
            let gateways = network.v6.iter().filter_map(|route| route.gateway);
            let own = search::global_address(network).map(IpAddr::V6);
            (gateways.map(IpAddr::V6).collect(), own)
        }
    }
}

impl Hold {
    /// Waits for whatever comes first: a due time, another network, the end.
    async fn wait(&self, lease: &Lease, stop: &mut Stop) -> Input {
        loop {
            let left = lease.due().map(|due| due.saturating_sub(clock::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Input::Due;
            }
            // Timers stand still while the computer sleeps, so none is longer than a glance.
            tokio::select! {
                biased;
                () = stop.requested() => return Input::Stop,
                () = sleep(left.unwrap_or(GLANCE).min(next_glance(clock::now()))) => {}
            }
            let now = Network::look(&self.wish.choice);
            if way_out(self.family, &now) != self.way_out {
                return Input::NetworkChanged;
            }
        }
    }

    /// Tries the routers that answer, one after another, until one opens the port.
    async fn open(&mut self, previous: Option<u16>, stop: &mut Stop) -> Input {
        let network = Network::look(&self.wish.choice);
        self.way_out = way_out(self.family, &network);
        let choice = &self.wish.choice;
        let port = previous.and_then(NonZeroU16::new);
        let port = port.unwrap_or(self.wish.external_port);
        if self.family == Family::V4
            && let Some(direct) = Direct::find(&network, choice)
        {
            return self.claim(Gateway::Direct(direct), port, stop).await;
        }
        let mut search = match self.family {
            Family::V4 => Search::v4(&network, choice),
            Family::V6 => Search::v6(&network, choice),
        };
        let mut told = Failure::NoGateway;
        loop {
            let found = tokio::select! {
                biased;
                () = stop.requested() => return Input::Stop,
                found = search.next() => found,
            };
            let Some(gateway) = found else {
                return Input::Failed(told);
            };
            self.say(Told::RouterAnswers).await;
            match self.claim(gateway, port, stop).await {
                Input::Failed(failure) if failure.is_final(self.wish.exact) => {
                    return Input::Failed(failure);
                }
                Input::Failed(failure) if failure.weight() > told.weight() => told = failure,
                Input::Failed(_) => {}
                granted_or_stopped => return granted_or_stopped,
            }
        }
    }

    async fn claim(&mut self, gateway: Gateway, port: NonZeroU16, stop: &mut Stop) -> Input {
        let before = self.gateway.replace(gateway);
        let input = self.ask(port, stop).await;
        if let Input::Failed(_) = input {
            self.gateway = before;
        }
        input
    }

    async fn renew(&mut self, grant: &Grant, stop: &mut Stop) -> Input {
        let port = NonZeroU16::new(grant.external.port()).unwrap_or(self.wish.external_port);
        self.ask(port, stop).await
    }

    /// Asks the router for this port.
    async fn ask(&mut self, port: NonZeroU16, stop: &mut Stop) -> Input {
        let Some(gateway) = &mut self.gateway else {
            return Input::Failed(Failure::NoGateway);
        };
        self.unanswered = Some(port.get());
        let Some(answer) = with_grace(wish::ask(gateway, &self.wish, port), stop).await else {
            return Input::Stop;
        };
        self.unanswered = None;
        match answer {
            Ok(grant) => Input::Granted(grant),
            Err(failure) => Input::Failed(failure),
        }
    }

    async fn look(&mut self, grant: &Grant, stop: &mut Stop) -> Input {
        let Some(gateway) = &mut self.gateway else {
            return Input::Failed(Failure::NoGateway);
        };
        let look = async {
            let mut seen = Sight::default();
            for wanted in wish::each(&self.wish, grant.external.port()) {
                match gateway.look(&wanted).await {
                    Ok(sight) => seen = sight,
                    Err(failure) => return Input::Failed(failure),
                }
                // Whichever is missing, all are opened again.
                if seen.listed == Some(false) {
                    break;
                }
            }
            Input::Seen(seen)
        };
        // Nothing comes of it that would have to be removed.
        tokio::select! {
            biased;
            () = stop.requested() => Input::Stop,
            seen = look => seen,
        }
    }

    async fn close(&self, external: u16) -> Result<(), String> {
        let Some(gateway) = &self.gateway else {
            return Ok(());
        };
        let close = async {
            let mut outcome = Ok(());
            for wanted in wish::each(&self.wish, external) {
                outcome = gateway.unmap(&wanted).await.and(outcome);
            }
            outcome
        };
        let in_time = timeout(REMOVAL_LIMIT, close).await;
        in_time.unwrap_or_else(|_| Err(NO_ANSWER.to_owned()))
    }

    /// Nobody is left to hear it when all of it is being stopped.
    async fn say(&self, told: Told) {
        let family = self.family;
        let _ = self.tell.send(Report { family, told }).await;
    }
}

/// Waits for it; once told to stop only a little longer, and then `None`.
async fn with_grace<T>(work: impl Future<Output = T>, stop: &mut Stop) -> Option<T> {
    let no_longer = async {
        stop.requested().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = no_longer => None,
    }
}

/// Any number; which, does not matter.
fn chance() -> u8 {
    let number = RandomState::new().build_hasher().finish();
    number.to_be_bytes()[0]
}
