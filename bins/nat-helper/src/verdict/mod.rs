//! Can others reach this computer? The one place that decides it, from facts alone: the status of
//! `nat-helper`, the answer to `probe` and with it `p2p-chat doctor` say what is said here.

mod address;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use p2p_chat_protocol::nat::Reach;

pub(crate) use address::{Kind, kind};

/// All that can be known without help from outside.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// There is a route to other networks.
    pub(crate) connected: bool,
    /// This computer's address in the router's network.
    pub(crate) local_ip: Option<Ipv4Addr>,
    /// The interface it belongs to.
    pub(crate) interface: Option<String>,
    /// A router answered, by any protocol.
    pub(crate) router: bool,
    /// The address the router says it has outside.
    pub(crate) external_ip: Option<IpAddr>,
    /// The router cannot say, except by opening a port (PCP alone), so no address is no bad sign.
    pub(crate) mute: bool,
    /// This computer's global IPv6 address.
    pub(crate) ipv6: Option<Ipv6Addr>,
    /// The router lets IPv6 through on request.
    pub(crate) opens_ipv6: bool,
    /// For how long it was looked for a router.
    pub(crate) searched: Duration,
}

/// A judgement, for programs and as a sentence for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) reach: Reach,
    pub(crate) sentence: String,
}

/// Judges. That the router *says* it forwards is the most that can be told from inside; only a
/// connection from outside proves it.
pub(crate) fn judge(facts: &Facts) -> Verdict {
    let (reach, sentence) = by_ipv4(facts);
    let works = matches!(reach, Reach::Reachable | Reach::Direct);
    match facts.ipv6 {
        Some(ip) if facts.opens_ipv6 && !works => Verdict {
            reach: Reach::Ipv6Only,
            sentence: format!(
                "Reachable by IPv6 only ({ip}): the router opens it on request, so your friend \
                 needs IPv6 too. By IPv4 n{}",
                sentence.strip_prefix('N').unwrap_or(&sentence)
            ),
        },
        _ => Verdict { reach, sentence },
    }
}

fn by_ipv4(facts: &Facts) -> (Reach, String) {
    if let Some(ip) = facts.local_ip
        && kind(ip.into()) == Kind::Public
    {
        let sentence = format!("Reachable: this computer has the public address {ip} itself.");
        return (Reach::Direct, sentence);
    }
    if !facts.connected {
        let sentence = "Not reachable: this computer is in no network with a way out.";
        return (Reach::NoNetwork, sentence.to_owned());
    }
    if !facts.router {
        return (Reach::NoRouter, no_router(facts));
    }
    match facts.external_ip {
        Some(ip) => by_external(ip),
        None if facts.mute => (Reach::Reachable, FORWARDS.to_owned()),
        None => (
            Reach::NoPublicAddress,
            "Not reachable: the router has no public address. Is it online? Your provider may \
             share one among customers (CGNAT)."
                .to_owned(),
        ),
    }
}

const FORWARDS: &str = "Reachable: this router forwards ports on request.";

fn by_external(ip: IpAddr) -> (Reach, String) {
    match kind(ip) {
        Kind::Public => (Reach::Reachable, FORWARDS.to_owned()),
        Kind::Carrier => (
            Reach::CarrierNat,
            format!(
                "Not reachable: {ip} is shared by your provider (CGNAT). No port on this router will help."
            ),
        ),
        Kind::SecondRouter => (
            Reach::SecondRouter,
            format!(
                "Not reachable: there are two routers, one behind the other (yours has {ip}). \
                 Forward the port on the outer one too."
            ),
        ),
        Kind::Nowhere => (
            Reach::NoPublicAddress,
            format!("Not reachable: {ip} is no public address. Is the router online?"),
        ),
    }
}

fn no_router(facts: &Facts) -> String {
    let on = match &facts.interface {
        Some(interface) => format!(" on {interface}"),
        None => String::new(),
    };
    let here = match facts.local_ip {
        Some(ip) => ip.to_string(),
        None => "this computer".to_owned(),
    };
    // Rounded: a search ends some milliseconds late.
    let seconds = (facts.searched.as_millis() + 500) / 1000;
    format!(
        "No router answered (PCP, NAT-PMP, UPnP{on}, {seconds} s). Switch UPnP on in its settings, \
         or forward by hand to {here}."
    )
}

/// Why nobody reaches any port of a router that names no address outside, and what to do.
pub(crate) const NO_PUBLIC_ADDRESS: &str = "Nobody outside can reach you: your router has no public \
    address (it names none). Is it online? Your provider may share one among customers. Use IPv6, or \
    let your friend listen.";

