//! Mappings whose router changes under them.

mod support;

use std::io::Write;
use std::process::Stdio;

use p2p_chat_protocol::nat::NatEvent;
use rustix::process::Signal;

use support::nat_lab::{KilledOnDrop, LAN_IP, NatLab, PUBLIC_IP, lines, next, wait_until};
use support::{SOON, forwards, ipv4_home, plugin_in};

/// This computer's IPv6 address, as the router's rules have it.
const IPV6: &str = "0x3ffe0077000000000000000000000002";

const SHORT: &str = r#"{"type":"map_port","id":1,"port":8080,"lease_s":2}"#;

#[test]
fn a_router_that_is_gone_is_told_once() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(SHORT);
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

#[test]
fn a_daemon_that_stops_and_starts_again_keeps_the_port() {
    let Some(lab) = ipv4_home(&["--no-natpmp"]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(SHORT);
    plugin.mapped();
    assert!(lab.script(&["daemon", "kill"]).status.success());
    assert!(lab.passes(8080, 8080), "without the daemon, bytes pass");
    assert!(lab.script(&["daemon", "start"]).status.success());
    wait_until("the port is listed", SOON, || forwards(&lab, 8080));
    assert!(lab.passes(8080, 8080), "and with it");
    assert_eq!(plugin.end().0.code(), Some(0));
    assert!(!forwards(&lab, 8080), "{}", lab.rules());
}

#[test]
fn an_open_connection_outlives_the_lease_and_new_ones_do_not() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(SHORT);
    plugin.mapped();
    let start = |namespace, arguments: &[&str]| {
        let mut command = lab.command(namespace, "ncat");
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        KilledOnDrop(command.spawn().expect("ncat starts"))
    };
    let mut inside = start("lan", &["-4", "-v", "-l", LAN_IP, "8080"]);
    let said = lines(inside.0.stderr.take().expect("piped"));
    while !next(&said, SOON)
        .expect("ncat listens")
        .contains("Listening")
    {}
    let mut outside = start("wan", &["-4", PUBLIC_IP, "8080"]);
    let heard = lines(inside.0.stdout.take().expect("piped"));
    let mut send = |text: &str| {
        let stdin = outside.0.stdin.as_mut().expect("piped");
        writeln!(stdin, "{text}").expect("ncat reads");
        assert_eq!(next(&heard, SOON).as_deref(), Some(text));
    };
    send("within the lease");
    plugin.signal(Signal::KILL);
    wait_until("the lease ends", SOON, || !forwards(&lab, 8080));
    send("after the lease");
    drop(inside);
    assert!(!lab.passes(8080, 8080), "a new connection is blocked");
}

#[test]
fn a_helper_that_was_killed_leaves_its_port_to_the_next_one() {
    for options in [&["--no-upnp"][..], &["--no-natpmp"]] {
        let Some(lab) = NatLab::with(options) else {
            return;
        };
        // Taken, so that the first one gets a port of the router's choice.
        let mut other = plugin_in(&lab, "lan2");
        other.ask(SHORT.replace("_s\":2", "_s\":600").as_str());
        other.mapped();
        let mut first = plugin_in(&lab, "lan");
        first.ask(r#"{"type":"map_port","id":1,"port":8080,"lease_s":600}"#);
        let address = first.mapped().external_address;
        assert_ne!(address, "128.66.0.1:8080");
        first.signal(Signal::KILL);
        first.exit();

        let mut second = plugin_in(&lab, "lan");
        second.ask(r#"{"type":"map_port","id":1,"port":8080,"lease_s":600}"#);
        assert_eq!(second.mapped().external_address, address);
        let port = address.rsplit(':').next().expect("a port");
        let external = port.parse().expect("a number");
        assert!(lab.passes(external, 8080), "bytes arrive");
        assert_eq!(second.end().0.code(), Some(0));
        let rules = lab.rules();
        assert!(!rules.contains(port), "{rules}");
        assert!(!rules.contains(IPV6), "its hole for IPv6 too: {rules}");
    }
}
