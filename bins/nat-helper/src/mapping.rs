//! One open port as it is seen from outside: a lease of IPv4 and one of IPv6, side by side.
//!
//! `begin`, then `first_answer`, then `next` as long as it is wanted, then `close`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use p2p_chat_protocol::nat::PortMapped;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::failure::{Failure, NO_ANSWER};
use crate::gateway::seconds;
use crate::hold::{self, Family, Report, STOP_LIMIT, Told};
use crate::lease::{Cause, Grant, News};
use crate::method::Method;
use crate::stop::{self, Stopper};
use crate::wish::Wish;

/// Both leases may have something to tell; more than that waits.
const REPORTS: usize = 2;

/// How long an open port of IPv4 waits for that of IPv6 to be told with it: an invite is shown once,
/// and should hold both. A router that opens both answers both within some milliseconds, a busy one
/// later; with this, somebody who waits does not yet notice. What comes later still is told later.
const IPV6_WAITS: Duration = Duration::from_millis(120);

/// How long it waits to hear that there is somebody to ask by IPv6 at all. Both are asked at the
/// same time, and the IPv4 port took at least as long.
const IPV6_ANSWER_WAITS: Duration = Duration::from_millis(30);

/// The same where IPv4 has failed: as long as a router that speaks PCP may need.
const IPV6_ALONE_WAITS: Duration = Duration::from_secs(1);

/// What happened to an open port.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is open by this version of IP, maybe at another address: why, for people, where there is
    /// more to say than the address.
    Mapped(Family, Option<Cause>),
    /// It is open no longer by one version of IP, and still by the other; for people.
    HalfLost(String),
    /// It is open by IPv4, and it has turned out that it is not by IPv6.
    Ipv6Refused,
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
    /// There is a router to ask.
    answers: bool,
}

impl Side {
    fn is_known(&self) -> bool {
        self.grant.is_some() || self.failure.is_some()
    }

    /// Why a router that was asked did not open it.
    fn refused(&self) -> Option<&Failure> {
        self.failure.as_ref().filter(|_| self.answers)
    }
}

impl Mapping {
    /// Begins to look for a router and to open the port.
    pub(crate) fn begin(wish: Wish) -> Self {
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
        Self {
            wish,
            reports,
            tasks,
            stopper,
            v4: Side::default(),
            v6: Side::default(),
            took: Duration::ZERO,
            reason: None,
        }
    }

    /// Waits until it is known whether the port is open. Where it is not the search goes on, until
    /// this is closed. Cancel-safe.
    pub(crate) async fn first_answer(&mut self) -> Result<(), Failure> {
        let mut known = None;
        while !(self.v4.is_known() && self.v6.is_known()) {
            if self.v4.is_known() {
                known.get_or_insert(Instant::now());
            }
            let longer = match (&self.v4.grant, self.v6.answers) {
                (Some(_), true) => IPV6_WAITS,
                (Some(_), false) => IPV6_ANSWER_WAITS,
                (None, _) => IPV6_ALONE_WAITS,
            };
            let limit = sleep_until(known.unwrap_or_else(Instant::now) + longer);
            tokio::select! {
                biased;
                Some(report) = self.reports.recv() => {
                    self.take(report);
                }
                () = limit, if known.is_some() => break,
                // Both have ended, which they do only by a panic.
                else => return Err(Failure::NoGateway),
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

    /// Keeps the port open until there is something to tell. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Change {
        loop {
            match self.reports.recv().await {
                Some(report) => {
                    if let Some(change) = self.take(report) {
                        return change;
                    }
                }
                // As above.
                None => std::future::pending().await,
            }
        }
    }

    /// Closes the port, or says why the router did not. It takes 2 s at most.
    pub(crate) async fn close(self) -> Result<(), String> {
        let Self {
            mut tasks,
            stopper,
            reports,
            ..
        } = self;
        // Both wake up, and nobody waits to be heard any more.
        drop((stopper, reports));
        let ends = async {
            let mut outcome = Ok(());
            while let Some(ended) = tasks.join_next().await {
                let ended = ended.unwrap_or_else(|_| Err("the attempt broke off".to_owned()));
                outcome = ended.and(outcome);
            }
            outcome
        };
        let in_time = timeout(STOP_LIMIT, ends).await;
        in_time.unwrap_or_else(|_| Err(NO_ANSWER.to_owned()))
    }

    /// Ends here and leaves the port open for its lease.
    pub(crate) fn leave(mut self) {
        self.tasks.abort_all();
    }

    /// Where it is reached from outside.
    pub(crate) fn external_address(&self) -> Option<SocketAddr> {
        self.main().map(|grant| grant.external)
    }

    /// The same by one version of IP.
    pub(crate) fn address_by(&self, family: Family) -> Option<SocketAddr> {
        let side = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        side.grant.as_ref().map(|grant| grant.external)
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
            ipv6_refused: self.v6.refused().map(Failure::to_string),
            local_address: self.local_address().map(text),
            reason: self.reason.clone(),
        }
    }

    fn main(&self) -> Option<&Grant> {
        self.v4.grant.as_ref().or(self.v6.grant.as_ref())
    }

    /// Notes what is reported, and says what that changes for others.
    fn take(&mut self, report: Report) -> Option<Change> {
        let Report { family, told } = report;
        let side = match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        let Told::News {
            news,
            local_ip,
            took,
        } = told
        else {
            side.answers = true;
            return None;
        };
        let had_one = side.grant.is_some();
        let cause = match news {
            News::Mapped(grant, cause) => {
                *side = Side {
                    grant: Some(grant),
                    local_ip,
                    failure: None,
                    answers: true,
                };
                cause
            }
            News::Lost(failure) | News::Failed(failure) => {
                side.grant = None;
                side.failure = Some(failure);
                None
            }
        };
        // How long the address that is told first took.
        if family == Family::V4 || self.v4.grant.is_none() {
            self.took = took;
        }
        self.reason = self.why(cause);
        let failed = match family {
            Family::V4 => self.v4.failure.as_ref(),
            Family::V6 => self.v6.failure.as_ref(),
        };
        let (lost, stays) = match family {
            Family::V4 => ("IPv4", "IPv6"),
            Family::V6 => ("IPv6", "IPv4"),
        };
        match (self.main(), failed) {
            (Some(_), Some(_)) if !had_one && family == Family::V6 => {
                self.v6.refused().map(|_| Change::Ipv6Refused)
            }
            (_, Some(_)) if !had_one => None,
            (Some(_), Some(failure)) => {
                let said = format!("Lost by {lost}, still open by {stays}: {failure}");
                self.reason = Some(said.clone());
                Some(Change::HalfLost(said))
            }
            (Some(_), None) => Some(Change::Mapped(family, cause)),
            (None, Some(failure)) => Some(Change::Lost(failure.to_string())),
            (None, None) => None,
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
        let direct = || {
            let grant = self.main().filter(|grant| grant.method == Method::Direct)?;
            Some(format!(
                "This computer has the public address {} itself: no router is in between.",
                grant.external.ip()
            ))
        };
        let caused = || cause.map(|cause| cause.sentence().to_owned());
        by_ipv6_alone
            .or_else(caused)
            .or_else(direct)
            .or_else(for_ever)
    }
}

#[cfg(test)]
mod tests;
