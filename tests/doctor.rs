//! `p2p-chat doctor` behind real routers, and without any.

#[path = "support/nat_lab.rs"]
mod nat_lab;
mod support;

use std::process::Stdio;

use nat_lab::NatLab;
use support::program;

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
    for part in [
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
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(code, Some(0));
    assert!(!lab.rules().contains("dport"), "{}", lab.rules());
}

#[test]
fn without_a_router_the_steps_by_hand_are_told() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let (said, code) = doctor(&lab, &["9090"]);
    for part in [
        "Verdict         No router answered (PCP, NAT-PMP, UPnP on lan0, 4 s).",
        "1. Open http://192.168.77.1, your router's page",
        "TCP, external port 9090, to 192.168.77.2, internal port 9090.",
        "p2p-chat listen 9090 --public ADDRESS",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(code, Some(69));
}

#[test]
fn behind_a_carrier_without_ipv6_it_says_so_to_programs_too() {
    let Some(lab) = NatLab::with(&["--cgnat"]) else {
        return;
    };
    lab.run("lan", "ip -6 route del default");
    let (said, code) = doctor(&lab, &["--json"]);
    for part in [
        "\"reach\":\"no_public_address\"",
        "\"forwarding\":false",
        "\"refused\":\"PCP: Failed to forward port.",
        "\"exit_code\":1",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(said.lines().count(), 1);
    assert_eq!(code, Some(1));
}
