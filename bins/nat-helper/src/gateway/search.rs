//! The search for a router: all protocols side by side, the default gateway's router first.
//!
//! Nothing is changed on a router before it is chosen, so the loser of a race leaves no trace.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use crab_nat::GATEWAY_PORT;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Gateway, NatPmp, Pcp, Pinhole, Upnp, igd};
use crate::method::Method;
use crate::network::{self, Choice, Network};
use crate::verdict::{self, Kind};

/// How long a router may take to be found. It may think for 3 s before it answers (SSDP's MX);
/// after 4 s the listener's invite is printed without it, so what is to be said is said before.
pub(crate) const SEARCH_LIMIT: Duration = Duration::from_millis(3800);

/// How long a second-best answer waits for a better one that is likely to come: a router that
/// speaks NAT-PMP mostly speaks PCP, which answers in the same millisecond.
const SECOND_BEST_WAITS: Duration = Duration::from_millis(50);

/// The same for a router that is not the preferred one, but answered sooner.
const OTHER_ROUTER_WAITS: Duration = Duration::from_millis(300);

/// UPnP's search for IPv6 begins only then: PCP is simpler, has answered by then or never will,
/// and a router's daemon does one thing at a time.
pub(super) const PINHOLE_AFTER: Duration = Duration::from_millis(300);

/// Default routes beyond these are not worth asking.
const MOST_GATEWAYS: usize = 3;

/// A search that goes on.
pub(crate) struct Search {
    tasks: JoinSet<Option<(Rank, Gateway)>>,
    /// Found and not yet given out.
    found: Vec<(Rank, Instant, Gateway)>,
}

/// The smaller the better: first the router, then the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    router: usize,
    protocol: u8,
}

impl Search {
    /// Begins to look for a router that opens IPv4 ports.
    pub(crate) fn v4(network: &Network, choice: &Choice) -> Self {
        let mut tasks = JoinSet::new();
        let gateways: Vec<_> = network.gateways().take(MOST_GATEWAYS).collect();
        for (router, &gateway) in gateways.iter().enumerate() {
            let Some(client) = network::source_towards(gateway.into()) else {
                continue;
            };
            let rank = move |protocol| Rank { router, protocol };
            tasks.spawn(async move {
                let pcp = Pcp::find((gateway, GATEWAY_PORT).into(), client).await?;
                Some((rank(0), Gateway::Pcp(pcp)))
            });
            tasks.spawn(async move {
                let pmp = NatPmp::find(gateway, client).await?;
                Some((rank(1), Gateway::NatPmp(pmp)))
            });
        }
        // Without any route out there is nobody to be reached by.
        if !network.v4.is_empty() {
            let network = network.clone();
            let everywhere = choice.gateway.is_none();
            tasks.spawn(async move {
                let igd = igd::find(&network, everywhere).await?;
                let ip = igd.addr.ip();
                let router = gateways.iter().position(|g| IpAddr::V4(*g) == ip);
                let rank = Rank {
                    router: router.unwrap_or(MOST_GATEWAYS),
                    protocol: 2,
                };
                Some((rank, Gateway::Upnp(Box::new(Upnp::new(igd)?))))
            });
        }
        Self::of(tasks)
    }

    /// Begins to look for a router that opens IPv6 ports; it has none where this computer has no
    /// global address.
    pub(crate) fn v6(network: &Network, choice: &Choice) -> Self {
        let mut tasks = JoinSet::new();
        if global_address(network).is_some() {
            let routers = global_routers(network);
            let only = choice.gateway.is_some().then(|| routers.clone());
            for (router, &ip) in routers.iter().enumerate() {
                tasks.spawn(async move {
                    let client = network::source_towards(ip.into())?;
                    let server = SocketAddr::V6(SocketAddrV6::new(ip, GATEWAY_PORT, 0, 0));
                    let pcp = Pcp::find(server, client).await?;
                    let is_global = verdict::kind(client) == Kind::Public;
                    let rank = Rank {
                        router,
                        protocol: 0,
                    };
                    is_global.then_some((rank, Gateway::Pcp(pcp)))
                });
            }
            if let Some(index) = network.v6.first().map(|route| route.index) {
                tasks.spawn(async move {
                    sleep(PINHOLE_AFTER).await;
                    let pinhole = Pinhole::find(index, &routers).await?;
                    if only.is_some_and(|only| !only.contains(&pinhole.router())) {
                        return None;
                    }
                    let rank = Rank {
                        router: 0,
                        protocol: 2,
                    };
                    Some((rank, Gateway::Pinhole(Box::new(pinhole))))
                });
            }
        }
        Self::of(tasks)
    }

    fn of(tasks: JoinSet<Option<(Rank, Gateway)>>) -> Self {
        Self {
            tasks,
            found: Vec::new(),
        }
    }

