//! PCP (RFC 6887), for IPv4 ports and for holes in an IPv6 firewall.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crab_nat::pcp::{self, BaseMapRequest, DropMappingRange, Failure as Refusal};
use crab_nat::{GatewayAddress, PortMappingOptions, PortMappingType, TimeoutConfig};

use super::{Wanted, ask, nonce};
use crate::failure::{Failure, NO_ANSWER};
use crate::lease::{Grant, Sight};
use crate::method::Method;

/// How long a router that has just said it is there may think, and how often it is asked.
pub(super) fn patience(wanted: &Wanted) -> TimeoutConfig {
    // Most routers deny these ports. One walks its table for another, which takes it a second; asked
    // again, it walks again.
    const DENIED_BELOW: u16 = 1024;
    let (wait, max_retries) = match wanted.external.get() < DENIED_BELOW {
        true => (Duration::from_secs(5), 0),
        false => (Duration::from_millis(1200), 1),
    };
    TimeoutConfig {
        initial_timeout: wait,
        max_retries,
        max_retry_timeout: Some(wait),
    }
}

/// Removing must be done within 2 s, whatever the router does.
pub(super) const BRIEF: TimeoutConfig = TimeoutConfig {
    initial_timeout: Duration::from_millis(400),
    max_retries: 3,
    max_retry_timeout: Some(Duration::from_millis(400)),
};

/// A router that speaks PCP.
#[derive(Clone, Copy)]
pub(crate) struct Pcp {
    pub(crate) server: SocketAddr,
    /// This computer's address towards it: the router compares it with the packet's own.
    pub(crate) client: IpAddr,
}

impl Pcp {
    /// Whether there is one at this address.
    pub(crate) async fn find(server: SocketAddr, client: IpAddr) -> Option<Self> {
        ask::announce(server, client).await.ok()?;
        Some(Self { server, client })
    }

    pub(crate) async fn map(&self, wanted: &Wanted) -> Result<Grant, Failure> {
        if self.client.is_ipv6() {
            // miniupnpd forgets whose hole it is when one is renewed, and then keeps it open to
            // the end of its lease. Closed and opened anew it stays ours; what is connected
            // already does not notice, and where there is none yet, nothing is lost.
            let _ = self.unmap(wanted).await;
        }
        let request = BaseMapRequest::new(
            self.address(),
            self.client,
            wanted.protocol.into(),
            wanted.port,
        );
        let options = PortMappingOptions {
            external_port: Some(wanted.external),
            lifetime_seconds: Some(super::seconds(wanted.lease)),
            timeout_config: Some(patience(wanted)),
        };
        let nonce = nonce::nonce(self.client, wanted.port, wanted.protocol);
        let mapping = pcp::port_mapping(request, Some(nonce), None, options)
            .await
            .map_err(failure)?;
        let external_ip = match mapping.mapping_type() {
            PortMappingType::Pcp { external_ip, .. } => external_ip,
            PortMappingType::NatPmp => self.client,
        };
        // Only with the port comes the address; a port that nobody reaches is closed again.
        if let Err(unreachable) = super::reachable(wanted.port, external_ip) {
            let _ = self.unmap(wanted).await;
            return Err(unreachable);
        }
        Ok(Grant {
            external: SocketAddr::new(external_ip, mapping.external_port().get()),
            method: Method::Pcp,
            lifetime: Some(Duration::from_secs(mapping.lifetime().into())),
            epoch: Some(mapping.gateway_epoch()),
        })
    }

    /// Its epoch. Its address outside it tells only with a port: see `Lease`.
    pub(crate) async fn look(&self) -> Result<Sight, Failure> {
        let epoch = ask::announce(self.server, self.client).await;
        Ok(Sight {
            epoch: Some(epoch.map_err(|_| Failure::Silent(Method::Pcp))?),
            ..Sight::default()
        })
    }

    pub(crate) async fn unmap(&self, wanted: &Wanted) -> Result<(), String> {
        let range = DropMappingRange::Single {
            internal_port: wanted.port,
            protocol: wanted.protocol.into(),
        };
        let nonce = nonce::nonce(self.client, wanted.port, wanted.protocol);
        pcp::try_drop_mapping(self.address(), self.client, nonce, range, Some(BRIEF))
            .await
            .map_err(|refusal| reason(&refusal))
    }

    fn address(&self) -> GatewayAddress {
        match self.server {
            SocketAddr::V4(server) => GatewayAddress::IpV4(*server.ip()),
            SocketAddr::V6(server) => GatewayAddress::IpV6(*server.ip(), Some(server.scope_id())),
        }
    }
}

fn failure(refusal: Refusal) -> Failure {
    let reason = reason(&refusal);
    match refusal {
        Refusal::Socket(_) | Refusal::Timeout => Failure::Silent(Method::Pcp),
        Refusal::NetworkFailure(_) => Failure::NoPublicAddress,
        Refusal::NotAuthorized(_) | Refusal::CannotProvideExternal(_) => {
            Failure::PortWithheld(Method::Pcp, reason)
        }
        _ => Failure::Refused(Method::Pcp, reason),
    }
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Socket(_) | Refusal::Timeout => NO_ANSWER,
        Refusal::NetworkFailure(_) => "it has no public address",
        // miniupnpd says so for both; NAT-PMP, which is asked next, tells them apart.
        Refusal::NoResources(_) => "it has no free port, or no public address",
        Refusal::NotAuthorized(_) => "it does not allow this port",
        Refusal::CannotProvideExternal(_) => "it cannot give this port",
        Refusal::UserExceededQuota(_) => "this computer has too many ports open already",
        Refusal::AddressMismatch => "it sees another address of this computer",
        Refusal::InvalidResponse(_) | Refusal::Nonce => "its answer makes no sense",
        _ => "it cannot do that",
    }
    .to_owned()
}
