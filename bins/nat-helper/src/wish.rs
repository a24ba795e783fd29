//! What is to be opened, and how one router is asked for all of it.

use std::num::NonZeroU16;
use std::time::Duration;

use p2p_chat_protocol::nat::Forwarded;

use crate::failure::Failure;
use crate::gateway::{Gateway, Protocol, Wanted};
use crate::lease::Grant;
use crate::network::Choice;

/// What is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The port of this computer.
    pub(crate) port: NonZeroU16,
    /// The port wanted on the router.
    pub(crate) external_port: NonZeroU16,
    pub(crate) forwarded: Forwarded,
    /// Rather no port than another one.
    pub(crate) exact: bool,
    /// For how long.
    pub(crate) lease: Duration,
    /// How often the router is looked at while it is open.
    pub(crate) look: Duration,
    /// Which part of the network may be asked.
    pub(crate) choice: Choice,
}

/// Asks for all the protocols that are wished for, outside at one and the same port.
pub(crate) async fn ask(
    gateway: &mut Gateway,
    wish: &Wish,
    port: NonZeroU16,
) -> Result<Grant, Failure> {
    let mut port = port.get();
    // A second round where only one of two protocols could have the first port.
    for _ in 0..2 {
        let mut granted: Vec<(Wanted, Grant)> = Vec::new();
        for mut wanted in each(wish, port) {
            let first = granted.first().map(|(_, grant)| grant.external.port());
            wanted.external = first.and_then(NonZeroU16::new).unwrap_or(wanted.external);
            match gateway.map(&wanted).await {
                Ok(grant) => granted.push((wanted, grant)),
                Err(failure) => {
                    give_back(gateway, &granted).await;
                    return Err(failure);
                }
            }
        }
        let ports: Vec<_> = granted.iter().map(|(_, g)| g.external.port()).collect();
        let unwished = ports
            .iter()
            .find(|got| wish.exact && **got != wish.external_port.get());
        if let Some(got) = unwished {
            let reason = format!("it would give port {got} instead of {}", wish.external_port);
            let failure = Failure::PortWithheld(gateway.method(), reason);
            give_back(gateway, &granted).await;
            return Err(failure);
        }
        match (&ports[..], granted.pop()) {
            ([first, rest @ ..], Some((_, grant))) if rest.iter().all(|p| p == first) => {
                return Ok(grant);
            }
            ([.., last], Some(popped)) => {
                granted.push(popped);
                give_back(gateway, &granted).await;
                port = *last;
            }
            _ => return Err(Failure::NoGateway),
        }
    }
    let reason = "it gives tcp and udp different ports".to_owned();
    Err(Failure::PortWithheld(gateway.method(), reason))
}

async fn give_back(gateway: &Gateway, granted: &[(Wanted, Grant)]) {
    for (wanted, grant) in granted {
        let external = NonZeroU16::new(grant.external.port()).unwrap_or(wanted.external);
        // What stays open for lack of an answer ends with its lease.
        let _ = gateway
            .unmap(&Wanted {
                external,
                ..*wanted
            })
            .await;
    }
}

/// One for each protocol that is wished for.
pub(crate) fn each(wish: &Wish, external: u16) -> Vec<Wanted> {
    let protocols = Protocol::of(wish.forwarded).iter();
    let each = protocols.map(|protocol| Wanted {
        protocol: *protocol,
        port: wish.port,
        external: NonZeroU16::new(external).unwrap_or(wish.external_port),
        exact: wish.exact,
        lease: wish.lease,
    });
    each.collect()
}
