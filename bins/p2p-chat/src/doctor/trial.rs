//! A port that is opened for a moment, to see whether the router does it.

use std::time::Duration;

use p2p_chat_protocol::Refusal;
use p2p_chat_protocol::nat::{MapPort, NatEvent, NatRequest, PortMapped, UnmapPort};
use tokio::time::timeout;

use super::ask::Plugin;

/// A trial needs a port for a second; if this computer fails meanwhile, the router closes it soon.
const LEASE_S: u32 = 60;

/// How much longer than by IPv4 the router may take by IPv6. nat-helper has just found it by IPv6
/// not a second after IPv4, and allows it two more to open a port.
pub(super) const IPV6_LIMIT: Duration = Duration::from_secs(3);

/// Opens a port and closes it. Where the router can be asked by IPv6 too, it is waited for what it
/// says to that.
pub(super) async fn open_and_close(
    plugin: &mut Plugin,
    by_ipv6: bool,
) -> Result<Result<PortMapped, Refusal>, String> {
    let port = trial_port();
    let request = NatRequest::MapPort(MapPort {
        port,
        external_port: None,
        lease_s: LEASE_S,
    });
    let mut outcome = match plugin.ask(&request).await? {
        NatEvent::PortMapped(mapped) => Ok(mapped),
        NatEvent::Error(refusal) => Err(refusal),
        _ => return Err("nat-helper gave an answer to something else".to_owned()),
    };
    if let (Ok(mapped), true) = (&mut outcome, by_ipv6) {
        let known = until_ipv6_is_known(plugin, mapped);
        // Else it stays unknown, and is said so.
        timeout(IPV6_LIMIT, known).await.unwrap_or(Ok(()))?;
    }
    let close = NatRequest::UnmapPort(UnmapPort { port });
    plugin.ask::<NatRequest, NatEvent>(&close).await?;
    Ok(outcome)
}

/// What comes later than the port of IPv4 is told later. Cancel-safe.
async fn until_ipv6_is_known(plugin: &mut Plugin, mapped: &mut PortMapped) -> Result<(), String> {
    while mapped.ipv6_address.is_none() && mapped.ipv6_refused.is_none() {
        if let NatEvent::PortMapped(later) = plugin.news().await? {
            *mapped = later;
        }
    }
    Ok(())
}

/// A port that no chat of this computer holds just now: any that the system gives out. It is free
/// again by the time the router hears of it, so nobody is let in.
fn trial_port() -> u16 {
    let listener = std::net::TcpListener::bind(("0.0.0.0", 0));
    let port = listener.and_then(|l| l.local_addr()).map(|a| a.port());
    // The first of the ports that are for such use.
    port.unwrap_or(49_152)
}
