//! A computer that has a public address itself, as servers mostly do: there is no router to ask,
//! and its port is reached as it is.

use std::net::{Ipv4Addr, SocketAddr};

use super::Wanted;
use crate::lease::Grant;
use crate::method::Method;
use crate::network::{Choice, Network};
use crate::verdict::{self, Kind};

/// This computer in the router's place.
#[derive(Clone, Copy)]
pub(crate) struct Direct {
    pub(crate) ip: Ipv4Addr,
}

impl Direct {
    /// Whether it needs no router, unless the user names one.
    pub(crate) fn find(network: &Network, choice: &Choice) -> Option<Self> {
        let ip = network.local_ip().filter(|_| choice.gateway.is_none())?;
        (verdict::kind(ip.into()) == Kind::Public).then_some(Self { ip })
    }

    /// Its own port is the one outside, whichever was wanted.
    pub(super) fn map(self, wanted: &Wanted) -> Grant {
        Grant {
            external: SocketAddr::new(self.ip.into(), wanted.port.get()),
            method: Method::Direct,
            lifetime: Some(wanted.lease),
            epoch: None,
        }
    }
}
