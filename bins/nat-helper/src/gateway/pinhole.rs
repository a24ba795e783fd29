//! Holes in a router's IPv6 firewall, by UPnP. The router opens them only to the address that asks.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use igd_next::aio::{self, Ipv6FirewallGateway, tokio::Tokio};
use igd_next::{PinholeError, SearchOptions};
use tokio::time::timeout;

use super::search::{PINHOLE_AFTER, SEARCH_LIMIT};
use super::{Protocol, Wanted, seconds};
use crate::failure::{Failure, NO_ANSWER, printable};
use crate::lease::Grant;
use crate::method::Method;
use crate::network;

/// As for IPv4.
const CALL_LIMIT: Duration = Duration::from_secs(2);

/// A router whose IPv6 firewall can be asked.
pub(crate) struct Pinhole {
    firewall: Ipv6FirewallGateway<Tokio>,
    client: Ipv6Addr,
    /// What was opened, by the router's numbers.
    open: Vec<(Protocol, u16)>,
}

impl Pinhole {
    /// Looks for one on the interface with this index. It answers from its link-local address and
    /// then wants to be asked at a global one, which must be known to be the router's.
    pub(super) async fn find(index: u32, routers: &[Ipv6Addr]) -> Option<Self> {
        let mut options = SearchOptions::ipv6(index);
        options.timeout = Some(SEARCH_LIMIT - PINHOLE_AFTER);
        options.allowed_gateway_ips = routers.iter().copied().map(IpAddr::V6).collect();
        let firewall = aio::tokio::search_ipv6_firewall_gateway(options)
            .await
            .ok()?;
        let IpAddr::V6(client) = network::source_towards(firewall.addr.ip())? else {
            return None;
        };
        Some(Self {
            firewall,
            client,
            open: Vec::new(),
        })
    }

    pub(crate) fn ip(&self) -> IpAddr {
        self.firewall.addr.ip()
    }

    /// Its address of that version.
    pub(super) fn router(&self) -> Ipv6Addr {
        match self.firewall.addr.ip() {
            IpAddr::V6(ip) => ip,
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        }
    }

    pub(crate) fn client(&self) -> &Ipv6Addr {
        &self.client
    }

    pub(crate) async fn map(&mut self, wanted: &Wanted) -> Result<Grant, Failure> {
        let address = SocketAddrV6::new(self.client, wanted.port.get(), 0, 0);
        let lease = seconds(wanted.lease);
        let known = self.open.iter().find(|(p, _)| *p == wanted.protocol);
        let renewed = match known {
            Some((_, id)) => {
                let call = self.firewall.update_pinhole(*id, lease);
                matches!(timeout(CALL_LIMIT, call).await, Ok(Ok(())))
            }
            None => false,
        };
        if !renewed {
            let call = self
                .firewall
                .add_pinhole(wanted.protocol.into(), address, lease);
            let answer = timeout(CALL_LIMIT, call).await;
            let id = answer
                .map_err(|_| Failure::Silent(Method::Upnp))?
                .map_err(failure)?;
            self.open.retain(|(p, _)| *p != wanted.protocol);
            self.open.push((wanted.protocol, id));
        }
        Ok(Grant {
            external: SocketAddr::V6(address),
            method: Method::Upnp,
            lifetime: Some(wanted.lease),
            epoch: None,
        })
    }

    pub(crate) async fn unmap(&self) -> Result<(), String> {
        for (_, id) in &self.open {
            let call = self.firewall.remove_pinhole(*id);
            match timeout(CALL_LIMIT, call).await {
                Ok(Ok(()) | Err(PinholeError::NoSuchEntry)) => {}
                Ok(Err(error)) => return Err(reason(&error)),
                Err(_) => return Err(NO_ANSWER.to_owned()),
            }
        }
        Ok(())
    }
}

fn failure(error: PinholeError) -> Failure {
    Failure::Refused(Method::Upnp, reason(&error))
}

fn reason(error: &PinholeError) -> String {
    match error {
        PinholeError::RequestError(error) => super::upnp::reason(error),
        other => printable(&other.to_string()),
    }
}
