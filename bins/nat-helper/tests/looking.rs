//! Routers that change under a port whose lease is long: what happens here within seconds is seen
//! by a look between two renewals.

mod support;

use p2p_chat_protocol::nat::NatEvent;

use support::nat_lab::{LAN_IP, NatLab, wait_until};
use support::{MAP, NAT_HELPER, Plugin, SOON, forwards, ipv4_home, watchful_in};

/// The router ignores PCP: its packets begin with a 2.
const NO_PCP: &str =
    "nft insert rule inet filter input meta l4proto udp th dport 5351 @th,64,8 2 drop";

/// One protocol is left: what it is called, and a lab that speaks it.
fn speaking(method: &str) -> Option<NatLab> {
    let lab = match method {
        "upnp" => ipv4_home(&["--no-natpmp"])?,
        _ => ipv4_home(&["--no-upnp"])?,
    };
    if method == "nat-pmp" {
        lab.run("router", NO_PCP);
    }
    Some(lab)
}

/// A port that is open by this protocol for an hour, and looked at every second.
fn mapped_by(lab: &NatLab, method: &str) -> Plugin {
    let mut plugin = watchful_in(lab, "lan");
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert_eq!((&*mapped.method, mapped.lease_s), (method, 3600));
    plugin
}

fn a_new_address_outside_is_told(method: &str) {
    let Some(lab) = speaking(method) else {
        return;
    };
    let plugin = mapped_by(&lab, method);
    assert!(lab.script(&["wan-ip", "128.66.0.77"]).status.success());
    let event = plugin.event();
    assert_eq!(event.reply_to, None);
    let NatEvent::PortMapped(mapped) = event.message else {
        panic!("{event:?}");
    };
    assert_eq!(mapped.external_address, "128.66.0.77:8080");
    let reason = "The address outside is another one now.";
    assert_eq!(mapped.reason.as_deref(), Some(reason));
    let arrive = lab.passes_to(("128.66.0.77", 8080), (LAN_IP, 8080));
    assert!(arrive, "bytes arrive at the new one");
}

#[test]
fn a_new_address_outside_is_told_by_pcp() {
    a_new_address_outside_is_told("pcp");
}

#[test]
fn a_new_address_outside_is_told_by_nat_pmp() {
    a_new_address_outside_is_told("nat-pmp");
}

#[test]
fn a_new_address_outside_is_told_by_upnp() {
    a_new_address_outside_is_told("upnp");
}

/// For how many seconds the router's daemon has been running, as NAT-PMP tells it.
fn epoch(lab: &NatLab) -> u64 {
    let ask =
        "exec 3<>/dev/udp/192.168.77.1/5351; printf '\\0\\0' >&3; head -c 12 <&3 | od -An -tu1";
    let mut command = lab.command("lan", "bash");
    let output = command.args(["-c", ask]).output().expect("bash runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let bytes: Vec<u64> = text.split_whitespace().flat_map(str::parse).collect();
    bytes.get(4..8).map_or(0, |epoch| {
        epoch.iter().fold(0, |sum, byte| sum * 256 + byte)
    })
}

fn a_restart_is_told_by_the_younger_epoch(method: &str) {
    let Some(lab) = speaking(method) else {
        return;
    };
    // Young enough to be distinguished from what it will be after the restart.
    wait_until("the router is some seconds old", SOON, || epoch(&lab) >= 5);
    let plugin = mapped_by(&lab, method);
    assert!(lab.script(&["daemon", "reboot"]).status.success());
    if method == "nat-pmp" {
        // Its firewall is a new one.
        lab.run("router", NO_PCP);
    }
    let mapped = plugin.mapped();
    assert_eq!(
        mapped.reason.as_deref(),
        Some("The router was restarted; the port is open again.")
    );
    assert!(lab.passes(8080, 8080), "bytes arrive again");
}

#[test]
fn a_restart_is_told_by_the_younger_epoch_of_pcp() {
    a_restart_is_told_by_the_younger_epoch("pcp");
}

#[test]
fn a_restart_is_told_by_the_younger_epoch_of_nat_pmp() {
    a_restart_is_told_by_the_younger_epoch("nat-pmp");
}

#[test]
fn what_a_upnp_router_forgot_is_opened_again_and_told() {
    let Some(lab) = speaking("upnp") else {
        return;
    };
    let plugin = mapped_by(&lab, "upnp");
    for chain in ["prerouting_miniupnpd", "miniupnpd"] {
        lab.run("router", &format!("nft flush chain inet filter {chain}"));
    }
    let mapped = plugin.mapped();
    assert_eq!(
        mapped.reason.as_deref(),
        Some("The router had closed the port; it is open again.")
    );
    assert!(lab.passes(8080, 8080), "bytes arrive again");
}

#[test]
fn a_upnp_router_that_restarted_elsewhere_is_found_again() {
    // `http_port=0`: another port of its own at each start, as many routers do.
    let options = ["--no-natpmp", "--conf", "http_port=0"];
    let Some(lab) = ipv4_home(&options) else {
        return;
    };
    let plugin = mapped_by(&lab, "upnp");
    assert!(lab.script(&["daemon", "reboot"]).status.success());
    wait_until("the port is open again", SOON, || forwards(&lab, 8080));
    assert!(lab.passes(8080, 8080), "bytes arrive again");
    assert_eq!(plugin.end().0.code(), Some(0));
    assert!(!forwards(&lab, 8080));
}

#[test]
fn a_router_that_starts_later_opens_the_port_after_all() {
    let Some(lab) = ipv4_home(&["--no-daemon"]) else {
        return;
    };
    let mut plugin = watchful_in(&lab, "lan");
    plugin.ask(MAP);
    let refusal = plugin.refused();
    assert!(lab.script(&["daemon", "start"]).status.success());
    let event = plugin.event();
    let NatEvent::PortMapped(mapped) = event.message else {
        panic!("{event:?} after {refusal:?}");
    };
    assert_eq!(event.reply_to, None);
    assert_eq!(mapped.external_address, "128.66.0.1:8080");
    assert_eq!(mapped.reason.as_deref(), Some("The port is open now."));
    assert!(lab.passes(8080, 8080), "bytes arrive");
    assert_eq!(plugin.end().0.code(), Some(0));
    assert!(!forwards(&lab, 8080));
}

#[test]
fn another_network_gets_the_port_at_once_where_the_first_had_no_router() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    lab.run("lan", "ip route del default");
    // Looked at every three minutes, so it is not by chance that it tries again.
    let mut plugin = Plugin::start(lab.command("lan", NAT_HELPER));
    plugin.ask(MAP);
    plugin.refused();
    lab.run("lan", "ip route add default via 192.168.77.1");
    assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
}

#[test]
fn a_port_that_only_ipv4_lost_is_told_with_what_stays() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = watchful_in(&lab, "lan");
    plugin.ask(MAP);
    let mut mapped = plugin.mapped();
    while mapped.ipv6_address.is_none() {
        mapped = plugin.mapped();
    }
    lab.run(
        "router",
        "nft insert rule inet filter input iifname lan0 meta nfproto ipv4 reject",
    );
    let mapped = plugin.mapped();
    assert_eq!(mapped.external_address, "[3ffe:77::2]:8080");
    let reason = mapped.reason.expect("what was lost");
    assert!(
        reason.starts_with("Lost by IPv4, still open by IPv6: "),
        "{reason}"
    );
}
