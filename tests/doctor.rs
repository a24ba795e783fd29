//! `p2p-chat doctor` behind real routers, and without any.

#[path = "../bins/nat-helper/tests/support/fake_router.rs"]
mod fake_router;
#[path = "support/nat_lab.rs"]
mod nat_lab;
mod support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use fake_router::FakeRouter;
use nat_lab::NatLab;
use support::{Script, program};

/// Not a test: the fake router's process begins here.
#[test]
fn fake_router_process() {
    fake_router::serve_if_asked();
}

/// What it says behind a router that has this address outside, and its exit code.
fn doctor_behind(address: &str, arguments: &[&str]) -> Option<(String, Option<i32>)> {
    let lab = NatLab::with(&["--no-daemon"])?;
    // Nothing to be looked for there.
    lab.run("lan", "ip -6 route del default");
    let _router = FakeRouter::start(&lab, address, "fake_router_process");
    Some(doctor(&lab, arguments))
}

/// Each of these is somewhere in what it said.
fn shows(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

/// What it says behind this lab's router, and its exit code.
fn doctor(lab: &NatLab, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = lab.command("lan", program());
    let command = command.arg("doctor").args(arguments);
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (said, output.status.code())
}

#[test]
fn a_reachable_computer_is_told_so_and_no_port_is_left_open() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let (said, code) = doctor(&lab, &[]);
    shows(
        &said,
        &[
            "This computer   192.168.77.2 (lan0)\n",
            "Listening       works\n",
            "Router          192.168.77.1 (\"Debian router\"), asked by PCP, NAT-PMP, UPnP\n",
            "Public address  128.66.0.1\n",
            "IPv6            3ffe:77::2, the router opens it on request (PCP)\n",
            "Forwarding      works: 128.66.0.1:",
            "Verdict         Reachable: this router forwards ports on request.\n",
            "  128.66.0.1:8080    works from everywhere",
            "  [3ffe:77::2]:8080  works for who has IPv6 too",
            "  192.168.77.2:8080  works in the same network only",
        ],
    );
    assert_eq!(code, Some(0));
    assert!(!lab.rules().contains("dport"), "{}", lab.rules());
}

#[test]
fn without_a_router_the_steps_by_hand_are_told() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let (said, code) = doctor(&lab, &["9090"]);
    shows(
        &said,
        &[
            "Verdict         No router answered (PCP, NAT-PMP, UPnP on lan0, 4 s).",
            "1. Open http://192.168.77.1, your router's page",
            "TCP, external port 9090, to 192.168.77.2, internal port 9090.",
            "p2p-chat listen 9090 --public ADDRESS",
        ],
    );
    assert_eq!(code, Some(69));
}

#[test]
fn behind_a_carrier_without_ipv6_it_says_so_to_programs_too() {
    let Some(lab) = NatLab::with(&["--cgnat"]) else {
        return;
    };
    lab.run("lan", "ip -6 route del default");
    let (said, code) = doctor(&lab, &["--json"]);
    shows(
        &said,
        &[
            "\"reach\":\"no_public_address\"",
            "\"forwarding\":false",
            "\"refused\":\"",
            "\"verdict\":\"Not reachable: the router has no public address.",
            "\"exit_code\":1",
        ],
    );
    assert_eq!(said.lines().count(), 1);
    assert_eq!(code, Some(1));
}

#[test]
fn a_provider_that_shares_its_address_is_named_and_no_steps_by_hand_are_told() {
    let Some((said, code)) = doctor_behind("100.64.0.2", &[]) else {
        return;
    };
    shows(
        &said,
        &[
            "Public address  100.64.0.2\n",
            "Verdict         Not reachable: 100.64.0.2 is shared by your provider (CGNAT).",
            "\nNo port on this router will help. Let your friend listen",
        ],
    );
    assert!(!said.contains("forward by hand"), "{said}");
    assert_eq!(code, Some(1));
}

#[test]
fn behind_a_second_router_the_steps_are_for_both() {
    let Some((said, code)) = doctor_behind("192.168.0.10", &[]) else {
        return;
    };
    shows(
        &said,
        &[
            "Verdict         Not reachable: there are two routers, one behind the other (yours has \
         192.168.0.10).",
            "\nTo forward by hand, on both routers:\n",
        ],
    );
    assert_eq!(code, Some(1));
}

