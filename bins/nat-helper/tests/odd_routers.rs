//! Routers that do what no real daemon can be made to do. Whatever it is: little memory, little
//! time, and a plain answer.

#[path = "support/fake_router.rs"]
mod fake_router;
mod support;

use std::time::{Duration, Instant};

use p2p_chat_protocol::ErrorCode;

use fake_router::FakeRouter;
use support::nat_lab::{self, NatLab};
use support::{MAP, Plugin, plugin_in};

/// Not a test: the fake router's process begins here.
#[test]
fn fake_router_process() {
    fake_router::serve_if_asked();
}

fn start(manner: &str) -> Option<(NatLab, FakeRouter, Plugin)> {
    let lab = NatLab::with(&["--no-daemon"])?;
    let router = FakeRouter::start(&lab, manner, "fake_router_process");
    let plugin = plugin_in(&lab, "lan");
    Some((lab, router, plugin))
}

/// A router that opens ports only for ever opens one, which is said, and removed at the end.
fn opens_for_ever(manner: &str) {
    let Some((_lab, router, mut plugin)) = start(manner) else {
        return;
    };
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert_eq!((mapped.lease_s, &*mapped.method), (0, "upnp"));
    let reason = mapped.reason.expect("it is said");
    assert!(reason.contains("only for ever"), "{reason}");
    assert_eq!(plugin.end().0.code(), Some(0));
    router.wait_for("deleteportmapping");
}

#[test]
fn error_725_becomes_a_port_for_ever_that_is_removed_at_the_end() {
    opens_for_ever("for-ever-725");
}

#[test]
fn error_402_becomes_a_port_for_ever_that_is_removed_at_the_end() {
    opens_for_ever("for-ever-402");
}

#[test]
fn error_724_becomes_the_same_port_outside_as_inside() {
    let Some((_lab, _router, mut plugin)) = start("same-port") else {
        return;
    };
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"external_port":9090,"lease_s":60}"#);
    assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
}

/// A description that cannot be used is no router, in time and in little memory.
fn is_no_router(manner: &str) {
    let Some((_lab, router, mut plugin)) = start(manner) else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(MAP);
    let refusal = plugin.refused();
    let took = begun.elapsed();
    assert_eq!(refusal.code, ErrorCode::NoGateway, "{}", refusal.message);
    assert!(took < Duration::from_millis(4_500), "took {took:?}");
    let peak = plugin.peak_memory_kb();
    // Twice what it has when nothing is wrong, and well under what it was sent.
    assert!(peak < 14_000, "{peak} kB");
    let fetched = router.asked().iter().any(|action| action == "root");
    assert_eq!(fetched, manner != "elsewhere");
    assert_eq!(plugin.end().0.code(), Some(0));
}

#[test]
fn a_description_of_ten_megabytes_is_not_read() {
    is_no_router("huge");
}

#[test]
fn a_description_that_drips_is_not_waited_for() {
    is_no_router("drips");
}

#[test]
fn a_redirection_is_not_followed() {
    is_no_router("redirects");
}

#[test]
fn a_router_that_sends_to_another_computer_is_not_believed() {
    is_no_router("elsewhere");
}
