//! What came out of a run: counts, and how long it took to recover. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::pair::{BOUND_KIB, Fault, Ledger, Part, Verdict};

/// All chats of a run together.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) chats: u64,
    /// Whatever was broken, also what no text came after.
    pub(crate) faults: u64,
    accepted: usize,
    lost: usize,
    duplicates: u64,
    queue_full: u64,
    /// The most any process grew, in KiB.
    grown: BTreeMap<&'static str, u64>,
    /// How long it took until texts came again in both directions, by fault.
    recoveries: BTreeMap<String, Vec<Duration>>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    /// One direction of a chat that is over.
    pub(crate) fn direction(&mut self, verdict: &Verdict, from: &Ledger) {
        self.accepted += verdict.accepted;
        self.lost += verdict.lost.len();
        self.duplicates += verdict.duplicates;
        self.queue_full += from.queue_full;
        self.wrong.extend(verdict.wrong.iter().cloned());
        for code in &from.turned_down {
            self.wrong.push(format!("a text was refused: {code}"));
        }
        if !verdict.lost.is_empty() {
            let first = &verdict.lost[..verdict.lost.len().min(10)];
            self.wrong.push(format!("lost: {first:?} …"));
        }
        if verdict.duplicates > 0 {
            let sentence = format!("{} texts came twice", verdict.duplicates);
            self.wrong.push(sentence);
        }
    }

    /// How much a process grew above its start, in KiB.
    pub(crate) fn grew(&mut self, part: Part, kib: u64) {
        let name = match part {
            Part::Supervisor => "p2p-chat",
            Part::Transport => "transport",
            Part::Ui => "ui",
            Part::NatHelper => "nat-helper",
        };
        let most = self.grown.entry(name).or_default();
        *most = kib.max(*most);
        if kib > BOUND_KIB {
            self.wrong.push(format!("{name} grew by {kib} KiB"));
        }
    }

    pub(crate) fn recovered(&mut self, fault: Fault, took: Duration) {
        let times = self.recoveries.entry(name_of(fault)).or_default();
        times.push(took);
    }

    pub(crate) fn is_good(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// The same for both sides.
fn name_of(fault: Fault) -> String {
    match fault {
        Fault::Killed(_, part) => format!("{part:?} killed"),
        Fault::Stopped(_, part) => format!("{part:?} stopped"),
        Fault::StdoutClosed(_, part) => format!("{part:?} closed its stdout"),
        Fault::StdinClosed(_, part) => format!("{part:?} closed its stdin"),
        Fault::Cut => "line cut".to_owned(),
        Fault::CutForTheConnector => "line cut, one side".to_owned(),
        Fault::Stalled => "line stalled".to_owned(),
        Fault::RedialRefused | Fault::Refused => "line cut, redials refused".to_owned(),
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:>8} chats\n{:>8} texts accepted\n{:>8} faults\n{:>8} texts lost\n{:>8} texts twice\n{:>8} times told queue_full",
            self.chats, self.accepted, self.faults, self.lost, self.duplicates, self.queue_full
        )?;
        for (name, kib) in &self.grown {
            writeln!(out, "{:>8} KiB at most above its start: {name}", kib)?;
        }
        writeln!(
            out,
            "\n{:<28} {:>5} {:>9} {:>9}",
            "recovery after", "times", "median", "worst"
        )?;
        for (name, times) in &self.recoveries {
            let mut times = times.clone();
            times.sort_unstable();
            let seconds = |at: usize| times[at].as_secs_f64();
            let (median, worst) = (seconds(times.len() / 2), seconds(times.len() - 1));
            writeln!(
                out,
                "{name:<28} {:>5} {median:>7.3} s {worst:>7.3} s",
                times.len()
            )?;
        }
        for sentence in &self.wrong {
            writeln!(out, "WRONG: {sentence}")?;
        }
        Ok(())
    }
}
