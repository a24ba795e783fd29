//! What people see.

mod support;

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::nat_lab::{KilledOnDrop, NatLab, lines, next, user_namespaces_work, wait_until};
use support::{NAT_HELPER, SOON, exit, ipv4_home, send};

struct Map {
    child: KilledOnDrop,
    said: Receiver<String>,
}

impl Map {
    fn start(lab: &NatLab, arguments: &[&str]) -> Self {
        let mut child: Child = lab
            .command("lan", NAT_HELPER)
            .arg("map")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nat-helper starts");
        let said = lines(child.stdout.take().expect("piped"));
        Self {
            child: KilledOnDrop(child),
            said,
        }
    }

    fn line(&self) -> String {
        next(&self.said, SOON).expect("nat-helper still runs")
    }
}

fn status_in(lab: &NatLab) -> Output {
    let mut command = lab.command("lan", NAT_HELPER);
    command.stdin(Stdio::null()).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn map_holds_the_port_until_a_signal_and_removes_it() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut map = Map::start(&lab, &["8080"]);
        let first = map.line();
        let begins = "128.66.0.1:8080 -> 192.168.77.2:8080 tcp, by PCP in ";
        assert!(first.starts_with(begins), "{first}");
        assert!(
            first.ends_with(" ms, lease 1 h, renewed at half"),
            "{first}"
        );
        assert_eq!(
            map.line(),
            "Held until Ctrl-C. Only a connection from outside proves that packets arrive."
        );
        assert!(lab.passes(8080, 8080));

        send(&map.child.0, signal);
        assert_eq!(map.line(), "Removed 128.66.0.1:8080.");
        assert_eq!(exit(&mut map.child.0).code(), Some(0));
        assert!(!lab.rules().contains("8080"), "{}", lab.rules());
    }
}

#[test]
fn map_says_which_other_port_it_got() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let map = Map::start(&lab, &["8080", "--external-port", "80", "--lease", "30m"]);
    let first = map.line();
    assert!(
        first.starts_with("Port 80 was refused; the router gave 128.66.0.1:"),
        "{first}"
    );
    let second = map.line();
    assert!(
        second.ends_with("lease 30 min, renewed at half"),
        "{second}"
    );
}

#[test]
fn map_whose_reader_left_still_removes_the_port() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut child = lab
        .command("lan", NAT_HELPER)
        .args(["map", "8080"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(KilledOnDrop)
        .expect("nat-helper starts");
    let stdout = child.0.stdout.take().expect("piped");
    wait_until("the port is open", SOON, || lab.rules().contains("8080"));
    drop(stdout);
    send(&child.0, Signal::INT);
    assert_eq!(exit(&mut child.0).code(), Some(0));
    assert!(!lab.rules().contains("8080"), "{}", lab.rules());
}

#[test]
fn a_port_that_could_not_be_removed_is_told() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut child = lab
        .command("lan", NAT_HELPER)
        .args(["map", "8080", "--lease", "5m"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(KilledOnDrop)
        .expect("nat-helper starts");
    let said = lines(child.0.stdout.take().expect("piped"));
    let complained = lines(child.0.stderr.take().expect("piped"));
    next(&said, SOON).expect("mapped");
    assert!(lab.script(&["daemon", "kill"]).status.success());
    send(&child.0, Signal::INT);
    assert_eq!(
        next(&complained, SOON).as_deref(),
        Some(
            "128.66.0.1:8080 was not closed: it no longer answers. It ends by itself within 5 min."
        )
    );
    assert_eq!(exit(&mut child.0).code(), Some(1));
}

#[test]
fn status_names_router_addresses_and_verdict() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let output = status_in(&lab);
    assert_eq!(
        text(&output.stdout),
        "Router          192.168.77.1, asked by PCP, NAT-PMP, UPnP IGD 2 (\"Debian router\")\n\
         This computer   192.168.77.2 (lan0)\n\
         Public address  128.66.0.1\n\
         IPv6            3ffe:77::2, the router opens it on request (PCP)\n\
         Verdict         Reachable: this router forwards ports on request.\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn status_does_not_wait_for_ipv6_that_nobody_opens() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    lab.run(
        "router",
        "nft insert rule inet filter input meta nfproto ipv6 udp dport { 1900 , 5351 } drop",
    );
    let begun = Instant::now();
    let output = status_in(&lab);
    let took = begun.elapsed();
    let said = text(&output.stdout);
    assert!(said.contains("does not open it on request"), "{said}");
    // A whole search would take 3.8 s.
    assert!(took < Duration::from_millis(3_000), "took {took:?}");
}

#[test]
fn status_behind_a_router_without_a_public_address_fails() {
    let Some(lab) = NatLab::with(&["--cgnat"]) else {
        return;
    };
    lab.run("lan", "ip -6 route del default");
    let output = status_in(&lab);
    assert_eq!(
        text(&output.stdout),
        "Router          192.168.77.1, asked by PCP, NAT-PMP, UPnP IGD 2 (\"Debian router\")\n\
         This computer   192.168.77.2 (lan0)\n\
         Verdict         Not reachable: the router has no public address. Is it online? Your \
         provider may share one among customers (CGNAT).\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn status_without_a_router_says_what_to_do() {
    let Some(lab) = NatLab::with(&["--no-daemon"]) else {
        return;
    };
    let output = status_in(&lab);
    assert_eq!(
        text(&output.stdout),
        "Router          192.168.77.1, which does not answer\n\
         This computer   192.168.77.2 (lan0)\n\
         IPv6            3ffe:77::2, the router does not open it on request\n\
         Verdict         No router answered (PCP, NAT-PMP, UPnP on lan0, 4 s). Switch UPnP on in its settings, or \
         forward by hand to 192.168.77.2.\n"
    );
    assert_eq!(output.status.code(), Some(69));
}

#[test]
fn map_without_a_network_exits_with_69() {
    if !user_namespaces_work("map_without_a_network_exits_with_69") {
        return;
    }
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--net",
            NAT_HELPER,
            "map",
            "8080",
        ])
        .output()
        .expect("it runs");
    let sentence = "Not reachable: this computer is in no network with a way out.\n";
    assert_eq!(text(&output.stderr), sentence);
    assert_eq!(output.status.code(), Some(69));
}