/// Why nobody reaches a port that is open on a router with this address outside, and what to do.
pub(crate) fn why_unreachable(port: u16, ip: IpAddr) -> String {
    let why = match kind(ip) {
        Kind::Carrier => {
            format!("your provider shares one public address among customers (router has {ip}).")
        }
        Kind::SecondRouter => {
            return format!(
                "Nobody outside can reach you: there are two routers, one behind the other (yours \
                 has {ip}). Forward port {port} on the outer one too, or let your friend listen."
            );
        }
        Kind::Public | Kind::Nowhere => {
            format!("your router has no public address (it has {ip}).")
        }
    };
    format!("Nobody outside can reach you: {why} Let your friend listen.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(external: &str) -> Facts {
        Facts {
            connected: true,
            local_ip: Some(Ipv4Addr::new(192, 168, 1, 100)),
            interface: Some("wlan0".to_owned()),
            router: true,
            external_ip: external.parse().ok(),
            searched: Duration::from_millis(4004),
            ..Facts::default()
        }
    }

    #[test]
    fn a_router_with_a_public_address_makes_reachable() {
        let verdict = judge(&behind("128.66.0.1"));
        assert_eq!(verdict.reach, Reach::Reachable);
        assert_eq!(verdict.sentence, FORWARDS);
        let pcp_alone = Facts {
            mute: true,
            ..behind("none")
        };
        assert_eq!(judge(&pcp_alone).reach, Reach::Reachable);
    }

    #[test]
    fn each_address_nobody_reaches_has_its_own_sentence() {
        for (external, reach, part) in [
            ("100.64.0.2", Reach::CarrierNat, "shared by your provider"),
            ("192.168.0.10", Reach::SecondRouter, "there are two routers"),
            ("0.0.0.0", Reach::NoPublicAddress, "no public address"),
            ("none", Reach::NoPublicAddress, "no public address"),
        ] {
            let verdict = judge(&behind(external));
            assert_eq!(verdict.reach, reach, "{external}");
            assert!(
                verdict.sentence.starts_with("Not reachable: "),
                "{verdict:?}"
            );
            assert!(verdict.sentence.contains(part), "{verdict:?}");
        }
    }

    #[test]
    fn without_a_router_it_says_where_to_forward_by_hand() {
        let silent = Facts {
            router: false,
            ..behind("none")
        };
        let verdict = judge(&silent);
        assert_eq!(verdict.reach, Reach::NoRouter);
        assert_eq!(
            verdict.sentence,
            "No router answered (PCP, NAT-PMP, UPnP on wlan0, 4 s). Switch UPnP on in its \
             settings, or forward by hand to 192.168.1.100."
        );
        assert_eq!(judge(&Facts::default()).reach, Reach::NoNetwork);
    }

    #[test]
    fn a_computer_with_a_public_address_needs_no_router() {
        let facts = Facts {
            local_ip: Some(Ipv4Addr::new(128, 66, 0, 9)),
            ..Facts::default()
        };
        assert_eq!(judge(&facts).reach, Reach::Direct);
    }

    #[test]
    fn ipv6_helps_where_ipv4_does_not_and_only_if_the_router_opens_it() {
        let carrier = |opens_ipv6| Facts {
            ipv6: "3ffe:77::2".parse().ok(),
            opens_ipv6,
            ..behind("100.64.0.2")
        };
        assert_eq!(judge(&carrier(false)).reach, Reach::CarrierNat);
        let verdict = judge(&carrier(true));
        assert_eq!(verdict.reach, Reach::Ipv6Only);
        assert_eq!(
            verdict.sentence,
            "Reachable by IPv6 only (3ffe:77::2): the router opens it on request, so your friend \
             needs IPv6 too. By IPv4 not reachable: 100.64.0.2 is shared by your provider \
             (CGNAT). No port on this router will help."
        );
        let fine = Facts {
            opens_ipv6: true,
            ..behind("128.66.0.1")
        };
        assert_eq!(judge(&fine).reach, Reach::Reachable);
    }

    #[test]
    fn an_open_port_nobody_reaches_is_explained_with_the_way_out() {
        let said = |ip: &str| why_unreachable(8080, ip.parse().expect("an address"));
        assert_eq!(
            said("100.64.0.2"),
            "Nobody outside can reach you: your provider shares one public address among \
             customers (router has 100.64.0.2). Let your friend listen."
        );
        assert_eq!(
            said("192.168.0.10"),
            "Nobody outside can reach you: there are two routers, one behind the other (yours \
             has 192.168.0.10). Forward port 8080 on the outer one too, or let your friend listen."
        );
        assert_eq!(
            said("0.0.0.0"),
            "Nobody outside can reach you: your router has no public address (it has 0.0.0.0). \
             Let your friend listen."
        );
    }
}
