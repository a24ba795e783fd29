//! What the kernel knows of processes: `/proc`.

use std::fs;
use std::path::Path;

/// One process of a chat.
pub(crate) struct Process {
    pid: u32,
    pub(crate) name: String,
}

/// A process and all that it started, down to the last.
pub(crate) fn family(pid: u32) -> Vec<Process> {
    let mut pids = vec![pid];
    let mut next = 0;
    while let Some(pid) = pids.get(next) {
        let children = read(format!("/proc/{pid}/task/{pid}/children"));
        pids.extend(
            children
                .split_whitespace()
                .filter_map(|child| child.parse::<u32>().ok()),
        );
        next += 1;
    }
    let named = |pid| Process {
        pid,
        name: read(format!("/proc/{pid}/comm")).trim().to_owned(),
    };
    pids.into_iter().map(named).collect()
}

impl Process {
    /// Resident memory in MiB: with all shared pages, and with its share of them.
    pub(crate) fn memory(&self) -> [f64; 2] {
        let rollup = read(format!("/proc/{}/smaps_rollup", self.pid));
        ["Rss:", "Pss:"].map(|name| field(&rollup, name) / 1024.0)
    }

    pub(crate) fn threads(&self) -> f64 {
        field(&read(format!("/proc/{}/status", self.pid)), "Threads:")
    }

    /// How often its threads were put on a processor anew, so far.
    pub(crate) fn context_switches(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid));
        let tasks = tasks.into_iter().flatten().flatten();
        tasks
            .map(|task| {
                let status = read(task.path().join("status"));
                field(&status, "voluntary_ctxt_switches:")
                    + field(&status, "nonvoluntary_ctxt_switches:")
            })
            .sum()
    }
}

/// What this computer is, in one line.
pub(crate) fn machine() -> String {
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches(['\t', ' ', ':'])
    });
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!(
        "{count} x {model}, Linux {}; load before the run: {load}",
        kernel.trim()
    )
}

/// The number behind `name`; 0 where there is none.
fn field(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// Empty where the process is gone.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
