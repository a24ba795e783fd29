//! Processes die and routers change, while somebody waits and in the middle of a chat.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::nat_lab::{KilledOnDrop, NatLab};
use crate::support::{Piped, all_gone, children_of, signal, wait_until};
use crate::{chat_in, connect_by, forwards, invite, lets_ipv6_through};

/// A listener at home and somebody from outside, who chat.
struct Pair {
    lab: NatLab,
    listener: Piped,
    connector: Piped,
}

impl Pair {
    /// `None` where this machine cannot.
    fn chatting(lab: &[&str]) -> Option<Self> {
        let lab = NatLab::with(lab)?;
        let listener = chat_in(&lab, "lan", &["listen"]);
        listener.expect("forwarded successfully");
        let connector = connect_by(&invite(&listener), &lab, "wan");
        let mut pair = Self {
            lab,
            listener,
            connector,
        };
        pair.both_say("before");
        Some(pair)
    }

    /// A text each way, which both screens show.
    fn both_say(&mut self, what: &str) {
        let (to, back) = (format!("{what}, to home"), format!("{what}, from home"));
        self.connector.line(&to);
        self.listener.expect(&format!("] {to}"));
        self.listener.line(&back);
        self.connector.expect(&format!("] {back}"));
        has_said(&self.connector, &format!("] {to}"));
        has_said(&self.listener, &format!("] {back}"));
    }

    fn nat_helper(&self) -> u32 {
        nat_helper_of(&self.listener).expect("it runs")
    }

    /// The listener leaves, and nothing is left of it.
    fn ends_well(mut self) {
        self.listener.line("/quit");
        self.listener.expect("Port 8080 mapping removed");
        assert_eq!(self.listener.exit_code(), Some(0));
        assert!(!forwards(&self.lab), "{}", self.lab.rules());
        assert!(!lets_ipv6_through(&self.lab), "{}", self.lab.rules());
        self.connector.expect("disconnected");
        assert_eq!(self.connector.exit_code(), Some(0));
    }
}

/// Waits until it has said this, whatever came before or after it.
fn has_said(chat: &Piped, text: &str) {
    let said = chat.stdout.expect_anywhere(text);
    said.unwrap_or_else(|instead| panic!("{instead}"));
}

fn nat_helper_of(chat: &Piped) -> Option<u32> {
    let children = children_of(chat.pid());
    let found = children.iter().find(|(_, name)| name == "nat-helper");
    found.map(|(pid, _)| *pid)
}

/// Kills this listener's supervisor: all else ends by itself, and in 2 s the router is closed.
fn kill_supervisor(lab: &NatLab, listener: &mut Piped) {
    assert!(forwards(lab) && lets_ipv6_through(lab), "{}", lab.rules());
    let children = children_of(listener.pid());
    let killed = Instant::now();
    signal(listener.pid(), Signal::KILL);
    wait_until("the port is closed", || {
        let looked = Instant::now();
        let open = forwards(lab) || lets_ipv6_through(lab);
        assert!(
            !open || looked < killed + Duration::from_secs(2),
            "open after 2 s:\n{}",
            lab.rules()
        );
        !open
    });
    listener.exit_code();
    assert!(children.len() >= 3, "{children:?}");
    all_gone(&children);
}

#[test]
fn a_killed_supervisor_leaves_no_open_port_and_no_process() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut listener = chat_in(&lab, "lan", &["listen"]);
    listener.expect("forwarded successfully");
    kill_supervisor(&lab, &mut listener);
}

#[test]
fn a_supervisor_killed_in_a_chat_is_missed_by_the_peer_and_leaves_nothing() {
    let Some(mut pair) = Pair::chatting(&[]) else {
        return;
    };
    kill_supervisor(&pair.lab, &mut pair.listener);
    pair.connector
        .expect("[!] Connection cut. Trying again for 10 minutes.");
}

