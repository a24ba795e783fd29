//! One open port as it is seen from outside: a lease of IPv4 and one of IPv6, side by side.
//!
//! `open`, then `next` until it says `None`, then `close`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use p2p_chat_protocol::nat::PortMapped;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;
use crate::gateway::seconds;
use crate::hold::{self, Family, Report};
use crate::lease::{Cause, Grant, News};
use crate::stop::{self, Stop, Stopper};
use crate::wish::Wish;

/// Both leases may have something to tell; more than that waits.
const REPORTS: usize = 2;

/// How long an open port of IPv4 waits for that of IPv6 to be told with it: an invite is shown once,
/// and should hold both. A router that opens both answers both within some milliseconds, a busy one
/// later; with this, somebody who waits does not yet notice. What comes later still is told later.
const IPV6_WAITS: Duration = Duration::from_millis(120);

/// The same where IPv4 has failed: as long as a router that speaks PCP may need.
const IPV6_ALONE_WAITS: Duration = Duration::from_secs(1);

/// What happened to an open port.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Its state is another one now: why, for people, where there is more to say than the address.
    Mapped(Option<Cause>),
    /// It is open no longer; for people.
    Lost(String),
}

/// A port that is open, or was and will be again.
pub(crate) struct Mapping {
    wish: Wish,
    reports: mpsc::Receiver<Report>,
    tasks: JoinSet<Result<(), String>>,
    stopper: Stopper,
    v4: Side,
    v6: Side,
    took: Duration,
    reason: Option<String>,
}

/// What is known of one lease.
#[derive(Default)]
struct Side {
    grant: Option<Grant>,
    local_ip: Option<IpAddr>,
    /// Why there is none.
    failure: Option<Failure>,
}

impl Side {
    fn is_known(&self) -> bool {
        self.grant.is_some() || self.failure.is_some()
    }
}

impl Mapping {
    /// Finds a router and opens the port.
    pub(crate) async fn open(wish: Wish, stop: &mut Stop) -> Result<Self, Failure> {
        let (stopper, inner) = stop::pair();
        let (tell, reports) = mpsc::channel(REPORTS);
        let mut tasks = JoinSet::new();
        for family in [Family::V4, Family::V6] {
            tasks.spawn(hold::hold(
                wish.clone(),
                family,
                inner.clone(),
                tell.clone(),
            ));
        }
        let mut mapping = Self {
            wish,
            reports,
            tasks,
            stopper,
            v4: Side::default(),
            v6: Side::default(),
            took: Duration::ZERO,
            reason: None,
        };
        match mapping.first_answers(stop).await {
            Ok(()) => Ok(mapping),
            Err(failure) => {
                let _ = mapping.close().await;
                Err(failure)
            }
        }
    }

    /// Waits until it is known whether the port is open.
    async fn first_answers(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        let mut until = None;
        while !(self.v4.is_known() && self.v6.is_known()) {
            if self.v4.is_known() {
                let longer = match self.v4.grant {
                    Some(_) => IPV6_WAITS,
                    None => IPV6_ALONE_WAITS,
                };
                until.get_or_insert(Instant::now() + longer);
            }
            let limit = sleep_until(until.unwrap_or_else(Instant::now));
            tokio::select! {
                biased;
                () = stop.requested() => return Err(Failure::Cancelled),
                Some(report) = self.reports.recv() => {
                    self.take(report);
                }
                () = limit, if until.is_some() => break,
            }
        }
        match (&self.v4.failure, &self.v6.grant) {
            (Some(failure), None) => Err(failure.clone()),
            // A port by IPv6 is not the one that was asked for.
            (Some(failure @ Failure::PortWithheld(..)), _) if self.wish.exact => {
                Err(failure.clone())
            }
            _ => Ok(()),
        }
    }

