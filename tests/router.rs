//! A home behind its router, and somebody outside: all four processes, a real router's daemon.

#[path = "../bins/nat-helper/tests/support/fake_router.rs"]
mod fake_router;
#[path = "support/nat_lab.rs"]
mod nat_lab;
mod support;
#[path = "router/troubles.rs"]
mod troubles;

use fake_router::FakeRouter;
use nat_lab::{NatLab, PUBLIC_IP};
use support::{Piped, children_of, program};

/// Not a test: the fake router's process begins here.
#[test]
fn fake_router_process() {
    fake_router::serve_if_asked();
}

/// p2p-chat in a namespace of the lab.
fn chat_in(lab: &NatLab, namespace: &str, args: &[&str]) -> Piped {
    Piped::spawn(lab.command(namespace, program()).args(args))
}

/// The invite that a listener shows.
fn invite(listener: &Piped) -> String {
    format!("p2pc:{}", listener.expect("p2pc:"))
}

/// Somebody who pastes this invite.
fn connect_by(invite: &str, lab: &NatLab, namespace: &str) -> Piped {
    let mut connector = chat_in(lab, namespace, &["connect"]);
    connector.line(invite);
    connector
}

/// Whether the router passes its own port 8080 on to that of the first computer at home.
fn forwards(lab: &NatLab) -> bool {
    lab.rules()
        .contains("dport 8080 dnat ip to 192.168.77.2:8080")
}

/// Whether it lets callers by IPv6 through to that computer's port 8080.
fn lets_ipv6_through(lab: &NatLab) -> bool {
    let pinhole = "dport 8080 @nh,192,128 0x3ffe0077000000000000000000000002";
    lab.rules().contains(pinhole)
}

#[test]
fn somebody_outside_reaches_a_listener_at_home() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    let mut listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("[*] Listening on 0.0.0.0:8080");
    listener.expect("[*] Asking your router to open the port...");
    listener.expect("[*] UPnP: Port 8080 forwarded successfully");
    listener.expect(&format!("[*] Your public IP: {PUBLIC_IP}"));
    listener.expect(&format!(
        "[*] Share your public IP ({PUBLIC_IP}) and port 8080 with peer to connect"
    ));
    let invite = invite(&listener);
    listener.expect("[*] Waiting for connection...");
    let names: Vec<_> = children_of(listener.pid())
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    for name in ["ui", "transport", "nat-helper"] {
        assert!(
            names.iter().any(|n| n == name),
            "{name} does not run: {names:?}"
        );
    }
    assert!(forwards(&lab), "{}", lab.rules());

    let mut connector = connect_by(&invite, &lab, "wan");
    connector.expect("[*] Chat started.");
    connector.line("from outside");
    listener.expect("[128.66.0.9] from outside");
    listener.line("from home");
    connector.expect(&format!("[{PUBLIC_IP}] from home"));
    listener.expect("[192.168.77.2] from home");

    listener.line("/quit");
    listener.expect("[*] UPnP: Port 8080 mapping removed");
    listener.expect("[*] Connection closed. No trace left.");
    assert_eq!(listener.exit_code(), Some(0));
    assert!(!forwards(&lab), "{}", lab.rules());
    connector.expect("disconnected");
    assert_eq!(connector.exit_code(), Some(0));
}

#[test]
fn two_homes_behind_routers_of_their_own_chat() {
    let Some(lab) = NatLab::with(&["--two-homes"]) else {
        return;
    };
    assert!(!forwards(&lab), "{}", lab.rules());
    let mut listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("[*] PCP: Port 8080 forwarded successfully");
    let invite = invite(&listener);
    // From outside at first; then by IPv6 and in the same network.
    assert!(invite.starts_with("p2pc:128.66.0.1:8080,"), "{invite}");
    for address in ["[3ffe:77::2]:8080", "192.168.77.2:8080"] {
        assert!(invite.contains(address), "{invite}");
    }
    assert!(forwards(&lab), "{}", lab.rules());
    let mut connector = connect_by(&invite, &lab, "blan");
    connector.line("from the other home");
    // Its router shows its own address.
    listener.expect("[128.66.0.2] from the other home");
    listener.line("and back");
    connector.expect(&format!("[{PUBLIC_IP}] and back"));
    listener.line("/quit");
    listener.expect("[*] PCP: Port 8080 mapping removed");
    assert_eq!(listener.exit_code(), Some(0));
    assert!(!forwards(&lab), "{}", lab.rules());
    connector.expect("disconnected");
    assert_eq!(connector.exit_code(), Some(0));
}

