use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::nat::{OwnAddress, Reach};

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
            ipv6_address: some("[2001:db8:77::2]:40123"),
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

/// What a router behind which nobody is reached says of itself, and what came of the trial.
fn judged(reach: Reach, said: &str, refused: Option<ErrorCode>) -> Findings {
    let mut findings = at_home();
    findings.probed.reach = reach;
    findings.probed.verdict = some(said);
    if let Some(code) = refused {
        findings.mapping = Some(Err(Refusal::new(code, "PCP: no.")));
    }
    findings
}

/// The words of a report after the addresses, and what stands behind `name`.
fn row(findings: &Findings, name: &str) -> String {
    let words = findings.words();
    let row = words.lines().find_map(|row| row.strip_prefix(name));
    row.unwrap_or_default().trim().to_owned()
}

#[test]
fn what_the_trial_showed_goes_before_what_the_router_said() {
    let refused = Some(ErrorCode::MappingRefused);
    let nowhere = Some(ErrorCode::NoPublicAddress);
    for (findings, verdict, exit, advice) in [
        (
            judged(Reach::Reachable, "Reachable: x.", refused),
            "Not reachable: the router answers, and opens no port.",
            1,
            "To forward by hand:",
        ),
        (
            judged(Reach::Reachable, "Reachable: x.", nowhere),
            "Not reachable: the router opens ports, but it has no public address.",
            1,
            "No port on this router will help.",
        ),
        (
            judged(Reach::Ipv6Only, "Reachable by IPv6 only.", refused),
            "Not reachable: the router answers, and opens no port.",
            1,
            "To forward by hand:",
        ),
        (
            judged(Reach::CarrierNat, "Not reachable: shared.", nowhere),
            "Not reachable: shared.",
            1,
            "No port on this router will help.",
        ),
        (
            judged(Reach::NoPublicAddress, "Not reachable: none.", nowhere),
            "Not reachable: none.",
            1,
            "No port on this router will help.",
        ),
        (
            judged(Reach::SecondRouter, "Not reachable: two.", nowhere),
            "Not reachable: two.",
            1,
            "To forward by hand, on both routers:",
        ),
        (
            judged(Reach::NoPublicAddress, "Not reachable: none.", None),
            "Reachable: this router forwards ports on request.",
            0,
            "Only a connection from outside",
        ),
    ] {
        assert_eq!(row(&findings, "Verdict"), verdict);
        assert_eq!(findings.code(), exit, "{verdict}");
        assert!(findings.words().contains(advice), "{}", findings.words());
        assert_eq!(findings.json()["verdict"], verdict);
        assert!(findings.json()["probed"].get("verdict").is_none());
    }
}

#[test]
fn ipv6_works_where_the_trial_opened_it_and_not_where_it_did_not() {
    let mut findings = at_home();
    let by_ipv4 = PortMapped {
        external_address: "203.0.113.7:40123".to_owned(),
        ..PortMapped::default()
    };
    findings.mapping = Some(Ok(by_ipv4.clone()));
    assert!(row(&findings, "IPv6").ends_with("asked to open it (PCP), and has not within 3 s"));
    assert_eq!(findings.json()["addresses"][1]["reaches"], "perhaps");

    findings.mapping = Some(Ok(PortMapped {
        ipv6_refused: some("PCP: no."),
        ..by_ipv4
    }));
    assert!(row(&findings, "IPv6").ends_with("asked to open it (PCP), and did not"));
    assert_eq!(findings.json()["addresses"][1]["reaches"], "perhaps");
    assert_eq!(findings.json()["ipv6_refused"], "PCP: no.");

    findings.probed.reach = Reach::CarrierNat;
    findings.mapping = Some(Ok(PortMapped {
        external_address: "[2001:db8:77::2]:40123".to_owned(),
        ..PortMapped::default()
    }));
    assert_eq!(
        row(&findings, "Verdict"),
        "Reachable by IPv6 only, so your friend needs IPv6 too."
    );
    assert_eq!(findings.json()["addresses"][0]["reaches"], "ipv6");
    assert_eq!(findings.code(), 0);
}

#[test]
fn what_is_wrong_on_this_computer_goes_before_the_router() {
    let mut wsl = at_home();
    wsl.computer.wsl = true;
    assert_eq!(wsl.code(), 1);
    assert!(wsl.words().contains("You are in WSL"));
    assert!(!row(&wsl, "Verdict").starts_with("Reachable"));
    assert!(!wsl.words().contains("To forward by hand"));

    let mut deaf = at_home();
    deaf.listening = Err("no sockets.".to_owned());
    assert_eq!(deaf.code(), 1);
    assert_eq!(
        row(&deaf, "Verdict"),
        "Not reachable: p2p-chat cannot listen here: no sockets."
    );
    let report = deaf.json();
    assert_eq!(report["listening"], false);
    assert_eq!(report["listening_refused"], "no sockets.");
}

#[test]
fn an_address_of_a_vpn_is_not_said_to_be_of_the_home_network() {
    let mut findings = at_home();
    findings.probed.addresses.push(OwnAddress {
        interface: "tun0".to_owned(),
        ip: "10.8.0.2".to_owned(),
    });
    findings.listening = Ok(vec!["10.8.0.2:40500".to_owned()]);
    let words = findings.words();
    assert!(
        words.contains("10.8.0.2:8080          works in the network of tun0 only"),
        "{words}"
    );
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
