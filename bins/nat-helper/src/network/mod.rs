//! This computer's side of the network: its addresses, and which routers it would send to.
//!
//! [`Network::look`] is cheap and sends nothing, so it is also how a change is noticed.

#[cfg(target_os = "linux")]
mod kernel;
mod routes;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use if_addrs::IfAddr;

pub(crate) use routes::DefaultRoute;

/// What was seen at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// All addresses but loopback and link-local ones.
    pub(crate) addresses: Vec<Address>,
    /// The default routes, the preferred one first.
    pub(crate) v4: Vec<DefaultRoute<Ipv4Addr>>,
    /// The default routes, the preferred one first.
    pub(crate) v6: Vec<DefaultRoute<Ipv6Addr>>,
}

/// An address of this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) interface: String,
    pub(crate) index: u32,
    pub(crate) ip: IpAddr,
    pub(crate) prefix: u8,
}

/// Which part of the network to use, where the user says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Only this router, and so only its version of IP.
    pub(crate) gateway: Option<IpAddr>,
    /// Only this interface.
    pub(crate) interface: Option<String>,
}

impl Choice {
    /// What is wrong with it, for people.
    pub(crate) fn fault(&self) -> Option<String> {
        let name = self.interface.as_ref()?;
        let mut known: Vec<_> = addresses().into_iter().map(|a| a.interface).collect();
        known.dedup();
        if known.contains(name) {
            return None;
        }
        let known = match known.is_empty() {
            true => "none".to_owned(),
            false => known.join(", "),
        };
        Some(format!(
            "no interface {name:?} has an address; those that have: {known}"
        ))
    }
}

impl Network {
    /// What there is now, as far as `choice` permits.
    pub(crate) fn look(choice: &Choice) -> Self {
        let mut network = Self {
            addresses: addresses(),
            ..default_routes()
        };
        if let Some(only) = &choice.interface {
            network.addresses.retain(|a| a.interface == *only);
            let index = network.addresses.first().map(|a| a.index);
            network.v4.retain(|route| Some(route.index) == index);
            network.v6.retain(|route| Some(route.index) == index);
        }
        match choice.gateway {
            Some(IpAddr::V4(gateway)) => {
                network.v4 = vec![network.chosen(gateway)];
                network.v6.clear();
            }
            Some(IpAddr::V6(gateway)) => {
                network.v6 = vec![network.chosen(gateway)];
                network.v4.clear();
            }
            None => {}
        }
        network
    }

    fn chosen<Ip: Copy + Into<IpAddr>>(&self, gateway: Ip) -> DefaultRoute<Ip> {
        let own = source_towards(gateway.into());
        let mut on_it = self.addresses.iter().filter(|a| Some(a.ip) == own);
        DefaultRoute {
            index: on_it.next().map_or(0, |address| address.index),
            gateway: Some(gateway),
        }
    }

    /// Whether there is no way out at all.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The routers of IPv4, the preferred one first.
    pub(crate) fn gateways(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.v4.iter().filter_map(|route| route.gateway)
    }

    /// The interface that has this address.
    pub(crate) fn interface_of(&self, ip: IpAddr) -> Option<&str> {
        let mut having = self.addresses.iter().filter(|a| a.ip == ip);
        having.next().map(|address| &*address.interface)
    }

    /// This computer's address in the network of its router, or in any other.
    pub(crate) fn local_ip(&self) -> Option<Ipv4Addr> {
        let towards_router = self
            .gateways()
            .find_map(|gateway| source_towards(gateway.into()));
        let any = || self.addresses.iter().map(|a| a.ip).find(IpAddr::is_ipv4);
        match towards_router.or_else(any)? {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        }
    }

    /// The IPv4 addresses to search from, one an interface.
    pub(crate) fn search_sources(&self) -> Vec<Ipv4Addr> {
        let mut seen = Vec::new();
        let mut sources = Vec::new();
        for address in &self.addresses {
            if let IpAddr::V4(ip) = address.ip
                && !seen.contains(&address.index)
            {
                seen.push(address.index);
                sources.push(ip);
            }
        }
        sources
    }
}

/// The source address the system would use towards `destination`. Connecting a UDP socket asks the
/// routing table, and sends nothing.
pub(crate) fn source_towards(destination: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match destination {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // The port is "discard".
    socket.connect(SocketAddr::new(destination, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn addresses() -> Vec<Address> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let usable = interfaces
        .into_iter()
        .filter(|i| !i.is_loopback() && !i.is_link_local());
    let addresses = usable.map(|interface| Address {
        ip: interface.ip(),
        prefix: match &interface.addr {
            IfAddr::V4(v4) => v4.prefixlen,
            IfAddr::V6(v6) => v6.prefixlen,
        },
        index: interface.index.unwrap_or(0),
        interface: interface.name,
    });
    addresses.collect()
}

#[cfg(target_os = "linux")]
fn default_routes() -> Network {
    Network {
        addresses: Vec::new(),
        v4: kernel::v4(),
        v6: kernel::v6(),
    }
}

/// Elsewhere the table needs system calls this program does without; the first address of a
/// network is its router nearly everywhere, and `--gateway` says where it is not.
#[cfg(not(target_os = "linux"))]
fn default_routes() -> Network {
    let guess = |address: Address| match address.ip {
        IpAddr::V4(ip) if ip.is_private() => Some(DefaultRoute {
            index: address.index,
            gateway: Some(first_address(ip, address.prefix)),
        }),
        _ => None,
    };
    Network {
        v4: addresses().into_iter().filter_map(guess).collect(),
        ..Network::default()
    }
}

/// The first address of the network that `ip` is in.
#[cfg(not(target_os = "linux"))]
fn first_address(ip: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32)));
    Ipv4Addr::from((u32::from(ip) & mask.unwrap_or(0)) | 1)
}
