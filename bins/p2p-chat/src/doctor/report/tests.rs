use p2p_chat_protocol::nat::OwnAddress;

use super::*;
use crate::doctor::computer::Firewall;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn at_home() -> Findings {
    Findings {
        port: 8080,
        probed: Probed {
            gateway: some("192.168.1.1"),
            gateway_name: some("FRITZ!Box 7590"),
            local_ip: some("192.168.1.100"),
            interface: some("wlan0"),
            external_ip: some("203.0.113.7"),
            methods: vec!["pcp".to_owned(), "upnp".to_owned()],
            ipv6: some("2001:db8:77::2"),
            ipv6_method: some("pcp"),
            addresses: vec![OwnAddress {
                interface: "wlan0".to_owned(),
                ip: "192.168.1.100".to_owned(),
            }],
            reach: Reach::Reachable,
            verdict: some("Reachable: this router forwards ports on request."),
            ..Probed::default()
        },
        mapping: Some(Ok(PortMapped {
            port: 40_123,
            external_address: "203.0.113.7:40123".to_owned(),
            method: "pcp".to_owned(),
            lease_s: 60,
            took_ms: 11,
            ..PortMapped::default()
        })),
        listening: Ok(vec!["192.168.1.100:40500".to_owned()]),
        computer: Computer {
            firewalls: vec![Firewall::Ufw],
            wsl: false,
        },
    }
}

#[test]
fn a_computer_that_can_be_reached_is_told_how() {
    let findings = at_home();
    assert_eq!(findings.code(), 0);
    assert_eq!(
        findings.words(),
        "\
This computer   192.168.1.100 (wlan0)
Listening       works
Router          192.168.1.1 (\"FRITZ!Box 7590\"), asked by PCP, UPnP
Public address  203.0.113.7
IPv6            2001:db8:77::2, the router opens it on request (PCP)
Forwarding      works: 203.0.113.7:40123 was opened by PCP in 11 ms, and removed again
Firewall        ufw is there. If nobody gets through: sudo ufw allow 8080/tcp
Verdict         Reachable: this router forwards ports on request.

Addresses of an invite, in the order to try:
  203.0.113.7:8080       works from everywhere: the router forwards it
  [2001:db8:77::2]:8080  works for who has IPv6 too: the router lets it through
  192.168.1.100:8080     works in the same network only

Only a connection from outside proves that packets arrive.
"
    );
}

#[test]
fn without_a_router_the_steps_by_hand_have_this_computers_values() {
    let mut findings = at_home();
    findings.mapping = None;
    findings.probed.reach = Reach::NoRouter;
    findings.probed.ipv6 = None;
    assert_eq!(findings.code(), 69);
    let words = findings.words();
    assert!(words.contains("TCP, external port 8080, to 192.168.1.100, internal port 8080"));
    assert!(
        words.contains("p2p-chat listen 8080 --public ADDRESS"),
        "{words}"
    );
    assert!(!words.contains("works from everywhere"), "{words}");
}

#[test]
fn a_refused_port_a_carrier_and_wsl_are_no_success() {
    let mut refused = at_home();
    refused.mapping = Some(Err("the router refused".to_owned()));
    assert_eq!(refused.code(), 1);
    assert!(
        refused
            .words()
            .contains("does not work: the router refused")
    );
    assert_eq!(refused.json()["refused"], "the router refused");

    let mut carrier = at_home();
    carrier.probed.reach = Reach::CarrierNat;
    assert_eq!(carrier.code(), 1);
    assert!(
        carrier
            .words()
            .contains("No port on this router will help.")
    );

    let mut wsl = at_home();
    wsl.computer.wsl = true;
    assert_eq!(wsl.code(), 1);
    assert!(wsl.words().contains("You are in WSL"));
}

#[test]
fn programs_are_told_the_same() {
    let report = at_home().json();
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["probed"]["reach"], "reachable");
    assert_eq!(report["addresses"][0]["address"], "203.0.113.7:8080");
    assert_eq!(report["addresses"][1]["reaches"], "ipv6");
    assert_eq!(report["addresses"][2]["reaches"], "same_network");
    assert_eq!(report["firewalls"][0], "ufw");
}
