//! Where this computer can be reached, in the sentences of the screen. Pure.

use std::net::IpAddr;

use p2p_chat_protocol::ui::{Listening, ReachabilityChanged};

use crate::address::split;

/// What is known of the listener. A new one for each time of listening.
#[derive(Default)]
pub(crate) struct Reach {
    listening: Option<Listening>,
    /// A router is being asked; its answer ends the first report.
    asking: bool,
    last: ReachabilityChanged,
}

impl Reach {
    /// The listener is up, or something about it changed.
    pub(crate) fn listening(&mut self, listening: &Listening, verbose: bool) -> Vec<String> {
        let known = self
            .listening
            .replace(listening.clone())
            .is_some_and(|before| before.addresses == listening.addresses);
        if known {
            return vec![];
        }
        let mut lines = sockets(&listening.addresses, verbose);
        self.asking = listening.asking_router;
        if self.asking {
            lines.push("[*] Asking your router to open the port...".to_owned());
        } else {
            lines.extend(self.same_network());
            lines.push(WAITING.to_owned());
        }
        lines
    }

    /// A router answered, or changed its mind.
    pub(crate) fn changed(&mut self, now: &ReachabilityChanged) -> Vec<String> {
        let first = std::mem::take(&mut self.asking);
        self.last = now.clone();
        match (&now.external_address, first) {
            (Some(external), true) => self.forwarded(external, now.method.as_deref()),
            (Some(external), false) => {
                let by = method_name(now.method.as_deref());
                vec![format!("[*] Reachable from outside at {external} by {by}")]
            }
            (None, true) => self.not_forwarded(now.reason.as_deref()),
            (None, false) => vec![format!(
                "[!] {}",
                now.reason.as_deref().unwrap_or(NOT_REACHABLE)
            )],
        }
    }

    /// The fourth line of `/status`.
    pub(crate) fn status(&self) -> String {
        match (&self.last, &self.listening) {
            (
                ReachabilityChanged {
                    external_address: Some(external),
                    method,
                    ..
                },
                _,
            ) => {
                let by = method_name(method.as_deref());
                format!("{external} by {by}; removed when you quit")
            }
            (
                ReachabilityChanged {
                    reason: Some(reason),
                    ..
                },
                _,
            ) => {
                format!("not from outside: {reason}")
            }
            (_, None) => "not listening".to_owned(),
            (_, Some(_)) if self.asking => "your router is being asked".to_owned(),
            (_, Some(listening)) => match listening.own_addresses.first() {
                Some(own) => format!("{own} in the same network"),
                None => "not from outside".to_owned(),
            },
        }
    }

    fn forwarded(&self, external: &str, method: Option<&str>) -> Vec<String> {
        let (ip, outside) = split(external);
        let inside = self.port();
        let other = if inside == outside {
            String::new()
        } else {
            format!(" (from outside it is port {outside}, because {inside} was taken)")
        };
        let by = method_name(method);
        vec![
            format!("[*] {by}: Port {inside} forwarded successfully{other}"),
            format!("[*] Your public IP: {ip}"),
            format!("[*] Share your public IP ({ip}) and port {outside} with peer to connect"),
            WAITING.to_owned(),
        ]
    }

    fn not_forwarded(&self, reason: Option<&str>) -> Vec<String> {
        let mut lines = vec![format!("[!] {}", reason.unwrap_or(NOT_REACHABLE))];
        if let Some((ip, port)) = self.own_address() {
            lines.push(format!(
                "[*] Please manually forward port {port} to {ip} on your router"
            ));
        }
        lines.extend(self.same_network());
        lines.push(WAITING.to_owned());
        lines
    }

    fn same_network(&self) -> Option<String> {
        self.own_address()?;
        let invite = &self.listening.as_ref()?.invite.0;
        Some(format!("[*] In the same network it works now: {invite}"))
    }

    /// The likeliest address in the home network. Nobody else reaches a loopback one.
    fn own_address(&self) -> Option<(&str, &str)> {
        let own = self.listening.as_ref()?.own_addresses.first()?;
        let (ip, port) = split(own);
        let loopback = ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        (!loopback).then_some((ip, port))
    }

    fn port(&self) -> &str {
        let addresses = self.listening.as_ref().map(|known| &known.addresses);
        addresses
            .and_then(|all| all.first())
            .map_or("", |address| split(address).1)
    }
}

/// Somebody may call now.
pub(crate) const WAITING: &str = "[*] Waiting for connection...";
const NOT_REACHABLE: &str = "Nobody outside can reach you now.";

/// The IPv6 twin of an IPv4 socket is a detail.
fn sockets(addresses: &[String], verbose: bool) -> Vec<String> {
    let twins = |address: &&String| verbose || !address.starts_with("[::]");
    let shown: Vec<_> = addresses.iter().filter(twins).collect();
    let shown = if shown.is_empty() {
        addresses.iter().collect()
    } else {
        shown
    };
    let line = |address| format!("[*] Listening on {address}");
    shown.into_iter().map(line).collect()
}

