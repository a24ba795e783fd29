//! The search for a UPnP router: by unicast to the default gateway, then by multicast on every
//! interface, bound to its address so that no route and no VPN leads it elsewhere.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use igd_next::aio::{self, tokio::Tokio};
use igd_next::{SearchError, SearchOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::relay::{Relay, SSDP_GROUP, SSDP_PORT};
use super::search::SEARCH_LIMIT;
use crate::network::Network;

pub(super) type Igd = aio::Gateway<Tokio>;

/// The library asks once, and Wi-Fi loses packets: ask three times, the last early enough for the
/// slowest answer (SSDP's MX is 3 s). A router in reach answers the first in about 70 ms.
const STARTS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// By then a router that answers unicast has done so, and nobody else needs to be disturbed.
const MULTICAST_AFTER: Duration = Duration::from_millis(100);

/// How long a router that is not the default gateway waits for the one that is: a wrong one often
/// answers first, and what it opens leads nowhere.
const OTHERS_WAIT: Duration = Duration::from_secs(2);

/// More interfaces than a computer at home has networks; each costs six searches.
const MOST_INTERFACES: usize = 8;

/// The default gateway's, or else the first that answers. Cancel-safe.
pub(super) async fn find(network: &Network, everywhere: bool) -> Option<Igd> {
    let begun = Instant::now();
    let gateways: Vec<_> = network.gateways().collect();
    let mut tries = JoinSet::new();
    for gateway in &gateways {
        for start in STARTS {
            tries.spawn(ask(start, Ipv4Addr::UNSPECIFIED, *gateway));
        }
    }
    let sources = network.search_sources().into_iter().take(MOST_INTERFACES);
    for source in sources.filter(|_| everywhere) {
        for start in STARTS {
            let start = MULTICAST_AFTER + start;
            tries.spawn(ask(start, source, SSDP_GROUP));
            if !gateways.is_empty() {
                tries.spawn(ask_by_relay(start, source, gateways.clone()));
            }
        }
    }
    let choose = first_choice(tries, &gateways, begun + OTHERS_WAIT);
    timeout(SEARCH_LIMIT, choose).await.ok().flatten()
}

async fn first_choice(
    mut tries: JoinSet<Result<Igd, SearchError>>,
    gateways: &[Ipv4Addr],
    others_wait: Instant,
) -> Option<Igd> {
    let mut other = None;
    loop {
        tokio::select! {
            ended = tries.join_next() => match ended {
                Some(Ok(Ok(igd))) => {
                    let is_gateway = gateways.iter().any(|ip| IpAddr::V4(*ip) == igd.addr.ip());
                    if is_gateway || gateways.is_empty() {
                        return Some(igd);
                    }
                    other.get_or_insert(igd);
                }
                Some(_) => {}
                None => return other,
            },
            () = sleep_until(others_wait), if other.is_some() => return other,
        }
    }
}

async fn ask(start: Duration, from: Ipv4Addr, to: Ipv4Addr) -> Result<Igd, SearchError> {
    sleep(start).await;
    let options = options(start, from, (to, SSDP_PORT).into());
    aio::tokio::search_gateway(options).await
}

async fn ask_by_relay(
    start: Duration,
    from: Ipv4Addr,
    gateways: Vec<Ipv4Addr>,
) -> Result<Igd, SearchError> {
    sleep(start).await;
    let relay = Relay::new(from, &gateways).await?;
    let mut options = options(start, Ipv4Addr::LOCALHOST, relay.address()?);
    // The relay answers in the routers' place.
    options.allowed_gateway_ips = gateways.into_iter().map(IpAddr::V4).collect();
    tokio::select! {
        found = aio::tokio::search_gateway(options) => found,
        broken = relay.run() => Err(broken.err().map_or(SearchError::InvalidResponse, Into::into)),
    }
}

fn options(start: Duration, from: Ipv4Addr, to: SocketAddr) -> SearchOptions {
    let mut options = SearchOptions::default();
    options.bind_addr = SocketAddr::from((from, 0));
    options.broadcast_address = to;
    options.timeout = Some(SEARCH_LIMIT.saturating_sub(start));
    options
}