    /// Keeps the port open until there is something to tell; `None` when told to stop.
    pub(crate) async fn next(&mut self, stop: &mut Stop) -> Option<Change> {
        loop {
            let report = tokio::select! {
                biased;
                () = stop.requested() => return None,
                Some(report) = self.reports.recv() => report,
            };
            if let Some(change) = self.take(report) {
                return Some(change);
            }
        }
    }

    /// Closes the port, or says why the router did not.
    pub(crate) async fn close(self) -> Result<(), String> {
        let Self {
            mut tasks,
            stopper,
            reports,
            ..
        } = self;
        // Both wake up, and nobody waits to be heard any more.
        drop((stopper, reports));
        let mut outcome = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or_else(|_| Err("the attempt broke off".to_owned()));
            outcome = ended.and(outcome);
        }
        outcome
    }

    /// Ends here and leaves the port open for its lease.
    pub(crate) fn leave(mut self) {
        self.tasks.abort_all();
    }

    /// Where it is reached from outside.
    pub(crate) fn external_address(&self) -> Option<SocketAddr> {
        self.main().map(|grant| grant.external)
    }

    /// Where that leads to.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        let ip = self.v4.local_ip.or(self.v6.local_ip)?;
        Some(SocketAddr::new(ip, self.wish.port.get()))
    }

    /// The lease that the router granted, or none where it is for ever.
    pub(crate) fn grant(&self) -> Option<&Grant> {
        self.main()
    }

    /// As it is told to programs.
    pub(crate) fn port_mapped(&self) -> PortMapped {
        let text = |address: SocketAddr| address.to_string();
        let grant = self.main();
        let lifetime = grant.and_then(|grant| grant.lifetime);
        PortMapped {
            port: self.wish.port.get(),
            protocol: self.wish.forwarded,
            external_address: self.external_address().map(text).unwrap_or_default(),
            method: grant.map_or("", |grant| grant.method.code()).to_owned(),
            lease_s: lifetime.map_or(0, seconds),
            took_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            ipv6_address: self.v6.grant.as_ref().map(|g| text(g.external)),
            local_address: self.local_address().map(text),
            reason: self.reason.clone(),
        }
    }

    fn main(&self) -> Option<&Grant> {
        self.v4.grant.as_ref().or(self.v6.grant.as_ref())
    }

    /// Notes what is reported, and says what that changes for others.
    fn take(&mut self, report: Report) -> Option<Change> {
        let Report {
            family,
            news,
            local_ip,
            took,
        } = report;
        let side = match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        let had_one = side.grant.is_some();
        let cause = match news {
            News::Mapped(grant, cause) => {
                *side = Side {
                    grant: Some(grant),
                    local_ip,
                    failure: None,
                };
                cause
            }
            News::Lost(failure) | News::Failed(failure) => {
                side.grant = None;
                side.failure = Some(failure);
                None
            }
        };
        self.took = took;
        self.reason = self.why(cause);
        let failed = match family {
            Family::V4 => self.v4.failure.as_ref(),
            Family::V6 => self.v6.failure.as_ref(),
        };
        match (self.main(), failed) {
            (Some(_), Some(_)) if !had_one => None,
            (Some(_), _) => Some(Change::Mapped(cause)),
            (None, Some(failure)) if had_one => Some(Change::Lost(failure.to_string())),
            (None, _) => None,
        }
    }

    /// What is to be said beside the address.
    fn why(&self, cause: Option<Cause>) -> Option<String> {
        let by_ipv6_alone = match (&self.v4.grant, &self.v4.failure, &self.v6.grant) {
            (None, Some(failure), Some(_)) => Some(format!(
                "Only by IPv6, so your friend needs it too. By IPv4: {failure}"
            )),
            _ => None,
        };
        let for_ever = || {
            let grant = self.main()?;
            grant.lifetime.is_none().then(|| {
                "This router opens ports only for ever: it is removed when you quit, and stays if \
                 this computer fails."
                    .to_owned()
            })
        };
        let caused = || cause.map(|cause| cause.sentence().to_owned());
        by_ipv6_alone.or_else(caused).or_else(for_ever)
    }
}