#[test]
fn a_router_that_says_it_is_public_and_opens_nothing_is_no_success() {
    let Some((said, code)) = doctor_behind("refuses", &[]) else {
        return;
    };
    shows(
        &said,
        &[
            "Public address  128.66.0.1\n",
            "Forwarding      does not work: UPnP: Failed to forward port.",
            "Verdict         Not reachable: the router answers, and opens no port.\n",
            "\nTo forward by hand:\n",
        ],
    );
    assert_eq!(code, Some(1));
}

#[test]
fn who_is_reached_by_ipv6_alone_is_told_so() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    lab.run(
        "router",
        "nft insert rule inet filter input iifname lan0 ip protocol udp drop",
    );
    let (said, code) = doctor(&lab, &[]);
    shows(
        &said,
        &[
            "IPv6            3ffe:77::2, the router opens it on request (PCP)\n",
            "Forwarding      works: [3ffe:77::2]:",
            "Verdict         Reachable by IPv6 only (3ffe:77::2):",
            "in the order to try:\n  [3ffe:77::2]:8080  works for who has IPv6 too",
            "\nOnly a connection from outside proves that packets arrive.\n",
        ],
    );
    assert_eq!(code, Some(0));
}

#[test]
fn a_router_that_opens_ipv6_later_than_ipv4_is_waited_for() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    // What is left is UPnP, whose search for IPv6 takes longer than all that PCP does for IPv4.
    lab.run(
        "router",
        "nft insert rule inet filter input meta nfproto ipv6 udp dport 5351 drop",
    );
    let (said, code) = doctor(&lab, &[]);
    shows(
        &said,
        &[
            "IPv6            3ffe:77::2, the router opens it on request (UPnP)\n",
            "Forwarding      works: 128.66.0.1:",
            "  [3ffe:77::2]:8080  works for who has IPv6 too",
        ],
    );
    assert_eq!(code, Some(0));
    assert!(!lab.rules().contains("dport"), "{}", lab.rules());
}

/// What doctor says, and how long it takes, where a router opens IPv4 and says so with this `word`
/// about IPv6.
fn doctor_told(lab: &NatLab, word: &str) -> (String, Duration) {
    let script = Script::new(&format!(
        r#"say() {{ echo "{{\"type\":$1}}"; read -r line; }}
say '"hello","protocol":1,"role":"nat-helper","name":"script"'
read -r probe
say '"probed","reply_to":1,"methods":["pcp"],"reach":"reachable","ipv6":"3ffe:77::2","ipv6_method":"pcp"'
say '"port_mapped","reply_to":2,"port":9,"external_address":"128.66.0.1:9","method":"pcp","lease_s":60,"took_ms":1{word}'
say '"ok","reply_to":3'"#
    ));
    let begun = Instant::now();
    let (said, code) = doctor(lab, &["--nat-helper", &script.path()]);
    assert_eq!(code, Some(0), "{said}");
    (said, begun.elapsed())
}

#[test]
fn a_router_that_refuses_ipv6_is_not_waited_for_and_one_that_says_nothing_is() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let limit = Duration::from_secs(3);
    let (said, took) = doctor_told(&lab, r#","ipv6_refused":"No.""#);
    assert!(said.contains("to open it (PCP), and did not\n"), "{said}");
    assert!(took < limit, "took {took:?}");
    let (said, took) = doctor_told(&lab, "");
    let sentence = "to open it (PCP), and has not within 3 s\n";
    assert!(said.contains(sentence), "{said}");
    assert!(took >= limit, "took {took:?}");
}

#[test]
fn without_a_network_it_is_said_at_once() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    lab.run("lan", "ip link set lan0 down");
    let begun = Instant::now();
    let (said, code) = doctor(&lab, &[]);
    assert!(begun.elapsed() < Duration::from_secs(3), "{said}");
    shows(
        &said,
        &[
            "Verdict         Not reachable: this computer is in no network with a way out.\n",
            "\nConnect this computer to a network first.\n",
        ],
    );
    assert_eq!(code, Some(69));
}
