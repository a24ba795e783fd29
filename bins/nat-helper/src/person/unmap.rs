//! `nat-helper unmap`: closes what this computer left open, and nothing else.

use std::io;
use std::num::NonZeroU16;
use std::process::ExitCode;
use std::time::Duration;

use p2p_chat_protocol::nat::NatEvent;

use super::{EXIT_NO_GATEWAY, Output, complain, list};
use crate::arguments::Unmap;
use crate::gateway::search::{SEARCH_LIMIT, Search};
use crate::gateway::{Entry, Gateway, Protocol, Upnp, Wanted};
use crate::network::{Choice, Network};
use crate::probe::{self, Found};

/// How long the router's IPv6 side is searched: PCP answers at once or not at all.
const IPV6_WAITS: Duration = Duration::from_millis(100);

/// Closes a port, or all of this computer's own.
pub(crate) async fn unmap(unmap: Unmap, choice: &Choice, output: Output) -> io::Result<ExitCode> {
    let found = probe::probe(choice, SEARCH_LIMIT).await;
    if found.gateways.is_empty() {
        complain(found.probed.verdict.as_deref().unwrap_or_default());
        return Ok(ExitCode::from(EXIT_NO_GATEWAY));
    }
    let outcome = match (list::upnp_of(&found), unmap.port) {
        (Some(upnp), port) => by_list(upnp, &found, port).await,
        (None, Some(port)) => blindly(&found, port).await,
        (None, None) => return Ok(list::no_list(&found)),
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
            complain(&sentence);
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

/// Closes what the router lists as ours.
async fn by_list(upnp: &Upnp, found: &Found, port: Option<NonZeroU16>) -> Result<Closed, String> {
    let listing = upnp.list().await;
    let is_meant = |entry: &&Entry| match port.map(NonZeroU16::get) {
        Some(port) => entry.port == port || entry.external_port == port,
        None => true,
    };
    let meant: Vec<_> = listing.entries.iter().filter(is_meant).collect();
    let (own, others): (Vec<_>, Vec<_>) = meant.into_iter().partition(|e| e.is_own(upnp.local_ip));
    let outside = found.probed.external_ip.as_deref().unwrap_or("?");
    let mut closed = Closed::default();
    for entry in own {
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
        (true, Some(port), Some(other)) => Err(format!(
            "Port {port} belongs to {} ({:?}). Unmapping other people's entries is refused.",
            other.client, other.name
        )),
        (true, Some(port), None) => {
            Err(format!("Nothing of this computer is open at port {port}."))
        }
        (true, None, _) => Ok(Closed {
            said: vec!["Nothing of this computer is open.".to_owned()],
            ..closed
        }),
        (false, ..) => Ok(closed),
    }
}

/// Closes a port by PCP, which knows our own by its nonce; else by NAT-PMP, which knows no more
/// than this computer's address.
async fn blindly(found: &Found, port: NonZeroU16) -> Result<Closed, String> {
    let Some(gateway) = found.gateways.first() else {
        return Ok(Closed::default());
    };
    // Some routers take it amiss when there is nothing to close, so one of the two is enough.
    let tcp = gateway.unmap(&whole(port, Protocol::Tcp)).await;
    let udp = gateway.unmap(&whole(port, Protocol::Udp)).await;
    tcp.or_else(|reason| udp.map_err(|_| reason))
        .map_err(|reason| format!("Port {port} was not closed: {reason}."))?;
    Ok(Closed {
        ports: vec![port],
        said: vec![format!(
            "Removed what this computer had open at port {port}."
        )],
    })
}

/// A hole of ours in the IPv6 firewall goes with its port.
async fn close_ipv6(choice: &Choice, ports: &[NonZeroU16]) {
    if ports.is_empty() {
        return;
    }
    let network = Network::look(choice);
    for gateway in Search::v6(&network).all(IPV6_WAITS).await {
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
        lease: Duration::ZERO,
    }
}
