//! Told to stop, it is gone within two seconds and so is its port, whatever the router does; and
//! where the port may be left open, that is said.

#[path = "support/fake_router.rs"]
mod fake_router;
mod support;

use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use p2p_chat_protocol::ErrorCode;
use rustix::process::Signal;

use fake_router::FakeRouter;
use support::nat_lab::{self, KilledOnDrop, NatLab, lines, next, wait_until};
use support::{MAP, NAT_HELPER, Plugin, SOON, exit, forwards, ipv4_home, plugin_in, send};

/// What is promised. The program allows itself 1.7 s of it.
const LIMIT: Duration = Duration::from_secs(2);

/// Not a test: the fake router's process begins here.
#[test]
fn fake_router_process() {
    fake_router::serve_if_asked();
}

fn start(manner: &str) -> Option<(NatLab, FakeRouter)> {
    let lab = NatLab::with(&["--no-daemon"])?;
    let router = FakeRouter::start(&lab, manner, "fake_router_process");
    Some((lab, router))
}

/// Ends it in each way; the exit code says whether a port may be open.
fn ends_in_time(code: i32, begin: impl Fn() -> Plugin) {
    for signal in [None, Some(Signal::TERM), Some(Signal::INT)] {
        ends(code, begin(), signal);
    }
}

fn ends(code: i32, plugin: Plugin, signal: Option<Signal>) {
    let (status, took) = match signal {
        None => plugin.end(),
        Some(signal) => {
            plugin.signal(signal);
            plugin.exit()
        }
    };
    assert_eq!(status.code(), Some(code), "{signal:?}");
    assert!(took < LIMIT, "{signal:?}: took {took:?}");
}

#[test]
fn a_router_that_hangs_while_it_is_asked_keeps_nobody() {
    let Some((lab, router)) = start("hangs") else {
        return;
    };
    let begin = || {
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        router.wait_for("getexternalipaddress");
        plugin
    };
    let plugin = begin();
    let refusal = plugin.refused();
    assert_eq!(refusal.code, ErrorCode::MappingRefused);
    assert!(
        refusal.message.ends_with("(router: no answer in 3 s)"),
        "{}",
        refusal.message
    );
    assert_eq!(plugin.end().0.code(), Some(0), "nothing was opened");
    ends_in_time(0, begin);
}

#[test]
fn a_router_that_hangs_when_the_port_may_be_open_keeps_nobody() {
    for signal in [None, Some(Signal::TERM)] {
        let Some((lab, router)) = start("hangs-since") else {
            return;
        };
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        router.wait_for("addportmapping");
        ends(1, plugin, signal);
    }
}

#[test]
fn a_port_whose_opening_was_cut_short_is_removed() {
    let Some((lab, router)) = start("hangs-adding") else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    router.wait_for("addportmapping");
    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(0));
    assert!(took < LIMIT, "took {took:?}");
    router.wait_for("deleteportmapping");
}

#[test]
fn a_router_that_hangs_when_the_port_is_to_be_removed_keeps_nobody() {
    let Some((lab, _router)) = start("hangs-later") else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    plugin.mapped();
    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(1));
    assert!(took < LIMIT, "took {took:?}");
}

#[test]
fn a_router_that_fell_silent_keeps_nobody() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let begin = || {
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        plugin.mapped();
        lab.run(
            "router",
            "nft insert rule inet filter input iifname lan0 drop",
        );
        plugin
    };
    let plugin = begin();
    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(1));
    assert!(took < LIMIT, "took {took:?}");
}

/// `nat-helper map` on a computer at home, and what it says.
fn map(lab: &NatLab, arguments: &[&str]) -> (KilledOnDrop, Receiver<String>, Receiver<String>) {
    let mut child: Child = lab
        .command("lan", NAT_HELPER)
        .args(["map", "8080"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nat-helper starts");
    let said = lines(child.stdout.take().expect("piped"));
    let aside = lines(child.stderr.take().expect("piped"));
    (KilledOnDrop(child), said, aside)
}

#[test]
fn a_person_who_gives_up_is_told_what_may_be_left_open() {
    let Some((lab, router)) = start("hangs-since") else {
        return;
    };
    let (mut child, _said, aside) = map(&lab, &[]);
    router.wait_for("addportmapping");
    let begun = Instant::now();
    send(&child.0, Signal::INT);
    assert_eq!(exit(&mut child.0).code(), Some(1));
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
    assert_eq!(
        next(&aside, SOON).as_deref(),
        Some(
            "port 8080 may be open on the router: it no longer answers. It ends by itself \
             within 1 h."
        )
    );
}

#[test]
fn a_signal_is_passed_on_to_the_command_whose_exit_code_counts() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    for (signal, name) in [(Signal::INT, "INT"), (Signal::TERM, "TERM")] {
        let script =
            format!("trap 'echo bye; exit 9' {name}; echo up; while :; do sleep 0.05; done");
        let (mut child, said, _aside) = map(&lab, &["--", "sh", "-c", &script]);
        assert_eq!(next(&said, SOON).as_deref(), Some("up"));
        assert!(forwards(&lab, 8080));
        let begun = Instant::now();
        send(&child.0, signal);
        assert_eq!(next(&said, SOON).as_deref(), Some("bye"));
        assert_eq!(exit(&mut child.0).code(), Some(9));
        assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
        assert!(!forwards(&lab, 8080), "{}", lab.rules());
    }
}

#[test]
fn a_command_that_ignores_the_signal_keeps_no_port_and_a_second_signal_ends_the_waiting() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let script = "trap '' TERM; echo up; exec sleep 12";
    let (mut child, said, aside) = map(&lab, &["--", "sh", "-c", script]);
    assert_eq!(next(&said, SOON).as_deref(), Some("up"));
    let begun = Instant::now();
    send(&child.0, Signal::TERM);
    wait_until("the port is closed", SOON, || !forwards(&lab, 8080));
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
    assert!(child.0.try_wait().expect("a child").is_none(), "it waits");
    send(&child.0, Signal::TERM);
    // Else it would be 1, ten seconds after the first.
    assert_eq!(exit(&mut child.0).code(), Some(130));
    let ended = "ended without waiting for the router";
    while next(&aside, SOON).expect("it is said") != ended {}
}
