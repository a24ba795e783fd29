//! `nat-helper unmap`: closes what this computer left open, and nothing else.

use std::io;
use std::num::NonZeroU16;
use std::process::ExitCode;
use std::time::Duration;

use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::nat::NatEvent;

use super::{Output, list};
use crate::arguments::Unmap;
use crate::gateway::search::{SEARCH_LIMIT, Search};
use crate::gateway::{Entry, Gateway, Protocol, Upnp, Wanted};
use crate::method::Method;
use crate::network::{Choice, Network};
use crate::probe::{self, Found};

/// How long the router's IPv6 side is searched: PCP answers at once or not at all.
const IPV6_WAITS: Duration = Duration::from_millis(100);

/// Closes a port, or all of this computer's own.
pub(crate) async fn unmap(unmap: Unmap, choice: &Choice, output: Output) -> io::Result<ExitCode> {
    let found = probe::probe(choice, SEARCH_LIMIT).await;
    if found.gateways.is_empty() {
        return list::no_router(&found, output);
    }
    let outcome = match (list::upnp_of(&found), unmap.port) {
        (Some(upnp), port) => by_list(upnp, &found, port).await,
        (None, Some(port)) => blindly(&found, port).await,
        (None, None) => return list::no_list(&found, output),
    };
    match outcome {
        Ok(Closed { ports, said }) => {
            close_ipv6(choice, &ports).await;
            for row in said {
                output.say(&row)?;
            }
            output.event(&NatEvent::Ok)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(sentence) => {
            output.refuse(ErrorCode::MappingRefused, &sentence)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What was closed.
#[derive(Default)]
struct Closed {
    /// The ports of this computer.
    ports: Vec<NonZeroU16>,
    /// For people.
    said: Vec<String>,
}

/// Closes what the router lists as ours. What NAT-PMP opened may be another program's of this
/// computer, so it is closed only where its port is named.
async fn by_list(upnp: &Upnp, found: &Found, port: Option<NonZeroU16>) -> Result<Closed, String> {
    let own = upnp.local_ip;
    let listing = upnp.list().await;
    let is_meant = |entry: &&Entry| match port.map(NonZeroU16::get) {
        Some(port) => entry.port == port || entry.external_port == port,
        None => true,
    };
    let meant: Vec<_> = listing.entries.iter().filter(is_meant).collect();
    let is_named = |entry: &Entry| port.is_some() && entry.is_own_by_nat_pmp(own);
    let (closing, others): (Vec<_>, Vec<_>) = meant
        .into_iter()
        .partition(|entry| entry.is_own(own) || is_named(entry));
    let outside = found.probed.external_ip.as_deref().unwrap_or("?");
    let mut closed = Closed::default();
    for entry in closing {
        let Some(external) = NonZeroU16::new(entry.external_port) else {
            continue;
        };
        let address = format!("{outside}:{external}");
        let removed = upnp.remove(external, entry.protocol).await;
        removed.map_err(|reason| format!("{address} was not closed: {reason}."))?;
        let protocol = entry.protocol.name();
        closed.said.push(format!("Removed {address} ({protocol})."));
        closed.ports.extend(NonZeroU16::new(entry.port));
    }
    match (closed.said.is_empty(), port, others.first()) {
        (true, Some(port), Some(other)) => {
            return Err(format!(
                "Port {port} belongs to {} ({:?}). Unmapping other people's entries is refused.",
                other.client, other.name
            ));
        }
        (true, Some(port), None) => {
            return Err(format!("Nothing of this computer is open at port {port}."));
        }
        (true, None, _) => closed
            .said
            .push("Nothing of this program is open.".to_owned()),
        (false, ..) => {}
    }
    let doubtful = others.iter().filter(|entry| entry.is_own_by_nat_pmp(own));
    closed.said.extend(doubtful.map(|entry| {
        format!(
            "Left open: {outside}:{} ({}). NAT-PMP does not tell which program of this computer \
             opened it. To close it: nat-helper unmap {}",
            entry.external_port,
            entry.protocol.name(),
            entry.external_port
        )
    }));
    Ok(closed)
}

/// Closes a port by PCP, which knows our own by its nonce; else by NAT-PMP, which knows no more
/// than this computer's address, and so much is said.
async fn blindly(found: &Found, port: NonZeroU16) -> Result<Closed, String> {
    let Some(gateway) = found.gateways.first() else {
        return Ok(Closed::default());
    };
    // Some routers take it amiss when there is nothing to close, so one of the two is enough.
    let tcp = gateway.unmap(&whole(port, Protocol::Tcp)).await;
    let udp = gateway.unmap(&whole(port, Protocol::Udp)).await;
    tcp.or_else(|reason| udp.map_err(|_| reason))
        .map_err(|reason| format!("Port {port} was not closed: {reason}."))?;
    let whose = match gateway.method() {
        Method::NatPmp => ", by whichever program: NAT-PMP does not tell",
        _ => "",
    };
    Ok(Closed {
        ports: vec![port],
        said: vec![format!(
            "Removed what this computer had open at port {port}{whose}."
        )],
    })
}

/// A hole of ours in the IPv6 firewall goes with its port.
async fn close_ipv6(choice: &Choice, ports: &[NonZeroU16]) {
    if ports.is_empty() {
        return;
    }
    let network = Network::look(choice);
    for gateway in Search::v6(&network, choice).all(IPV6_WAITS).await {
        let Gateway::Pcp(_) = &gateway else { continue };
        for port in ports {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                // Where there was none there is nothing to say.
                let _ = gateway.unmap(&whole(*port, protocol)).await;
            }
        }
    }
}

fn whole(port: NonZeroU16, protocol: Protocol) -> Wanted {
    Wanted {
        protocol,
        port,
        external: port,
        exact: true,
        lease: Duration::ZERO,
    }
}
