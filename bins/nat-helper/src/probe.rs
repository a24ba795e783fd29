//! What there is between this computer and the outside, and what that means. Opens nothing.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use p2p_chat_protocol::nat::{OwnAddress, Probed};
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::gateway::Gateway;
use crate::gateway::search::{self, SEARCH_LIMIT, Search};
use crate::network::{Choice, Network};
use crate::verdict::{self, Facts, Verdict};

/// How much longer than the first protocol the others are waited for: UPnP takes a tenth of a
/// second where PCP takes a hundredth, and a busy router some more.
pub(crate) const OTHERS_WAIT: Duration = Duration::from_secs(2);

/// How much longer than for IPv4 it is waited for IPv6, which answers as soon or not at all.
const IPV6_WAITS: Duration = Duration::from_secs(1);

/// What was found.
pub(crate) struct Found {
    pub(crate) probed: Probed,
    /// The router, by all protocols it speaks, the best first.
    pub(crate) gateways: Vec<Gateway>,
}

/// Looks at this computer and asks the router, by all protocols at once; `longer` than the first
/// takes to answer.
pub(crate) async fn probe(choice: &Choice, longer: Duration) -> Found {
    let begun = Instant::now();
    let network = Network::look(choice);
    let ipv4 = Search::v4(&network, choice).all(longer);
    let (known, ipv4_known) = oneshot::channel::<()>();
    let ipv6 = Search::v6(&network, choice).all_until(OTHERS_WAIT, async {
        let _ = ipv4_known.await;
        sleep(IPV6_WAITS).await;
    });
    let (gateways, ipv6) = tokio::join!(
        async {
            let gateways = ipv4.await;
            drop(known);
            gateways
        },
        ipv6
    );
    let searched = begun.elapsed();
    let external_ip = external_ip(&gateways).await;
    let mut probed = Probed {
        addresses: own_addresses(&network),
        methods: gateways
            .iter()
            .map(|g| g.method().code().to_owned())
            .collect(),
        external_ip: external_ip.map(|ip| ip.to_string()),
        ipv6_method: ipv6.first().map(|g| g.method().code().to_owned()),
        ..Probed::default()
    };
    for gateway in &gateways {
        if let Gateway::Upnp(upnp) = gateway {
            let description = upnp.description().await;
            probed.gateway_name = description.name;
            probed.igd_version = description.igd_version;
        }
    }
    let local_ip = match gateways.first().map(Gateway::local_ip) {
        Some(IpAddr::V4(ip)) => Some(ip),
        _ => network.local_ip(),
    };
    let router = gateways.first().map(Gateway::ip);
    let interface = local_ip.and_then(|ip| network.interface_of(ip.into()));
    let global = search::global_address(&network);
    let Verdict { reach, sentence } = verdict::judge(&Facts {
        connected: !network.is_cut_off(),
        local_ip,
        interface: interface.map(str::to_owned),
        router: router.is_some(),
        external_ip,
        mute: search::only_pcp(&gateways),
        ipv6: global,
        opens_ipv6: !ipv6.is_empty(),
        searched,
    });
    // One that does not answer has an address too.
    let gateway = router.or_else(|| network.gateways().next().map(IpAddr::V4));
    probed.gateway = gateway.map(|ip| ip.to_string());
    probed.local_ip = local_ip.map(|ip| ip.to_string());
    probed.interface = interface.map(str::to_owned);
    probed.ipv6 = global.map(|ip| ip.to_string());
    probed.reach = reach;
    probed.verdict = Some(sentence);
    Found { probed, gateways }
}

/// The verdict where a whole search has found no router.
pub(crate) fn without_router(choice: &Choice) -> Verdict {
    let network = Network::look(choice);
    let local_ip = network.local_ip();
    let interface = local_ip.and_then(|ip| network.interface_of(ip.into()));
    verdict::judge(&Facts {
        connected: !network.is_cut_off(),
        local_ip,
        interface: interface.map(str::to_owned),
        searched: SEARCH_LIMIT,
        ..Facts::default()
    })
}

/// The address outside, from the first that tells it.
async fn external_ip(gateways: &[Gateway]) -> Option<IpAddr> {
    for gateway in gateways {
        if let Ok(Some(ip)) = gateway.external_ip().await {
            return Some(ip);
        }
    }
    None
}

fn own_addresses(network: &Network) -> Vec<OwnAddress> {
    let addresses = network.addresses.iter().map(|address| OwnAddress {
        interface: address.interface.clone(),
        ip: address.ip.to_string(),
    });
    addresses.collect()
}
