//! Each protocol alone, with bytes that cross the router: a mapping is opened, used and removed.

mod support;

use std::time::{Duration, Instant};

use support::nat_lab::NatLab;
use support::{MAP, UNMAP, forwards, plugin_in};

const IPV6: &str = "3ffe:77::2";

/// The router ignores PCP: its packets begin with a 2.
const NO_PCP: &str =
    "nft insert rule inet filter input meta l4proto udp th dport 5351 @th,64,8 2 drop";
/// The router ignores NAT-PMP: its packets begin with a 0.
const NO_NAT_PMP: &str =
    "nft insert rule inet filter input meta l4proto udp th dport 5351 @th,64,8 0 drop";
/// The router ignores PCP over IPv6.
const NO_PCP6: &str = "nft insert rule inet filter input meta nfproto ipv6 udp dport 5351 drop";

/// Opens port 8080, sees bytes pass, ends, and sees them pass no more.
fn maps_and_unmaps(lab: &NatLab, method: &str) {
    let mut plugin = plugin_in(lab, "lan");
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert_eq!(
        (&*mapped.method, &*mapped.external_address),
        (method, "128.66.0.1:8080")
    );
    assert_eq!(mapped.local_address.as_deref(), Some("192.168.77.2:8080"));
    assert!(lab.passes(8080, 8080), "bytes arrive");
    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(2), "took {took:?}");
    assert!(!forwards(lab, 8080), "{}", lab.rules());
    assert!(!lab.passes(8080, 8080), "bytes no longer arrive");
}

#[test]
fn pcp_alone() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    lab.run("router", NO_NAT_PMP);
    maps_and_unmaps(&lab, "pcp");
}

#[test]
fn nat_pmp_alone() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    lab.run("router", NO_PCP);
    maps_and_unmaps(&lab, "nat-pmp");
}

#[test]
fn upnp_igd_2_alone() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    maps_and_unmaps(&lab, "upnp");
}

#[test]
fn upnp_igd_1_alone() {
    let Some(lab) = NatLab::with(&["--no-natpmp", "--igd1"]) else {
        return;
    };
    maps_and_unmaps(&lab, "upnp");
}

/// Opens port 8080 to IPv6, sees bytes pass, ends, and sees them pass no more.
fn opens_ipv6(lab: &NatLab) {
    assert!(
        !lab.passes_to((IPV6, 8080), (IPV6, 8080)),
        "closed at first"
    );
    let mut plugin = plugin_in(lab, "lan");
    plugin.ask(MAP);
    let mut mapped = plugin.mapped();
    if mapped.ipv6_address.is_none() {
        // What takes longer than IPv4 is told later.
        mapped = plugin.mapped();
    }
    assert_eq!(mapped.ipv6_address.as_deref(), Some("[3ffe:77::2]:8080"));
    assert!(lab.passes_to((IPV6, 8080), (IPV6, 8080)), "bytes arrive");
    assert_eq!(plugin.end().0.code(), Some(0));
    assert!(!lab.rules().contains("dport 8080"), "{}", lab.rules());
}

#[test]
fn a_hole_in_the_ipv6_firewall_by_pcp() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    opens_ipv6(&lab);
}

#[test]
fn a_router_that_names_only_its_link_local_address_opens_ipv6_too() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    // It announces itself by that address, and has a global one with the same identifier.
    let shown = lab.run("router", "ip -6 -o addr show dev lan0 scope link");
    let link_local = shown
        .split_whitespace()
        .find(|word| word.starts_with("fe80::"));
    let link_local = link_local.expect("an address").trim_end_matches("/64");
    let global = link_local.replace("fe80::", "3ffe:77:0:0:");
    lab.run("router", "ip addr del 3ffe:77::1/64 dev lan0");
    lab.run("router", &format!("ip addr add {global}/64 dev lan0 nodad"));
    lab.run(
        "lan",
        &format!("ip -6 route replace default via {link_local} dev lan0"),
    );
    opens_ipv6(&lab);
}

#[test]
fn a_hole_in_the_ipv6_firewall_by_upnp() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    lab.run("router", NO_PCP6);
    opens_ipv6(&lab);
}

/// The shortest of five first mappings, in milliseconds. What is aimed at is in bench-nat.sh: other
/// tests and builds use the same processors.
fn fastest(lab: &NatLab, method: &str) -> u64 {
    let mut plugin = plugin_in(lab, "lan");
    let mut fastest = u64::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        plugin.ask(MAP);
        let mapped = plugin.mapped();
        assert_eq!(mapped.method, method);
        let took = u64::try_from(begun.elapsed().as_millis()).expect("short");
        assert!(mapped.took_ms <= took, "{} of {took} ms", mapped.took_ms);
        fastest = fastest.min(took);
        plugin.ask(UNMAP);
        while plugin.event().reply_to != Some(2) {}
    }
    fastest
}

#[test]
fn where_all_answer_pcp_is_asked_and_is_fast() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let fastest = fastest(&lab, "pcp");
    // It takes some 20 ms.
    assert!(fastest <= 500, "{fastest} ms");
}

#[test]
fn nat_pmp_alone_does_not_wait_for_ipv6_that_nobody_opens() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    lab.run("router", NO_PCP);
    let fastest = fastest(&lab, "nat-pmp");
    // It takes some 100 ms.
    assert!(fastest <= 500, "{fastest} ms");
}

#[test]
fn upnp_alone_is_not_slow_either() {
    let Some(lab) = NatLab::with(&["--no-natpmp", "--igd1"]) else {
        return;
    };
    let fastest = fastest(&lab, "upnp");
    // It takes some 120 ms; others wait 2 s before they even begin.
    assert!(fastest < 2_000, "{fastest} ms");
}
