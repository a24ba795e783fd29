//! `nat-helper` as a process, asked through its pipe.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

#[path = "../../../../tests/support/nat_lab.rs"]
pub(crate) mod nat_lab;

use std::io::Write;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use p2p_chat_protocol::nat::{NatEvent, PortMapped};
use p2p_chat_protocol::{Received, Refusal, read};

use nat_lab::{KilledOnDrop, NatLab, lines, next, wait_until};

/// The program under test.
pub(crate) const NAT_HELPER: &str = env!("CARGO_BIN_EXE_nat-helper");

/// For whatever takes no noticeable time, or comes with the next look at this computer's networks,
/// every 15 s; a loaded machine gets some more.
pub(crate) const SOON: Duration = Duration::from_secs(30);

const WELCOME: &str =
    r#"{"type":"welcome","protocol":1,"supervisor":"test","start":"menu","future":[1]}"#;

/// Opens port 8080, as request 1.
pub(crate) const MAP: &str = r#"{"type":"map_port","id":1,"port":8080,"lease_s":3600}"#;
/// Closes it, as request 2.
pub(crate) const UNMAP: &str = r#"{"type":"unmap_port","id":2,"port":8080}"#;

/// A greeted `nat-helper --stdio`.
pub(crate) struct Plugin {
    child: KilledOnDrop,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Plugin {
    /// Starts `command` (which is `nat-helper`, wherever) and exchanges greetings.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nat-helper starts");
        let lines = lines(child.stdout.take().expect("piped"));
        let stdin = child.stdin.take();
        let mut plugin = Self {
            child: KilledOnDrop(child),
            stdin,
            lines,
        };
        let hello = plugin.line().expect("a hello");
        let says = r#"{"type":"hello","protocol":1,"role":"nat-helper","name":"nat-helper""#;
        assert!(hello.starts_with(says), "{hello}");
        plugin.ask(WELCOME);
        plugin
    }

    /// Writes one line.
    pub(crate) fn ask(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("still open");
        writeln!(stdin, "{line}").expect("nat-helper reads");
    }

    /// The next line it says.
    pub(crate) fn line(&self) -> Option<String> {
        next(&self.lines, SOON)
    }

    /// The next event it tells.
    pub(crate) fn event(&self) -> Received<NatEvent> {
        let line = self.line().expect("nat-helper still runs");
        read(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error:?}"))
    }

    /// The next event, which is a mapping.
    pub(crate) fn mapped(&self) -> PortMapped {
        match self.event().message {
            NatEvent::PortMapped(mapped) => mapped,
            other => panic!("not mapped: {other:?}"),
        }
    }

    /// The next event, which is a refusal.
    pub(crate) fn refused(&self) -> Refusal {
        match self.event().message {
            NatEvent::Error(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        send(&self.child.0, signal);
    }

    /// Asserts that it has had no more memory than twice what it needs when nothing is wrong.
    pub(crate) fn assert_small(&self) {
        let status = self.of_proc("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        let peak: u64 = peak.expect("a peak").parse().expect("a number");
        assert!(peak < 14_000, "{peak} kB");
    }

    /// How many bytes it has sent to disks so far.
    pub(crate) fn written_to_disk(&self) -> u64 {
        let io = self.of_proc("io");
        let written = io
            .lines()
            .find_map(|line| line.strip_prefix("write_bytes: "));
        written.expect("a count").parse().expect("a number")
    }

    fn of_proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.0.id());
        std::fs::read_to_string(path).expect("it runs")
    }

    /// Ends its stdin, and waits for its exit: how it ended, and how long that took.
    pub(crate) fn end(mut self) -> (ExitStatus, Duration) {
        drop(self.stdin.take());
        self.exit()
    }

    /// Waits for its exit.
    pub(crate) fn exit(mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let status = exit(&mut self.child.0);
        (status, begun.elapsed())
    }
}

/// Sends a signal to a child.
pub(crate) fn send(child: &Child, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal)
        .expect("the process is there");
}

/// Waits for a child's exit.
pub(crate) fn exit(child: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_until("the process exits", SOON, || {
        status = child.try_wait().expect("a child");
        status.is_some()
    });
    status.expect("just seen")
}

/// A lab whose computers at home have no IPv6: a mapping of theirs is one of IPv4, and is told once.
pub(crate) fn ipv4_home(options: &[&str]) -> Option<NatLab> {
    let lab = NatLab::with(options)?;
    for computer in ["lan", "lan2"] {
        lab.run(computer, "ip -6 route del default");
    }
    Some(lab)
}

/// A plugin on one of the lab's computers.
pub(crate) fn plugin_in(lab: &NatLab, namespace: &str) -> Plugin {
    Plugin::start(lab.command(namespace, NAT_HELPER))
}

/// The same, which looks at its router every second: with a lease of an hour, whatever happens
/// within seconds happens between renewals.
pub(crate) fn watchful_in(lab: &NatLab, namespace: &str) -> Plugin {
    let mut command = lab.command(namespace, NAT_HELPER);
    command.args(["--look", "1s"]);
    Plugin::start(command)
}

/// Whether the router forwards this port of its own.
pub(crate) fn forwards(lab: &NatLab, port: u16) -> bool {
    lab.rules().contains(&format!("th dport {port} dnat"))
}
