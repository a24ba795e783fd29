//! Networks that are not simply one computer behind one router.

mod support;

use p2p_chat_protocol::ErrorCode;

use support::nat_lab::NatLab;
use support::{MAP, ipv4_home, plugin_in};

/// The router does not hear what is asked of it alone.
const ONLY_MULTICAST: &str =
    "nft insert rule inet filter input ip daddr 192.168.77.1 udp dport 1900 drop";

/// The method of a mapping, through which bytes arrive.
fn maps(lab: &NatLab) -> String {
    let mut plugin = plugin_in(lab, "lan");
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert_eq!(mapped.external_address, "128.66.0.1:8080");
    assert!(lab.passes(8080, 8080), "bytes arrive");
    plugin.end();
    mapped.method
}

#[test]
fn of_two_routers_the_default_gateway_is_asked() {
    let Some(lab) = NatLab::with(&["--no-natpmp", "--two-igd"]) else {
        return;
    };
    let is_asked = || {
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
        plugin.end();
    };
    is_asked();
    // Where it answers multicast alone, the other one often is the first to answer.
    lab.run("router", ONLY_MULTICAST);
    for _ in 0..4 {
        is_asked();
    }
    assert_eq!(maps(&lab), "upnp");
}

#[test]
fn a_router_that_never_sees_multicast_is_found() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    lab.run(
        "router",
        "nft insert rule inet filter input ip daddr 239.0.0.0/8 drop",
    );
    assert_eq!(maps(&lab), "upnp");
}

#[test]
fn a_router_that_answers_multicast_alone_is_found() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    lab.run("router", ONLY_MULTICAST);
    assert_eq!(maps(&lab), "upnp");
}

#[test]
fn a_firewall_on_this_computer_keeps_no_router_from_being_found() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    lab.run("lan", "nft add table inet own");
    lab.run(
        "lan",
        "nft add chain inet own input { type filter hook input priority 0 ; policy drop ; }",
    );
    for allowed in [
        "iifname lo",
        "ct state established,related",
        "tcp dport 8080",
    ] {
        lab.run(
            "lan",
            &format!("nft add rule inet own input {allowed} accept"),
        );
    }
    assert_eq!(maps(&lab), "upnp");
}

#[test]
fn a_vpn_as_default_route_does_not_hide_the_router() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    // Packets into it end nowhere, and only those for the outside of this lab go past it.
    for line in [
        "ip link add tun0 type veth peer name tun1",
        "ip addr add 10.99.0.2/24 dev tun0",
        "ip link set tun0 up",
        "ip link set tun1 up",
        "ip route add 128.66.0.0/24 via 192.168.77.1",
        "ip route replace default via 10.99.0.1 dev tun0",
    ] {
        lab.run("lan", line);
    }
    assert_eq!(maps(&lab), "upnp");
}

/// A home whose router has no public address: behind a carrier, or behind another router.
const NO_PUBLIC_ADDRESS: [&str; 2] = ["--cgnat", "--double-nat"];

#[test]
fn a_router_without_a_public_address_opens_ipv6_all_the_same() {
    for option in NO_PUBLIC_ADDRESS {
        let Some(lab) = NatLab::with(&[option]) else {
            return;
        };
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        let mapped = plugin.mapped();
        assert_eq!(mapped.external_address, "[3ffe:77::2]:8080");
        assert_eq!(mapped.ipv6_address.as_deref(), Some("[3ffe:77::2]:8080"));
        let reason = mapped.reason.expect("why IPv4 does not work");
        assert!(
            reason.starts_with("Only by IPv6, so your friend needs it too. By IPv4: "),
            "{reason}"
        );
        assert!(reason.contains("has no public address"), "{reason}");
        let ipv6 = ("3ffe:77::2", 8080);
        assert!(lab.passes_to(ipv6, ipv6), "{option}: bytes arrive by IPv6");
        plugin.end();
        assert!(!lab.passes_to(ipv6, ipv6), "{option}: and no longer");
    }
}

#[test]
fn a_router_without_a_public_address_and_ipv6_opens_nothing_and_says_why() {
    let protocols: [&[&str]; 3] = [&[], &["--no-upnp"], &["--no-natpmp"]];
    for (option, protocols) in NO_PUBLIC_ADDRESS
        .iter()
        .flat_map(|option| protocols.map(|protocols| (option, protocols)))
    {
        let Some(lab) = ipv4_home(&[&[*option], protocols].concat()) else {
            return;
        };
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        let refusal = plugin.refused();
        assert_eq!(refusal.code, ErrorCode::NoPublicAddress);
        assert_eq!(
            refusal.message,
            "Nobody outside can reach you: your router has no public address (it names none). Is \
             it online? Your provider may share one among customers. Use IPv6, or let your friend \
             listen.",
            "{option} {protocols:?}"
        );
        assert!(!lab.rules().contains("8080"), "{}", lab.rules());
    }
}

#[test]
fn a_computer_with_a_public_address_needs_no_router() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "wan");
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert_eq!(
        (&*mapped.method, &*mapped.external_address),
        ("direct", "128.66.0.9:8080")
    );
    assert_eq!(
        mapped.reason.as_deref(),
        Some("This computer has the public address 128.66.0.9 itself: no router is in between.")
    );
    assert_eq!(plugin.end().0.code(), Some(0));
}

#[test]
fn a_router_that_lies_about_its_address_is_believed_but_no_bytes_arrive() {
    let options = ["--cgnat", "--conf", "ext_ip=128.66.0.77"];
    let Some(lab) = NatLab::with(&options) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    assert_eq!(plugin.mapped().external_address, "128.66.0.77:8080");
    assert!(!lab.passes_to(("128.66.0.77", 8080), ("192.168.77.2", 8080)));
}

#[test]
fn another_address_of_this_computer_gets_the_port_anew() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    plugin.mapped();
    lab.run("lan", "ip addr del 192.168.77.2/24 dev lan0");
    lab.run("lan", "ip addr add 192.168.77.20/24 dev lan0");
    lab.run("lan", "ip route replace default via 192.168.77.1");
    loop {
        let mapped = plugin.mapped();
        if mapped.local_address.as_deref() == Some("192.168.77.20:8080") {
            let reason = mapped.reason.unwrap_or_default();
            assert!(reason.contains("network changed"), "{reason}");
            let port = mapped.external_address.rsplit(':').next();
            let port = port.and_then(|port| port.parse().ok()).expect("a port");
            let own = ("192.168.77.20", 8080);
            assert!(lab.passes_to(("128.66.0.1", port), own), "bytes arrive");
            break;
        }
    }
}
