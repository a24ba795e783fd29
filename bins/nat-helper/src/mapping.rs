//! One open port, from the search for a router to its removal.
//!
//! `open`, then `next` until it says `None`, then `close`. A call to the router that has begun is
//! never cut short, since only its answer tells what is there to be removed; waiting and
//! searching stop at once.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use p2p_chat_protocol::nat::PortMapped;
use tokio::time::sleep;

use crate::address::{Reach, reach};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lease::Lease;
use crate::stop::Stop;

/// How the router was asked, for programs.
pub(crate) const METHOD: &str = "upnp";

/// The longest unbroken wait: timers stand still while the computer sleeps, so look at the
/// [`Clock`] this often.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is to be opened.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    /// The TCP port of this computer.
    pub(crate) port: NonZeroU16,
    /// The port wanted on the router.
    pub(crate) external_port: NonZeroU16,
    /// For how long.
    pub(crate) lease: Duration,
}

/// What happened to an open port.
pub(crate) enum News {
    /// It is open, at another address than before, or again.
    Mapped,
    /// It is open no longer; for people.
    Lost(String),
}

/// A port that is open, or was and will be again.
pub(crate) struct Mapping {
    wish: Wish,
    gateway: Gateway,
    external_ip: IpAddr,
    external_port: NonZeroU16,
    /// Whether the router may still have it.
    claimed: bool,
    took: Duration,
    lease: Lease,
    clock: Clock,
}

impl Mapping {
    /// Finds a router and opens the port.
    pub(crate) async fn open(wish: Wish, stop: &mut Stop) -> Result<Self, Failure> {
        let begun = Instant::now();
        let gateway = search(stop).await?;
        let (external_ip, external_port) = claim(&gateway, &wish, wish.external_port).await?;
        let mut clock = Clock::start();
        Ok(Self {
            wish,
            gateway,
            external_ip,
            external_port,
            claimed: true,
            took: begun.elapsed(),
            lease: Lease::granted(wish.lease, clock.now()),
            clock,
        })
    }

    /// Keeps the port open until there is something to tell; `None` when told to stop.
    pub(crate) async fn next(&mut self, stop: &mut Stop) -> Option<News> {
        loop {
            tokio::select! {
                biased;
                () = stop.requested() => return None,
                () = self.due() => {}
            }
            let before = self.external_address();
            let outcome = self.renew(stop).await;
            let now = self.clock.now();
            match outcome {
                Ok(()) => {
                    let was_lost = self.lease.renewed(now);
                    if was_lost || self.external_address() != before {
                        return Some(News::Mapped);
                    }
                }
                Err(Failure::Cancelled) => return None,
                Err(failure) => {
                    if self.lease.failed(now) {
                        return Some(News::Lost(failure.to_string()));
                    }
                }
            }
        }
    }

    /// Closes the port, or says why the router did not.
    pub(crate) async fn close(self) -> Result<(), String> {
        match self.claimed {
            true => self.gateway.remove(self.external_port).await,
            false => Ok(()),
        }
    }

    /// Where it is reached from outside.
    pub(crate) fn external_address(&self) -> SocketAddr {
        SocketAddr::new(self.external_ip, self.external_port.get())
    }

    /// Where that leads to.
    pub(crate) fn local_address(&self) -> SocketAddr {
        SocketAddr::new(self.gateway.local_ip(), self.wish.port.get())
    }

    /// As it is told to programs.
    pub(crate) fn port_mapped(&self) -> PortMapped {
        PortMapped {
            port: self.wish.port.get(),
            external_address: self.external_address().to_string(),
            method: METHOD.to_owned(),
            lease_s: u32::try_from(self.wish.lease.as_secs()).unwrap_or(u32::MAX),
            took_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    async fn due(&mut self) {
        loop {
            let left = self.lease.due().saturating_sub(self.clock.now());
            if left.is_zero() {
                return;
            }
            sleep(left.min(LONGEST_WAIT)).await;
        }
    }

    async fn renew(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        let begun = Instant::now();
        let claimed = match claim(&self.gateway, &self.wish, self.external_port).await {
            Ok(claimed) => claimed,
            // A router that restarted may listen elsewhere now, or be another one.
            Err(failure) => {
                self.claimed &= !matches!(failure, Failure::PortWithheld(_));
                self.gateway = search(stop).await?;
                claim(&self.gateway, &self.wish, self.external_port).await?
            }
        };
        (self.external_ip, self.external_port) = claimed;
        self.claimed = true;
        self.took = begun.elapsed();
        Ok(())
    }
}

async fn search(stop: &mut Stop) -> Result<Gateway, Failure> {
    tokio::select! {
        biased;
        () = stop.requested() => Err(Failure::Cancelled),
        found = Gateway::search() => found,
    }
}

/// Opens `external_port`, or another where that one is withheld. The address is judged first:
/// a port nobody can reach is not opened at all.
async fn claim(
    gateway: &Gateway,
    wish: &Wish,
    external_port: NonZeroU16,
) -> Result<(IpAddr, NonZeroU16), Failure> {
    let ip = gateway.external_ip().await?;
    let reach = reach(ip);
    if reach != Reach::Public {
        let port = wish.port.get();
        return Err(Failure::Unreachable { port, ip, reach });
    }
    match gateway.add(external_port, wish.port, wish.lease).await {
        Ok(()) => Ok((ip, external_port)),
        Err(withheld @ Failure::PortWithheld(_)) => {
            let another = gateway.add_any(wish.port, wish.lease).await;
            another.map(|port| (ip, port)).map_err(|_| withheld)
        }
        Err(failure) => Err(failure),
    }
}
