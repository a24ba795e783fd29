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
    pub(super) why: String,
}

/// Who can use an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaches {
    Everybody,
    WhoHasIpv6,
    Perhaps,
    /// Or who is in the same VPN.
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
    let mut add = |ip: &str, reaches, why: &str| {
        let Ok(ip) = ip.parse::<IpAddr>() else { return };
        let address = SocketAddr::new(ip, findings.port).to_string();
        if found.iter().all(|known| known.address != address) {
            found.push(Address {
                address,
                reaches,
                why: why.to_owned(),
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
        let (reaches, why) = match findings.opened_ipv6() {
            true => (
                Reaches::WhoHasIpv6,
                "works for who has IPv6 too: the router lets it through",
            ),
            false => (
                Reaches::Perhaps,
                "may work for who has IPv6 too, if the router lets callers in",
            ),
        };
        add(ip, reaches, why);
    }
    if let Some(ip) = &probed.local_ip {
        let why = "works in the same network only";
        add(ip, Reaches::SameNetwork, why);
    }
    for own in findings.listening.iter().flatten() {
        if let Ok(address) = own.parse::<SocketAddr>() {
            let ip = address.ip().to_string();
            let why = match elsewhere(findings, &ip) {
                Some(interface) => format!("works in the network of {interface} only"),
                None => "works in the same network only".to_owned(),
            };
            add(&ip, Reaches::SameNetwork, &why);
        }
    }
    found
}

/// The interface of this address, where it is not the one that leads to the router: that of a VPN,
/// most often.
fn elsewhere<'a>(findings: &'a Findings, ip: &str) -> Option<&'a str> {
    let probed = &findings.probed;
    let own = probed.addresses.iter().find(|own| own.ip == ip)?;
    (probed.interface.as_deref() != Some(&own.interface)).then_some(&own.interface)
}
