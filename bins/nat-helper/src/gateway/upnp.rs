//! UPnP IGD, versions 1 and 2. Every call has a limit of its own: the library waits 10 s.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;

use igd_next::RemovePortError;
use tokio::time::timeout;

use super::description::{self, Description};
use super::igd::Igd;
use super::listing::{self, Entry, Listing};
use super::specific::{self, Answer};
use super::{DESCRIPTION, Protocol, Wanted, reachable, seconds};
use crate::failure::{Failure, NO_ANSWER};
use crate::lease::{Grant, Sight};
use crate::method::Method;
use crate::network;

mod errors;

use errors::Denied;
pub(super) use errors::reason;

/// How long one call may take; routers need some 10 ms, slow ones a second.
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// How long a list may take before something is opened or closed on the strength of it.
const GLANCE_LIMIT: Duration = Duration::from_millis(800);

/// How long a list may take that somebody wants to read.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// A router that speaks UPnP.
pub(crate) struct Upnp {
    igd: Igd,
    pub(crate) local_ip: IpAddr,
    /// It opens ports only for ever (errors 725 and 402).
    for_ever: bool,
    /// What this run asked it to open.
    asked: Vec<Asked>,
}

/// A port that this run asked for. Some routers keep our name cut, changed or not at all, so the
/// entry that is seen first is the one to go by.
struct Asked {
    port: NonZeroU16,
    protocol: Protocol,
    /// How the router calls it, once that was seen.
    name: Option<String>,
}

impl Asked {
    fn is(&self, port: u16, protocol: Protocol) -> bool {
        self.port.get() == port && self.protocol == protocol
    }
}

impl Upnp {
    /// The router that was found, if this computer has an address towards it.
    pub(super) fn new(igd: Igd) -> Option<Self> {
        let local_ip = network::source_towards(igd.addr.ip())?;
        Some(Self {
            igd,
            local_ip,
            for_ever: false,
            asked: Vec::new(),
        })
    }

    pub(crate) fn ip(&self) -> IpAddr {
        self.igd.addr.ip()
    }

    /// What it calls itself.
    pub(crate) async fn description(&self) -> Description {
        description::fetch(self.igd.addr, &self.igd.root_url).await
    }

    /// All its open ports.
    pub(crate) async fn list(&self) -> Listing {
        listing::read(&self.igd, LIST_LIMIT).await
    }

    pub(crate) async fn external_ip(&self) -> Result<IpAddr, Failure> {
        let answer = timeout(CALL_LIMIT, self.igd.get_external_ip()).await;
        answer.map_err(|_| too_slow())?.map_err(errors::asking)
    }

    pub(crate) async fn map(&mut self, wanted: &Wanted) -> Result<Grant, Failure> {
        let ip = self.external_ip().await?;
        reachable(wanted.port, ip)?;
        let port = match self.add(wanted, wanted.external).await {
            Err(Failure::PortWithheld(..)) if self.has_moved() => {
                self.add(wanted, wanted.external).await
            }
            outcome => outcome,
        };
        let port = match port {
            Err(withheld @ Failure::PortWithheld(..)) if !wanted.exact => {
                let another = self.add_another(wanted).await;
                another.map_err(|_| withheld)?
            }
            outcome => outcome?,
        };
        Ok(Grant {
            external: SocketAddr::new(ip, port.get()),
            method: Method::Upnp,
            lifetime: (!self.for_ever).then_some(wanted.lease),
            epoch: None,
        })
    }

    pub(crate) async fn look(&mut self, wanted: &Wanted) -> Result<Sight, Failure> {
        let external_ip = self.external_ip().await?;
        let answer = self.whose(wanted.external, wanted.protocol).await;
        let ours = match &answer {
            Answer::Entry(entry) if self.is_ours(entry, wanted.port) => {
                let seen = entry.name.clone();
                let mut asked = self.asked.iter_mut();
                if let Some(asked) = asked.find(|a| a.is(entry.external_port, entry.protocol)) {
                    asked.name.get_or_insert(seen);
                }
                Some(entry)
            }
            Answer::Entry(_) | Answer::Free | Answer::Nothing => None,
        };
        Ok(Sight {
            epoch: None,
            external_ip: Some(external_ip),
            listed: (answer != Answer::Nothing).then_some(ours.is_some()),
            ends_in: ours.and_then(|entry| entry.ends_in),
        })
    }

    /// Closes a port that was opened for this port of this computer, and no other.
    pub(crate) async fn unmap(&self, wanted: &Wanted) -> Result<(), String> {
        match self.whose(wanted.external, wanted.protocol).await {
            Answer::Entry(entry) if !self.is_ours(&entry, wanted.port) => Ok(()),
            Answer::Free => Ok(()),
            // A router that tells nothing removes what this run asked it to open, and nothing else.
            Answer::Nothing if !self.has_asked(wanted.external, wanted.protocol) => Ok(()),
            Answer::Entry(_) | Answer::Nothing => {
                self.remove(wanted.external, wanted.protocol).await
            }
        }
    }

    /// Whether an entry was opened for this port of this computer by this program.
    fn is_ours(&self, entry: &Entry, port: NonZeroU16) -> bool {
        let as_asked = |asked: &Asked| {
            asked.is(entry.external_port, entry.protocol)
                && asked.name.as_ref().is_none_or(|name| *name == entry.name)
        };
        let leads_here = entry.leads_to(self.local_ip) && entry.port == port.get();
        entry.is_for(self.local_ip, port) || leads_here && self.asked.iter().any(as_asked)
    }

