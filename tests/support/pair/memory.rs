//! The memory of a chat's processes, as the kernel counts it.

use std::collections::HashMap;

use crate::support::children_of;

/// A process of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Supervisor,
    Transport,
    Ui,
    NatHelper,
}

/// How much more than at its start a process may ever hold, in KiB.
pub(crate) const BOUND_KIB: u64 = 32 * 1024;

/// What the processes of one side held at their start, and at most since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(HashMap<Part, Held>);

#[derive(Clone, Copy, Debug)]
struct Held {
    start_kib: u64,
    most_kib: u64,
}

impl Memory {
    /// Looks at a process. The first of its part is at its start now; those after it count from
    /// the same.
    pub(crate) fn look(&mut self, part: Part, pid: u32) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        // The kernel keeps the most there ever was.
        let (Some(now), Some(most)) = (field(&status, "VmRSS:"), field(&status, "VmHWM:")) else {
            return;
        };
        let held = self.0.entry(part).or_insert(Held {
            start_kib: now,
            most_kib: now,
        });
        held.most_kib = held.most_kib.max(most);
    }

    /// How much a part held at most above its start, in KiB.
    pub(crate) fn growth_kib(&self, part: Part) -> u64 {
        let held = self.0.get(&part);
        held.map_or(0, |held| held.most_kib - held.start_kib)
    }

    /// Parts that held more than they may.
    pub(crate) fn excess(&self) -> Vec<String> {
        let parts = self.0.keys();
        let over = parts.filter(|part| self.growth_kib(**part) > BOUND_KIB);
        over.map(|part| format!("{part:?} grew by {} KiB", self.growth_kib(*part)))
            .collect()
    }
}

/// A process and all that came of it.
pub(crate) fn family(pid: u32) -> Vec<(u32, String)> {
    let mut found = children_of(pid);
    let mut next = 0;
    while let Some((pid, _)) = found.get(next) {
        found.extend(children_of(*pid));
        next += 1;
    }
    found
}

/// The file name of the program a process runs, or of the script its interpreter runs.
pub(crate) fn runs(pid: u32, file: &str) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0).take(2);
    words.any(|word| word.rsplit(|byte| *byte == b'/').next() == Some(file.as_bytes()))
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