#[test]
fn two_homes_without_ipv4_between_them_chat_by_ipv6() {
    let Some(lab) = NatLab::with(&["--two-homes"]) else {
        return;
    };
    lab.run(
        "router",
        "nft insert rule inet filter input iifname lan0 ip protocol udp drop",
    );
    let mut listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("[*] PCP: Port 8080 forwarded successfully");
    listener.expect("[*] Your public IP: 3ffe:77::2");
    listener.expect("[!] Only by IPv6, so your friend needs it too. By IPv4: ");
    listener.expect("[*] Share your public IP (3ffe:77::2) and port 8080 with peer to connect");
    listener.expect("[*] and say this code by phone: ");
    let invite = invite(&listener);
    assert!(invite.starts_with("p2pc:[3ffe:77::2]:8080,"), "{invite}");
    assert!(lets_ipv6_through(&lab), "{}", lab.rules());
    let mut connector = connect_by(&invite, &lab, "blan");
    connector.line("by another way");
    listener.expect("[3ffe:78::2] by another way");
    listener.line("/quit");
    assert_eq!(listener.exit_code(), Some(0));
    assert!(!lets_ipv6_through(&lab), "{}", lab.rules());
    let said = listener.stdout.all();
    assert!(!said.contains("In the same network"), "{said}");
}

#[test]
fn without_a_router_it_listens_all_the_same_and_says_what_to_do() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let mut listener = chat_in(&lab, "lan", &["listen", "--insecure-legacy"]);
    listener.expect("[*] Listening on 0.0.0.0:8080");
    // Somebody in the same network does not wait for the router's silence.
    let mut connector = chat_in(
        &lab,
        "lan2",
        &["connect", "192.168.77.2", "--insecure-legacy"],
    );
    connector.line("already here");
    listener.expect("already here");
    listener.expect("[!] No UPnP-capable router found. Manual port forwarding required.");
    listener.line("/quit");
    assert_eq!(listener.exit_code(), Some(0));
    let said = listener.stdout.all();
    assert!(!said.contains("mapping removed"), "{said}");
}

#[test]
fn without_a_router_the_listener_is_told_how_to_forward_by_hand() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("[!] No UPnP-capable router found. Manual port forwarding required.");
    listener.expect("[*] Please manually forward port 8080 to 192.168.77.2 on your router");
    listener
        .expect("[*] In the same network it works now: p2pc:[3ffe:77::2]:8080,192.168.77.2:8080");
    listener.expect("[*] Waiting for connection...");
}

/// A listener behind a router that has this address outside, which others do not reach.
fn unreachable_behind(address: &str, sentence: &str) {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    // Nothing to be looked for there.
    lab.run("lan", "ip -6 route del default");
    let _router = FakeRouter::start(&lab, address, "fake_router_process");
    let listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect(&format!("[!] Nobody outside can reach you: {sentence}"));
    listener.expect("[*] If your friend sees the same: you need IPv6 on both sides, a VPN");
    listener.expect("[*] In the same network it works now: p2pc:192.168.77.2:8080");
    listener.expect("[*] Waiting for connection...");
    let said = listener.stdout.so_far();
    assert!(!said.contains("Please manually forward"), "{said}");
}

#[test]
fn who_shares_an_address_with_others_is_not_told_to_forward_in_vain() {
    unreachable_behind(
        "100.64.0.2",
        "your provider shares one public address among customers (router has 100.64.0.2). \
         Let your friend listen.",
    );
}

#[test]
fn who_has_two_routers_is_told_about_the_outer_one() {
    unreachable_behind(
        "192.168.0.10",
        "there are two routers, one behind the other (yours has 192.168.0.10). Forward port 8080 \
         on the outer one too, or let your friend listen.",
    );
}

#[test]
fn a_port_that_a_router_opens_for_ever_is_said_to_be_so_and_removed() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let router = FakeRouter::start(&lab, "for-ever-725", "fake_router_process");
    let mut listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("[*] UPnP: Port 8080 forwarded successfully");
    listener.expect("[!] This router opens ports only for ever: it is removed when you quit, ");
    listener.line("/quit");
    listener.expect("[*] UPnP: Port 8080 mapping removed");
    assert_eq!(listener.exit_code(), Some(0));
    router.wait_for("deleteportmapping");
}
