//! The router's list of open ports: whoever opened them.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use igd_next::{GetGenericPortMappingEntryError as EntryError, PortMappingProtocol, RequestError};
use tokio::time::{Instant, timeout_at};

use super::igd::Igd;
use super::{DESCRIPTION, Protocol, nonce};
use crate::failure::printable;

/// More than any router at home keeps; a router that never ends its list is one that lies.
const MOST_ENTRIES: u32 = 512;

/// An open port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) external_port: u16,
    pub(crate) protocol: Protocol,
    /// The computer it leads to; what the router says, made printable.
    pub(crate) client: String,
    pub(crate) port: u16,
    /// For how much longer; none: for ever.
    pub(crate) ends_in: Option<Duration>,
    /// What it was opened as, made printable.
    pub(crate) name: String,
}

impl Entry {
    /// Whether this computer opened it, with this program: own address **and** own name. A router
    /// that lists what was opened by PCP gives it a name of its own making.
    pub(crate) fn is_own(&self, own: IpAddr) -> bool {
        let by_pcp = || {
            let port = NonZeroU16::new(self.port);
            port.is_some_and(|port| {
                let nonce = nonce::nonce(own, port, self.protocol);
                nonce::texts(nonce).contains(&self.name.replace("PCP MAP ", ""))
            })
        };
        self.leads_to(own) && (self.name == DESCRIPTION || by_pcp())
    }

    /// Whether this computer opened it by NAT-PMP, which does not say with which program.
    pub(crate) fn is_own_by_nat_pmp(&self, own: IpAddr) -> bool {
        let name = format!("NAT-PMP {} {}", self.external_port, self.protocol.name());
        self.leads_to(own) && self.name == name
    }

    /// Whether it was opened for this port of this computer, with this program as far as the
    /// router can tell: no two programs listen at one port.
    pub(super) fn is_for(&self, own: IpAddr, port: NonZeroU16) -> bool {
        self.port == port.get() && (self.is_own(own) || self.is_own_by_nat_pmp(own))
    }

    /// Whose it is, for people, where it is not ours.
    pub(super) fn owner(&self, own: IpAddr) -> String {
        match self.leads_to(own) {
            true => format!("another program of this computer ({:?})", self.name),
            false => self.client.clone(),
        }
    }

    /// Whether it leads to this address.
    pub(crate) fn leads_to(&self, ip: IpAddr) -> bool {
        self.client.parse() == Ok(ip)
    }
}

/// All open ports, as far as the router tells.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    /// Whether the router told all of them.
    pub(crate) complete: bool,
    /// How many entries could not be read: any computer of the network can make one.
    pub(crate) unreadable: u32,
}

/// Reads the list, for at most so long.
pub(super) async fn read(igd: &Igd, limit: Duration) -> Listing {
    let until = Instant::now() + limit;
    let mut listing = Listing::default();
    for index in 0..MOST_ENTRIES {
        let entry = timeout_at(until, igd.get_generic_port_mapping_entry(index)).await;
        match entry {
            Ok(Ok(entry)) => listing.entries.push(Entry {
                external_port: entry.external_port,
                protocol: match entry.protocol {
                    PortMappingProtocol::TCP => Protocol::Tcp,
                    PortMappingProtocol::UDP => Protocol::Udp,
                },
                client: printable(&entry.internal_client),
                port: entry.internal_port,
                ends_in: (entry.lease_duration > 0)
                    .then(|| Duration::from_secs(entry.lease_duration.into())),
                name: printable(&entry.port_mapping_description),
            }),
            // Rubbish in one entry is no end of the list.
            Ok(Err(EntryError::RequestError(
                RequestError::Utf8Error(_) | RequestError::InvalidResponse(_),
            ))) => listing.unreadable += 1,
            // A router that has no list says so instead of its first entry.
            Ok(Err(EntryError::RequestError(RequestError::ErrorCode(401 | 501 | 602, _))))
                if index == 0 =>
            {
                break;
            }
            // Routers have various errors for the end.
            Ok(Err(
                EntryError::SpecifiedArrayIndexInvalid
                | EntryError::RequestError(RequestError::ErrorCode(..)),
            )) => {
                listing.complete = true;
                break;
            }
            Ok(Err(_)) | Err(_) => break,
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(client: &str, name: &str) -> Entry {
        Entry {
            external_port: 8080,
            protocol: Protocol::Tcp,
            client: client.to_owned(),
            port: 8080,
            ends_in: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn own_is_what_has_our_address_and_our_name() {
        let own: IpAddr = [192, 168, 1, 100].into();
        assert!(entry("192.168.1.100", "p2p-chat").is_own(own));
        assert!(!entry("192.168.1.34", "p2p-chat").is_own(own));
        assert!(!entry("192.168.1.100", "Transmission").is_own(own));
        let port = NonZeroU16::new(8080).expect("not 0");
        for nonce in nonce::texts(nonce::nonce(own, port, Protocol::Tcp)) {
            assert!(entry("192.168.1.100", &format!("PCP MAP {nonce}")).is_own(own));
        }
        assert!(!entry("192.168.1.100", "PCP MAP 000000000000000000000000").is_own(own));
        assert!(!entry("rubbish", "p2p-chat").is_own(own));
    }

    #[test]
    fn what_nat_pmp_opened_is_ours_for_this_port_and_else_perhaps() {
        let own: IpAddr = [192, 168, 1, 100].into();
        let [port, other] = [8080, 9090].map(|port| NonZeroU16::new(port).expect("not 0"));
        let ours = entry("192.168.1.100", "NAT-PMP 8080 tcp");
        assert!(ours.is_own_by_nat_pmp(own) && ours.is_for(own, port));
        assert!(!ours.is_own(own) && !ours.is_for(own, other));
        for (client, name) in [
            ("192.168.1.34", "NAT-PMP 8080 tcp"),
            ("192.168.1.100", "NAT-PMP 8080 udp"),
            ("192.168.1.100", "NAT-PMP 9090 tcp"),
        ] {
            assert!(
                !entry(client, name).is_own_by_nat_pmp(own),
                "{client} {name}"
            );
        }
    }

    #[test]
    fn a_foreign_port_is_named_after_its_computer_or_its_program() {
        let own: IpAddr = [192, 168, 1, 100].into();
        let whose = |client, name| entry(client, name).owner(own);
        let here = "another program of this computer (\"Transmission\")";
        assert_eq!(whose("192.168.1.100", "Transmission"), here);
        assert_eq!(whose("192.168.1.34", "p2p-chat"), "192.168.1.34");
    }
}
