//! Which addresses an invite holds, and who can use them.

use std::net::{IpAddr, SocketAddr};

use p2p_chat_protocol::nat::Reach;

use super::Findings;

/// An address of an invite.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) address: String,
    pub(super) reaches: Reaches,
    /// For people.
    pub(super) why: &'static str,
}

/// Who can use an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaches {
    Everybody,
    WhoHasIpv6,
    Perhaps,
    SameNetwork,
}

impl Reaches {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::WhoHasIpv6 => "ipv6",
            Self::Perhaps => "perhaps",
            Self::SameNetwork => "same_network",
        }
    }
}

/// In the order to try: through the router, by IPv6, in the same network.
pub(super) fn addresses(findings: &Findings) -> Vec<Address> {
    let probed = &findings.probed;
    let mut found: Vec<Address> = Vec::new();
    let mut add = |ip: &str, reaches, why| {
        let Ok(ip) = ip.parse::<IpAddr>() else { return };
        let address = SocketAddr::new(ip, findings.port).to_string();
        if found.iter().all(|known| known.address != address) {
            found.push(Address {
                address,
                reaches,
                why,
            });
        }
    };
    let forwarded = match &findings.mapping {
        Some(Ok(mapped)) => mapped.external_address.parse::<SocketAddr>().ok(),
        _ => None,
    };
    if let Some(address) = forwarded.filter(SocketAddr::is_ipv4) {
        let why = "works from everywhere: the router forwards it";
        add(&address.ip().to_string(), Reaches::Everybody, why);
    }
    if let (Reach::Direct, Some(ip)) = (probed.reach, &probed.local_ip) {
        let why = "works from everywhere: this computer has it itself";
        add(ip, Reaches::Everybody, why);
    }
    if let Some(ip) = &probed.ipv6 {
        let (reaches, why) = match probed.ipv6_method {
            Some(_) => (
                Reaches::WhoHasIpv6,
                "works for who has IPv6 too: the router lets it through",
            ),
            None => (
                Reaches::Perhaps,
                "may work for who has IPv6 too, if the router lets callers in",
            ),
        };
        add(ip, reaches, why);
    }
    let why = "works in the same network only";
    if let Some(ip) = &probed.local_ip {
        add(ip, Reaches::SameNetwork, why);
    }
    for own in findings.listening.iter().flatten() {
        if let Ok(address) = own.parse::<SocketAddr>() {
            add(&address.ip().to_string(), Reaches::SameNetwork, why);
        }
    }
    found
}