fn method_name(method: Option<&str>) -> &str {
    match method {
        Some("upnp") => "UPnP",
        Some("pcp") => "PCP",
        Some("nat-pmp") => "NAT-PMP",
        Some(other) => other,
        None => "hand",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(own: &str, asking_router: bool) -> Listening {
        Listening {
            addresses: vec!["0.0.0.0:8080".to_owned(), "[::]:8080".to_owned()],
            own_addresses: vec![own.to_owned()],
            invite: format!("p2pc:{own}").into(),
            passcode: None,
            numbers: None,
            expires_ms: None,
            guesses_left: None,
            turned_away: 0,
            asking_router,
        }
    }

    fn mapped(external: &str, method: &str) -> ReachabilityChanged {
        ReachabilityChanged {
            external_address: Some(external.to_owned()),
            method: Some(method.to_owned()),
            lease_s: Some(3600),
            reason: None,
        }
    }

    fn refused(reason: &str) -> ReachabilityChanged {
        ReachabilityChanged {
            reason: Some(reason.to_owned()),
            ..Default::default()
        }
    }

    #[test]
    fn a_router_that_forwards_reads_as_designed() {
        let mut reach = Reach::default();
        let mut screen = reach.listening(&listening("192.168.1.100:8080", true), false);
        screen.extend(reach.changed(&mapped("203.0.113.7:8080", "upnp")));
        let expected = [
            "[*] Listening on 0.0.0.0:8080",
            "[*] Asking your router to open the port...",
            "[*] UPnP: Port 8080 forwarded successfully",
            "[*] Your public IP: 203.0.113.7",
            "[*] Share your public IP (203.0.113.7) and port 8080 with peer to connect",
            "[*] Waiting for connection...",
        ];
        assert_eq!(screen, expected);
        assert_eq!(
            reach.status(),
            "203.0.113.7:8080 by UPnP; removed when you quit"
        );
    }

    #[test]
    fn another_port_outside_is_said() {
        let mut reach = Reach::default();
        reach.listening(&listening("192.168.1.100:8080", true), false);
        let screen = reach.changed(&mapped("203.0.113.7:33089", "pcp"));
        let expected = "[*] PCP: Port 8080 forwarded successfully \
                        (from outside it is port 33089, because 8080 was taken)";
        assert_eq!(screen[0], expected);
        assert!(screen[2].contains("and port 33089 with"));
    }

    #[test]
    fn a_router_that_does_not_help_reads_as_designed() {
        let mut reach = Reach::default();
        reach.listening(&listening("192.168.1.100:8080", true), false);
        let reason = "No UPnP-capable router found. Manual port forwarding required.";
        let expected = [
            "[!] No UPnP-capable router found. Manual port forwarding required.",
            "[*] Please manually forward port 8080 to 192.168.1.100 on your router",
            "[*] In the same network it works now: p2pc:192.168.1.100:8080",
            "[*] Waiting for connection...",
        ];
        assert_eq!(reach.changed(&refused(reason)), expected);
        assert_eq!(reach.status(), format!("not from outside: {reason}"));
    }

    #[test]
    fn without_asking_a_router_the_invite_of_the_home_network_is_shown() {
        let mut reach = Reach::default();
        let expected = [
            "[*] Listening on 0.0.0.0:8080",
            "[*] In the same network it works now: p2pc:192.168.1.100:8080",
            "[*] Waiting for connection...",
        ];
        assert_eq!(
            reach.listening(&listening("192.168.1.100:8080", false), false),
            expected
        );
        assert_eq!(reach.status(), "192.168.1.100:8080 in the same network");
    }

    #[test]
    fn a_loopback_address_is_no_invite() {
        for own in ["127.0.0.1:8080", "[::1]:8080"] {
            let mut reach = Reach::default();
            let screen = reach.listening(&listening(own, false), false);
            assert_eq!(screen[1..], ["[*] Waiting for connection..."]);
            let mut reach = Reach::default();
            reach.listening(&listening(own, true), false);
            let screen = reach.changed(&refused("No router."));
            assert_eq!(screen, ["[!] No router.", "[*] Waiting for connection..."]);
        }
    }

    #[test]
    fn the_same_state_again_says_nothing() {
        let (mut reach, state) = (Reach::default(), listening("192.168.1.100:8080", false));
        assert_eq!(reach.listening(&state, false).len(), 3);
        assert_eq!(reach.listening(&state, false), [""; 0]);
    }

    #[test]
    fn the_ipv6_socket_is_a_detail_unless_it_is_the_only_one() {
        let addresses = ["0.0.0.0:8080".to_owned(), "[::]:8080".to_owned()];
        assert_eq!(sockets(&addresses, false).len(), 1);
        assert_eq!(sockets(&addresses, true).len(), 2);
        assert_eq!(
            sockets(&addresses[1..], false),
            ["[*] Listening on [::]:8080"]
        );
    }

    #[test]
    fn later_changes_are_one_line() {
        let mut reach = Reach::default();
        reach.listening(&listening("192.168.1.100:8080", true), false);
        reach.changed(&mapped("203.0.113.7:8080", "nat-pmp"));
        let lost = reach.changed(&refused("The router is gone."));
        assert_eq!(lost, ["[!] The router is gone."]);
        let back = reach.changed(&mapped("203.0.113.9:8080", "nat-pmp"));
        let expected = "[*] Reachable from outside at 203.0.113.9:8080 by NAT-PMP";
        assert_eq!(back, [expected]);
    }
}