    /// The next router to be tried, the best of those that answer in time; `None` when there is
    /// none left. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Gateway> {
        loop {
            let best = self.best();
            let until = match best {
                Some(index) => {
                    let (rank, since, _) = &self.found[index];
                    let until = *since + patience(*rank);
                    if self.tasks.is_empty() || until <= Instant::now() {
                        return Some(self.found.swap_remove(index).2);
                    }
                    Some(until)
                }
                None if self.tasks.is_empty() => return None,
                None => None,
            };
            let no_longer = sleep_until(until.unwrap_or_else(Instant::now));
            tokio::select! {
                ended = self.tasks.join_next() => {
                    if let Some(Ok(Some((rank, gateway)))) = ended {
                        self.found.push((rank, Instant::now(), gateway));
                    }
                }
                () = no_longer, if until.is_some() => {}
            }
        }
    }

    fn best(&self) -> Option<usize> {
        let ranked = self.found.iter().enumerate();
        let best = ranked.min_by_key(|(_, (rank, ..))| *rank);
        best.map(|(index, _)| index)
    }

    /// All that answer, the best first: a little longer than the first takes.
    pub(crate) async fn all(self, longer: Duration) -> Vec<Gateway> {
        self.all_until(longer, std::future::pending()).await
    }

    /// The same, but no longer than until `end`.
    pub(crate) async fn all_until(
        mut self,
        longer: Duration,
        end: impl Future<Output = ()>,
    ) -> Vec<Gateway> {
        tokio::pin!(end);
        let mut until = None;
        loop {
            let limit = sleep_until(until.unwrap_or_else(Instant::now));
            tokio::select! {
                ended = self.tasks.join_next() => match ended {
                    Some(Ok(Some((rank, gateway)))) => {
                        let now = Instant::now();
                        until.get_or_insert(now + longer);
                        self.found.push((rank, now, gateway));
                    }
                    Some(_) => {}
                    None => break,
                },
                () = limit, if until.is_some() => break,
                () = &mut end => break,
            }
        }
        self.found.sort_by_key(|(rank, ..)| *rank);
        let first = self.found.first().map(|(rank, ..)| rank.router);
        // What another router says would only confuse.
        self.found.retain(|(rank, ..)| Some(rank.router) == first);
        self.found.into_iter().map(|(_, _, g)| g).collect()
    }
}

/// For how long something better is worth waiting for.
fn patience(rank: Rank) -> Duration {
    match rank {
        Rank {
            router: 0,
            protocol: 1,
        } => SECOND_BEST_WAITS,
        // UPnP takes its time; the others have had theirs by then.
        Rank { router: 0, .. } => Duration::ZERO,
        _ => OTHER_ROUTER_WAITS,
    }
}

/// Whether PCP is the only one of these, which tells no address outside before it opens a port.
pub(crate) fn only_pcp(gateways: &[Gateway]) -> bool {
    gateways.iter().all(|g| g.method() == Method::Pcp)
}

/// This computer's global IPv6 address: the one it would use towards a far computer.
pub(crate) fn global_address(network: &Network) -> Option<Ipv6Addr> {
    // For documentation (RFC 3849): the way there is the way out, and nothing is sent.
    let far: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    if network.v6.is_empty() {
        return None;
    }
    let IpAddr::V6(ip) = network::source_towards(far.into())? else {
        return None;
    };
    let is_ours = network.addresses.iter().any(|a| a.ip == IpAddr::V6(ip));
    (is_ours && verdict::kind(ip.into()) == Kind::Public).then_some(ip)
}

/// More than there are networks of a home, each with two likely addresses of its router.
const MOST_GUESSES: usize = 6;

/// Global addresses the router may have. A default route mostly names its link-local one, and a
/// router asked there sees our link-local address, which is no use to anybody outside. In the
/// network it announces a router mostly has the same interface identifier as there, or the first
/// address.
fn global_routers(network: &Network) -> Vec<Ipv6Addr> {
    const IDENTIFIER: u128 = u64::MAX as u128;
    let is_global = |ip: &Ipv6Addr| verdict::kind((*ip).into()) == Kind::Public;
    let mut routers: Vec<_> = network.v6.iter().filter_map(|r| r.gateway).collect();
    for address in &network.addresses {
        let IpAddr::V6(ip) = address.ip else {
            continue;
        };
        let same_identifier = network.v6.iter().filter(|r| r.index == address.index);
        let same_identifier = same_identifier.filter_map(|r| r.gateway).map(|gateway| {
            let identifier = u128::from(gateway) & IDENTIFIER;
            Ipv6Addr::from((u128::from(ip) & !IDENTIFIER) | identifier)
        });
        routers.extend(same_identifier);
        let network_part = u128::MAX.checked_shl(128 - u32::from(address.prefix.min(128)));
        routers.push(Ipv6Addr::from(
            (u128::from(ip) & network_part.unwrap_or(0)) | 1,
        ));
    }
    let mut seen = Vec::new();
    routers.retain(|ip| {
        let is_new = is_global(ip) && !seen.contains(ip);
        seen.push(*ip);
        is_new
    });
    routers.truncate(MOST_GUESSES);
    routers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Address, DefaultRoute};

    #[test]
    fn a_link_local_router_is_asked_by_the_global_addresses_it_may_have() {
        let address = |ip: &str, prefix| Address {
            interface: "wlan0".to_owned(),
            index: 3,
            ip: ip.parse().expect("an address"),
            prefix,
        };
        let mut network = Network {
            addresses: vec![
                address("192.168.1.100", 24),
                address("3ffe:77::2", 64),
                // A temporary one of the same network, and one that leads nowhere.
                address("3ffe:77::9", 128),
                address("fd00::2", 64),
            ],
            v4: vec![],
            v6: vec![DefaultRoute {
                index: 3,
                gateway: "fe80::aa:bbff:fecc:ddee".parse().ok(),
            }],
        };
        let routers = |network: &Network| {
            let routers = global_routers(network);
            routers.iter().map(Ipv6Addr::to_string).collect::<Vec<_>>()
        };
        let likely = ["3ffe:77::aa:bbff:fecc:ddee", "3ffe:77::1", "3ffe:77::9"];
        assert_eq!(routers(&network), likely);
        network.v6[0].gateway = "3ffe:77::fe".parse().ok();
        assert_eq!(routers(&network)[..2], ["3ffe:77::fe", "3ffe:77::1"]);
    }
}
