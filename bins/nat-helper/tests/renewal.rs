//! Mappings whose router changes under them.

mod support;

use p2p_chat_protocol::nat::NatEvent;

use support::nat_lab::{NatLab, wait_until};
use support::{SOON, UNMAP, forwards, plugin_in};

#[test]
fn a_new_address_outside_is_told_at_the_next_renewal() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"lease_s":4}"#);
    plugin.mapped();
    assert!(lab.script(&["wan-ip", "128.66.0.77"]).status.success());
    let event = plugin.event();
    assert_eq!(event.reply_to, None);
    let NatEvent::PortMapped(mapped) = event.message else {
        panic!("{event:?}");
    };
    assert_eq!(mapped.external_address, "128.66.0.77:8080");
}

#[test]
fn a_router_that_restarted_elsewhere_is_found_again() {
    // `http_port=0`: another port of its own at each start, as many routers do.
    let options = ["--conf", "http_port=0"];
    let Some(lab) = NatLab::with(&options) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"lease_s":2}"#);
    plugin.mapped();
    assert!(lab.script(&["daemon", "reboot"]).status.success());
    wait_until("the port is open again", SOON, || forwards(&lab, 8080));
    plugin.ask(UNMAP);
    let event = plugin.event();
    assert_eq!((event.reply_to, event.message), (Some(2), NatEvent::Ok));
    assert!(!forwards(&lab, 8080));
}

#[test]
fn a_router_that_is_gone_is_told_once() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"lease_s":2}"#);
    plugin.mapped();
    assert!(lab.script(&["daemon", "kill"]).status.success());
    let event = plugin.event();
    let NatEvent::PortLost(lost) = event.message else {
        panic!("{event:?}");
    };
    assert_eq!(lost.port, 8080);
    assert!(
        lost.reason.starts_with("No UPnP-capable router found."),
        "{}",
        lost.reason
    );
    // The next attempt is 30 s away, so nothing may come before this answer.
    plugin.ask(r#"{"type":"probe","id":6}"#);
    assert_eq!(plugin.event().reply_to, Some(6));
}
