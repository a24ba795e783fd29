//! The loop around one lease: it does what the lease says, and says what came of it.
//!
//! A call to the router that has begun is never cut short, since only its answer tells what is
//! there to be removed; waiting and searching stop at once.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::gateway::search::{self, Search};
use crate::lease::{Action, Grant, Input, Lease, News, Sight};
use crate::network::Network;
use crate::stop::Stop;
use crate::wish::{self, Wish};

/// How often this computer's own addresses and routes are looked at. It costs two small files of
/// the kernel, and a chat that moved to another network waits no longer than that.
const GLANCE: Duration = Duration::from_secs(5);

/// How long removing may take: who quits does not wait longer, and a lease ends by itself.
pub(crate) const REMOVAL_LIMIT: Duration = Duration::from_millis(1900);

/// By which version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Something to tell.
pub(crate) struct Report {
    pub(crate) family: Family,
    pub(crate) news: News,
    /// This computer's address, as the router knows it.
    pub(crate) local_ip: Option<IpAddr>,
    pub(crate) took: Duration,
}

/// Opens what is wished for, keeps it open, and closes it when told to stop; says why where it
/// could not be closed.
pub(crate) async fn hold(
    wish: Wish,
    family: Family,
    mut stop: Stop,
    tell: mpsc::Sender<Report>,
) -> Result<(), String> {
    let mut hold = Hold {
        way_out: way_out(family, &Network::look(&wish.choice)),
        wish,
        family,
        gateway: None,
    };
    let (mut lease, first) = Lease::wanted();
    let mut work = VecDeque::from([first]);
    let mut begun = Instant::now();
    loop {
        let input = match work.pop_front() {
            Some(Action::Tell(news)) => {
                let report = Report {
                    family,
                    news,
                    local_ip: hold.gateway.as_ref().map(Gateway::local_ip),
                    took: begun.elapsed(),
                };
                // Nobody is left to hear it when all of it is being stopped.
                let _ = tell.send(report).await;
                continue;
            }
            Some(Action::Close(grant)) => return hold.close(&grant).await,
            Some(Action::Open { previous }) => hold.open(previous, &mut stop).await,
            Some(Action::Renew(grant)) => outcome(hold.renew(&grant).await),
            Some(Action::Look(grant)) => hold.look(&grant).await,
            None if lease.is_released() => return Ok(()),
            None => {
                let input = hold.wait(&lease, &mut stop).await;
                begun = Instant::now();
                input
            }
        };
        work.extend(lease.handle(input, clock::now(), chance()));
    }
}

struct Hold {
    wish: Wish,
    family: Family,
    /// As it was when the router was searched.
    way_out: WayOut,
    gateway: Option<Gateway>,
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
                () = sleep(left.unwrap_or(GLANCE).min(GLANCE)) => {}
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
        let mut search = match self.family {
            Family::V4 => Search::v4(&network, &self.wish.choice),
            Family::V6 => Search::v6(&network),
        };
        let port = previous.and_then(NonZeroU16::new);
        let port = port.unwrap_or(self.wish.external_port);
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
            match outcome(self.claim(gateway, port).await) {
                Input::Failed(failure @ Failure::Unreachable { .. }) => {
                    return Input::Failed(failure);
                }
                // Its other protocols give no other port.
                Input::Failed(failure @ Failure::PortWithheld(..)) if self.wish.exact => {
                    return Input::Failed(failure);
                }
                Input::Failed(failure) if failure.weight() > told.weight() => told = failure,
                Input::Failed(_) => {}
                granted => return granted,
            }
        }
    }

    async fn claim(&mut self, mut gateway: Gateway, port: NonZeroU16) -> Result<Grant, Failure> {
        let grant = wish::ask(&mut gateway, &self.wish, port).await?;
        self.gateway = Some(gateway);
        Ok(grant)
    }

    async fn renew(&mut self, grant: &Grant) -> Result<Grant, Failure> {
        let port = NonZeroU16::new(grant.external.port()).unwrap_or(self.wish.external_port);
        match &mut self.gateway {
            Some(gateway) => wish::ask(gateway, &self.wish, port).await,
            None => Err(Failure::NoGateway),
        }
    }

    async fn look(&self, grant: &Grant) -> Input {
        let Some(gateway) = &self.gateway else {
            return Input::Failed(Failure::NoGateway);
        };
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
    }

    async fn close(&self, grant: &Grant) -> Result<(), String> {
        let Some(gateway) = &self.gateway else {
            return Ok(());
        };
        let close = async {
            let mut outcome = Ok(());
            for wanted in wish::each(&self.wish, grant.external.port()) {
                outcome = gateway.unmap(&wanted).await.and(outcome);
            }
            outcome
        };
        let in_time = timeout(REMOVAL_LIMIT, close).await;
        in_time.unwrap_or_else(|_| Err("it did not answer in time".to_owned()))
    }
}

fn outcome(result: Result<Grant, Failure>) -> Input {
    match result {
        Ok(grant) => Input::Granted(grant),
        Err(failure) => Input::Failed(failure),
    }
}

/// Any number; which, does not matter.
fn chance() -> u8 {
    let number = RandomState::new().build_hasher().finish();
    number.to_be_bytes()[0]
}
