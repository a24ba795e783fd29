//! Routers that say no, or something worse.

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
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    Some((lab, router, plugin))
}

/// A router with this address outside opens nothing, and the reply says this.
fn refuses_an_address(address: &str, sentence: &str) {
    let Some((_lab, router, plugin)) = start(address) else {
        return;
    };
    let begun = Instant::now();
    let refusal = plugin.refused();
    // A router that answers needs a tenth of a second; a search would take 3.8 s.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(3), "took {took:?}");
    assert_eq!(refusal.code, ErrorCode::NoPublicAddress);
    assert_eq!(refusal.message, sentence);
    plugin.assert_small();
    plugin.end();
    let asked = router.asked();
    assert!(!asked.iter().any(|a| a == "addportmapping"), "{asked:?}");
}

#[test]
fn a_shared_address_is_refused_with_its_cause() {
    refuses_an_address(
        "100.64.0.2",
        "Nobody outside can reach you: your provider shares one public address among customers \
         (router has 100.64.0.2). Let your friend listen.",
    );
}

#[test]
fn a_second_router_is_refused_with_its_cause() {
    refuses_an_address(
        "192.168.0.10",
        "Nobody outside can reach you: there are two routers, one behind the other (yours has \
         192.168.0.10). Forward port 8080 on the outer one too, or let your friend listen.",
    );
}

#[test]
fn the_reason_of_a_refusal_is_told() {
    let Some((_lab, _router, plugin)) = start("refuses") else {
        return;
    };
    let refusal = plugin.refused();
    assert_eq!(refusal.code, ErrorCode::MappingRefused);
    assert_eq!(
        refusal.message,
        "UPnP: Failed to forward port. Manual port forwarding required. \
         (router: it opens ports only for ever)"
    );
}

#[test]
fn a_port_the_router_never_gives_out_becomes_another() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"external_port":80,"lease_s":60}"#);
    let external = plugin.mapped().external_address;
    let port = external
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok());
    assert!(port >= Some(1024_u16), "{external}");
}