#[test]
fn a_killed_nat_helper_is_replaced_and_the_port_opened_again() {
    let Some(mut pair) = Pair::chatting(&[]) else {
        return;
    };
    let first = pair.nat_helper();
    // The router forgets it, so that only the next nat-helper can have opened what is open then.
    for chain in ["prerouting_miniupnpd", "miniupnpd"] {
        pair.lab
            .run("router", &format!("nft flush chain inet filter {chain}"));
    }
    assert!(!forwards(&pair.lab));
    signal(first, Signal::KILL);
    pair.both_say("meanwhile");
    let replaced = || nat_helper_of(&pair.listener).is_some_and(|pid| pid != first);
    wait_until("the next nat-helper opens it", || {
        replaced() && forwards(&pair.lab)
    });
    has_said(
        &pair.listener,
        "[*] Reachable from outside at 128.66.0.1:8080 by PCP",
    );
    pair.both_say("after");
    pair.ends_well();
}

/// A lease that is renewed every second or two, so that what a router does is soon seen.
const SHORT: [&str; 2] = ["--conf", "max_lifetime=4"];

/// For how many seconds the router has been running, as it answers by NAT-PMP (RFC 6886, 3.2).
fn running_s(lab: &NatLab) -> u32 {
    let mut command = lab.command("lan", "ncat");
    command.args(["-u", "-i", "1", "192.168.77.1", "5351"]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = KilledOnDrop(child.expect("ncat starts"));
    let mut request = child.0.stdin.take().expect("piped");
    request.write_all(&[0, 0]).expect("ncat takes it");
    let mut answer = [0; 12];
    let mut from = child.0.stdout.take().expect("piped");
    from.read_exact(&mut answer).expect("the router answers");
    let [_, _, _, _, epoch @ .., _, _, _, _] = answer;
    u32::from_be_bytes(epoch)
}

#[test]
fn a_lease_that_ends_cuts_no_chat_and_lets_nobody_else_in() {
    let Some(mut pair) = Pair::chatting(&["--conf", "max_lifetime=3"]) else {
        return;
    };
    let nat_helper = pair.nat_helper();
    signal(nat_helper, Signal::STOP);
    wait_until("the lease has ended", || !forwards(&pair.lab));
    pair.both_say("without a lease");
    let call = "timeout 2 ncat -w 1 --send-only 128.66.0.1 8080";
    let stranger = pair.lab.tries("wan", call);
    assert!(!stranger, "somebody got in");
    signal(nat_helper, Signal::CONT);
    wait_until("the port is open", || forwards(&pair.lab));
    assert!(pair.lab.tries("wan", call), "{}", pair.lab.rules());
    pair.both_say("after");
    pair.ends_well();
}

#[test]
fn a_chat_outlives_a_restart_of_its_router() {
    let Some(mut pair) = Pair::chatting(&SHORT) else {
        return;
    };
    // A restart shows in the time that a router says it has been running.
    wait_until("a router that has run for some time", || {
        running_s(&pair.lab) >= 6
    });
    let output = pair.lab.script(&["daemon", "reboot"]);
    assert!(output.status.success(), "{output:?}");
    pair.both_say("over the restart");
    has_said(
        &pair.listener,
        "by PCP. The router was restarted; the port is open again.",
    );
    // The sentence may be of IPv6, which is opened on its own.
    wait_until("the port is open", || forwards(&pair.lab));
    pair.both_say("after");
    pair.ends_well();
}

#[test]
fn a_chat_goes_on_by_ipv6_when_its_routers_address_becomes_somebody_elses() {
    let Some(mut pair) = Pair::chatting(&SHORT) else {
        return;
    };
    let output = pair.lab.script(&["wan-ip", "128.66.0.77"]);
    assert!(output.status.success(), "{output:?}");
    // Who has the old address now knows nothing of the chat, and says so.
    pair.lab.run("wan", "ip addr add 128.66.0.1/32 dev lo");
    pair.connector.line("on the way");
    pair.connector.expect("[!] Connection cut.");
    pair.connector.expect("[+] Connected again.");
    has_said(&pair.listener, "] on the way");
    has_said(
        &pair.listener,
        "[*] Reachable from outside at 128.66.0.77:8080 by PCP. ",
    );
    pair.both_say("after");
    pair.ends_well();
}
