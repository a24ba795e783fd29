//! NAT-PMP (RFC 6886), PCP's forerunner: IPv4 only.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crab_nat::natpmp::{self, Failure as Refusal};
use crab_nat::{GATEWAY_PORT, PortMappingOptions};

use super::pcp::{BRIEF, patience};
use super::{Wanted, ask};
use crate::failure::{Failure, NO_ANSWER};
use crate::lease::{Grant, Sight};
use crate::method::Method;

/// A router that speaks NAT-PMP.
#[derive(Clone, Copy)]
pub(crate) struct NatPmp {
    pub(crate) server: Ipv4Addr,
    pub(crate) client: IpAddr,
}

impl NatPmp {
    /// Whether there is one at this address.
    pub(crate) async fn find(server: Ipv4Addr, client: IpAddr) -> Option<Self> {
        ask::public_address((server, GATEWAY_PORT).into())
            .await
            .ok()?;
        Some(Self { server, client })
    }

    /// The address outside, as the router says it.
    pub(crate) async fn external_ip(&self) -> Result<IpAddr, Failure> {
        let (ip, _) = self.ask().await?;
        ip.map(IpAddr::V4).ok_or(Failure::NoPublicAddress)
    }

    pub(crate) async fn map(&self, wanted: &Wanted) -> Result<Grant, Failure> {
        let external_ip = self.external_ip().await?;
        super::reachable(wanted.port, external_ip)?;
        let options = PortMappingOptions {
            external_port: Some(wanted.external),
            lifetime_seconds: Some(super::seconds(wanted.lease)),
            timeout_config: Some(patience(wanted)),
        };
        let mapping = natpmp::port_mapping(
            self.server.into(),
            wanted.protocol.into(),
            wanted.port,
            options,
        )
        .await
        .map_err(failure)?;
        Ok(Grant {
            external: SocketAddr::new(external_ip, mapping.external_port().get()),
            method: Method::NatPmp,
            lifetime: Some(Duration::from_secs(mapping.lifetime().into())),
            epoch: Some(mapping.gateway_epoch()),
        })
    }

    pub(crate) async fn look(&self) -> Result<Sight, Failure> {
        let (ip, epoch) = self.ask().await?;
        Ok(Sight {
            epoch: Some(epoch),
            external_ip: ip.map(IpAddr::V4),
            ..Sight::default()
        })
    }

    pub(crate) async fn unmap(&self, wanted: &Wanted) -> Result<(), String> {
        let protocol = wanted.protocol.into();
        natpmp::try_drop_mapping(self.server.into(), protocol, Some(wanted.port), Some(BRIEF))
            .await
            .map_err(|refusal| reason(&refusal))
    }

    async fn ask(&self) -> Result<(Option<Ipv4Addr>, u32), Failure> {
        let answer = ask::public_address((self.server, GATEWAY_PORT).into()).await;
        answer.map_err(|_| Failure::Silent(Method::NatPmp))
    }
}

fn failure(refusal: Refusal) -> Failure {
    let reason = reason(&refusal);
    match refusal {
        Refusal::Socket(_) | Refusal::Timeout => Failure::Silent(Method::NatPmp),
        Refusal::NetworkFailure => Failure::NoPublicAddress,
        Refusal::NotAuthorized => Failure::PortWithheld(Method::NatPmp, reason),
        _ => Failure::Refused(Method::NatPmp, reason),
    }
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Socket(_) | Refusal::Timeout => NO_ANSWER,
        Refusal::NetworkFailure => "it has no public address",
        Refusal::NotAuthorized => "it does not allow this port",
        Refusal::OutOfResources => "it has no free port",
        Refusal::InvalidResponse(_) => "its answer makes no sense",
        Refusal::UnsupportedVersion(_) | Refusal::UnsupportedOpcode => "it cannot do that",
    }
    .to_owned()
}