    fn has_asked(&self, port: NonZeroU16, protocol: Protocol) -> bool {
        self.asked
            .iter()
            .any(|asked| asked.is(port.get(), protocol))
    }

    fn note_asked(&mut self, port: NonZeroU16, protocol: Protocol) {
        if !self.has_asked(port, protocol) {
            let name = None;
            self.asked.push(Asked {
                port,
                protocol,
                name,
            });
        }
    }

    /// Who has this port outside.
    async fn whose(&self, port: NonZeroU16, protocol: Protocol) -> Answer {
        let asked = timeout(GLANCE_LIMIT, specific::ask(&self.igd, port, protocol)).await;
        match asked {
            // One that is slow is not asked twice: whoever quits does not wait so long.
            Err(_) => Answer::Nothing,
            // Some routers have only the whole list, or cannot say this entry.
            Ok(Answer::Nothing) => {
                let list = listing::read(&self.igd, GLANCE_LIMIT).await;
                let told_all = list.complete && list.unreadable == 0;
                let is_it =
                    |entry: &Entry| entry.external_port == port.get() && entry.protocol == protocol;
                match list.entries.into_iter().find(is_it) {
                    Some(entry) => Answer::Entry(entry),
                    None if told_all => Answer::Free,
                    None => Answer::Nothing,
                }
            }
            Ok(answer) => answer,
        }
    }

    /// Closes a port without asking whose it is.
    pub(crate) async fn remove(&self, port: NonZeroU16, protocol: Protocol) -> Result<(), String> {
        let call = self.igd.remove_port(protocol.into(), port.get());
        match timeout(CALL_LIMIT, call).await {
            Ok(Ok(()) | Err(RemovePortError::NoSuchPortMapping)) => Ok(()),
            Ok(Err(error)) => Err(errors::removing(&error)),
            Err(_) => Err(NO_ANSWER.to_owned()),
        }
    }

    /// Opens exactly this port, for ever where the router can do no less.
    async fn add(&mut self, wanted: &Wanted, port: NonZeroU16) -> Result<NonZeroU16, Failure> {
        let mut port = port;
        // At most: for ever, and the same port as inside.
        for _ in 0..3 {
            if let Answer::Entry(entry) = self.whose(port, wanted.protocol).await
                && !self.is_ours(&entry, wanted.port)
            {
                let reason = format!("port {port} belongs to {}", entry.owner(self.local_ip));
                return Err(Failure::PortWithheld(Method::Upnp, reason));
            }
            let known = self.has_asked(port, wanted.protocol);
            self.note_asked(port, wanted.protocol);
            let call = self.igd.add_port(
                wanted.protocol.into(),
                port.get(),
                SocketAddr::new(self.local_ip, wanted.port.get()),
                self.lease_seconds(wanted),
                DESCRIPTION,
            );
            let answer = timeout(CALL_LIMIT, call).await.map_err(|_| too_slow())?;
            let answer = answer.map_err(|error| errors::adding(port.get(), error));
            if answer.is_err() && !known {
                self.asked
                    .retain(|asked| !asked.is(port.get(), wanted.protocol));
            }
            match answer {
                Ok(()) => return Ok(port),
                Err(Denied::OnlyForEver(_)) if !self.for_ever => self.for_ever = true,
                Err(Denied::OnlySamePort) if port != wanted.port => port = wanted.port,
                Err(denied) => return Err(denied.into()),
            }
        }
        Err(contradiction())
    }

    /// Opens a port of the router's choice. Each such call opens another one, so it never renews;
    /// one that an earlier run of this program left is taken over.
    async fn add_another(&mut self, wanted: &Wanted) -> Result<NonZeroU16, Failure> {
        let list = listing::read(&self.igd, GLANCE_LIMIT).await;
        let left = list
            .entries
            .iter()
            .find(|entry| self.is_ours(entry, wanted.port) && entry.protocol == wanted.protocol);
        if let Some(port) = left.and_then(|entry| NonZeroU16::new(entry.external_port)) {
            return self.add(wanted, port).await;
        }
        for _ in 0..2 {
            let call = self.igd.add_any_port(
                wanted.protocol.into(),
                SocketAddr::new(self.local_ip, wanted.port.get()),
                self.lease_seconds(wanted),
                DESCRIPTION,
            );
            let answer = timeout(CALL_LIMIT, call).await.map_err(|_| too_slow())?;
            match answer.map_err(errors::adding_any) {
                Ok(port) => {
                    let port = NonZeroU16::new(port).ok_or_else(contradiction)?;
                    self.note_asked(port, wanted.protocol);
                    return Ok(port);
                }
                Err(Denied::OnlyForEver(_)) if !self.for_ever => self.for_ever = true,
                Err(denied) => return Err(denied.into()),
            }
        }
        Err(contradiction())
    }

    /// A taken port and a wrong address of our own are the same error, so: is it still ours?
    fn has_moved(&mut self) -> bool {
        let now = network::source_towards(self.igd.addr.ip());
        let moved = now.is_some_and(|ip| ip != self.local_ip);
        self.local_ip = now.unwrap_or(self.local_ip);
        moved
    }

    fn lease_seconds(&self, wanted: &Wanted) -> u32 {
        match self.for_ever {
            true => 0,
            false => seconds(wanted.lease),
        }
    }
}

fn contradiction() -> Failure {
    Failure::Refused(Method::Upnp, "it contradicts itself".to_owned())
}

fn too_slow() -> Failure {
    let reason = format!("no answer in {} s", CALL_LIMIT.as_secs());
    Failure::Refused(Method::Upnp, reason)
}
