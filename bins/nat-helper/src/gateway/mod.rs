//! A router that was found, whatever it speaks: open, keep, look at, close.
//!
//! [`search`] finds one. Every call has a limit of its own.

mod ask;
mod description;
mod direct;
mod igd;
mod listing;
mod nonce;
mod pcp;
mod pinhole;
mod pmp;
mod relay;
pub(crate) mod search;
mod specific;
mod upnp;

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use p2p_chat_protocol::nat::Forwarded;

use crate::failure::Failure;
use crate::lease::{Grant, Sight};
use crate::method::Method;
use crate::verdict::{self, Kind};

pub(crate) use direct::Direct;
pub(crate) use listing::{Entry, Listing};
pub(crate) use pcp::Pcp;
pub(crate) use pinhole::Pinhole;
pub(crate) use pmp::NatPmp;
pub(crate) use upnp::Upnp;

/// What the router lists beside the port, and how we know our own. ASCII and at most 32 bytes: some
/// routers keep the rest as rubbish.
pub(crate) const DESCRIPTION: &str = "p2p-chat";

/// One of the protocols whose ports are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// Those that are to be forwarded.
    pub(crate) fn of(forwarded: Forwarded) -> &'static [Self] {
        match forwarded {
            Forwarded::Udp => &[Self::Udp],
            Forwarded::Both => &[Self::Tcp, Self::Udp],
            Forwarded::Tcp | Forwarded::Unknown => &[Self::Tcp],
        }
    }
}

impl From<Protocol> for crab_nat::InternetProtocol {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::Tcp,
            Protocol::Udp => Self::Udp,
        }
    }
}

impl From<Protocol> for igd_next::PortMappingProtocol {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::TCP,
            Protocol::Udp => Self::UDP,
        }
    }
}

/// What a router is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) protocol: Protocol,
    /// The port of this computer.
    pub(crate) port: NonZeroU16,
    /// The port outside.
    pub(crate) external: NonZeroU16,
    /// Rather no port than another one outside.
    pub(crate) exact: bool,
    pub(crate) lease: Duration,
}

/// A router.
pub(crate) enum Gateway {
    /// There is none, and none is needed.
    Direct(Direct),
    Pcp(Pcp),
    NatPmp(NatPmp),
    Upnp(Box<Upnp>),
    /// A hole in its IPv6 firewall, by UPnP.
    Pinhole(Box<Pinhole>),
}

impl Gateway {
    /// How it is asked.
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::Direct(_) => Method::Direct,
            Self::Pcp(_) => Method::Pcp,
            Self::NatPmp(_) => Method::NatPmp,
            Self::Upnp(_) | Self::Pinhole(_) => Method::Upnp,
        }
    }

    /// Its address in this network.
    pub(crate) fn ip(&self) -> IpAddr {
        match self {
            Self::Direct(direct) => direct.ip.into(),
            Self::Pcp(pcp) => pcp.server.ip(),
            Self::NatPmp(pmp) => pmp.server.into(),
            Self::Upnp(upnp) => upnp.ip(),
            Self::Pinhole(pinhole) => pinhole.ip(),
        }
    }

    /// This computer's address, as the router knows it.
    pub(crate) fn local_ip(&self) -> IpAddr {
        match self {
            Self::Direct(direct) => direct.ip.into(),
            Self::Pcp(pcp) => pcp.client,
            Self::NatPmp(pmp) => pmp.client,
            Self::Upnp(upnp) => upnp.local_ip,
            Self::Pinhole(pinhole) => (*pinhole.client()).into(),
        }
    }

    /// Its address outside, whatever that is worth; `None` where it says only with a mapping.
    pub(crate) async fn external_ip(&self) -> Result<Option<IpAddr>, Failure> {
        match self {
            Self::Direct(direct) => Ok(Some(direct.ip.into())),
            Self::Pcp(_) | Self::Pinhole(_) => Ok(None),
            Self::NatPmp(pmp) => pmp.external_ip().await.map(Some),
            Self::Upnp(upnp) => upnp.external_ip().await.map(Some),
        }
    }

    /// Opens a port; the same again to renew. Another port than the wanted one may come back.
    pub(crate) async fn map(&mut self, wanted: &Wanted) -> Result<Grant, Failure> {
        let grant = match self {
            Self::Direct(direct) => direct.map(wanted),
            Self::Pcp(pcp) => pcp.map(wanted).await?,
            Self::NatPmp(pmp) => pmp.map(wanted).await?,
            Self::Upnp(upnp) => upnp.map(wanted).await?,
            Self::Pinhole(pinhole) => pinhole.map(wanted).await?,
        };
        match grant.lifetime {
            Some(Duration::ZERO) => {
                let reason = "it opens the port for no time at all".to_owned();
                Err(Failure::Refused(self.method(), reason))
            }
            _ => Ok(grant),
        }
    }

    /// How it is now.
    pub(crate) async fn look(&mut self, wanted: &Wanted) -> Result<Sight, Failure> {
        match self {
            Self::Direct(_) => Ok(Sight::default()),
            Self::Pcp(pcp) => pcp.look().await,
            Self::NatPmp(pmp) => pmp.look().await,
            Self::Upnp(upnp) => upnp.look(wanted).await,
            // Renewed at half its lease; nothing else can be asked of it.
            Self::Pinhole(_) => Ok(Sight::default()),
        }
    }

    /// Closes a port, or says why not; fine where it was closed already.
    pub(crate) async fn unmap(&self, wanted: &Wanted) -> Result<(), String> {
        match self {
            Self::Direct(_) => Ok(()),
            Self::Pcp(pcp) => pcp.unmap(wanted).await,
            Self::NatPmp(pmp) => pmp.unmap(wanted).await,
            Self::Upnp(upnp) => upnp.unmap(wanted).await,
            Self::Pinhole(pinhole) => pinhole.unmap().await,
        }
    }
}

/// Whether a port on a router with this address outside is worth opening.
fn reachable(port: NonZeroU16, ip: IpAddr) -> Result<(), Failure> {
    match verdict::kind(ip) {
        Kind::Public => Ok(()),
        _ => Err(Failure::Unreachable {
            port: port.get(),
            ip,
        }),
    }
}

/// As the protocols write a time.
pub(crate) fn seconds(lease: Duration) -> u32 {
    u32::try_from(lease.as_secs()).unwrap_or(u32::MAX)
}
