//! Where no router is found.

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::nat::NatEvent;

use support::nat_lab::{NatLab, user_namespaces_work};
use support::{MAP, NAT_HELPER, Plugin, UNMAP, plugin_in};

#[test]
fn without_a_daemon_the_search_ends_in_time() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    let begun = Instant::now();
    plugin.ask(MAP);
    let refusal = plugin.refused();
    let took = begun.elapsed();
    assert_eq!(refusal.code, ErrorCode::NoGateway);
    assert_eq!(
        refusal.message,
        "No UPnP-capable router found. Manual port forwarding required."
    );
    assert!(took < Duration::from_millis(4_500), "took {took:?}");
}

#[test]
fn requests_and_the_end_of_stdin_do_not_wait_for_a_search() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    let begun = Instant::now();
    plugin.ask(MAP);
    plugin.ask(UNMAP);
    let cancelled = plugin.event();
    assert_eq!(cancelled.reply_to, Some(1));
    assert!(
        matches!(cancelled.message, NatEvent::Error(_)),
        "{cancelled:?}"
    );
    let unmapped = plugin.event();
    assert_eq!(
        (unmapped.reply_to, unmapped.message),
        (Some(2), NatEvent::Ok)
    );

    plugin.ask(&MAP.replace(":1,", ":3,"));
    plugin.ask(r#"{"type":"probe","id":5}"#);
    // Both have begun for sure: a request after them is answered.
    plugin.ask(r#"{"type":"unmap_port","id":4,"port":9999}"#);
    assert_eq!(plugin.event().reply_to, Some(4));
    let (status, _) = plugin.end();
    assert_eq!(status.code(), Some(0));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "took {took:?}");
}

#[test]
fn without_any_network_it_says_so_at_once() {
    if !user_namespaces_work("without_any_network_it_says_so_at_once") {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", NAT_HELPER]);
    let mut plugin = Plugin::start(command);
    let begun = Instant::now();
    plugin.ask(MAP);
    assert_eq!(plugin.refused().code, ErrorCode::NoGateway);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(1), "took {took:?}");
    plugin.ask(r#"{"type":"probe","id":5}"#);
    let line = plugin.line().expect("an answer");
    let expected = r#"{"type":"probed","reply_to":5,"methods":[],"reach":"no_network","#;
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn a_router_that_drops_everything_costs_four_seconds() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    lab.run(
        "router",
        "nft insert rule inet filter input iifname lan0 udp dport { 1900 , 5351 } drop",
    );
    let mut plugin = plugin_in(&lab, "lan");
    let begun = Instant::now();
    plugin.ask(MAP);
    assert_eq!(plugin.refused().code, ErrorCode::NoGateway);
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(4_500), "took {took:?}");
}

#[test]
fn without_a_route_to_the_outside_it_says_so_at_once() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    lab.run("lan", "ip route del default");
    lab.run("lan", "ip -6 route del default");
    let mut plugin = plugin_in(&lab, "lan");
    let begun = Instant::now();
    plugin.ask(MAP);
    assert_eq!(plugin.refused().code, ErrorCode::NoGateway);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(1), "took {took:?}");
}
