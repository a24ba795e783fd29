//! The processes of one p2p-chat: found, hit, and measured.

use rustix::process::{Pid, Signal, kill_process};

use super::Side;
use crate::pair::memory::{Memory, Part, family, runs};
use crate::pair::program::Program;
use crate::support::{all_gone, signal, wait_until};

impl Side {
    /// The process that plays this part now.
    pub(crate) fn process(&self, part: Part) -> u32 {
        let mut found = None;
        wait_until(&format!("{part:?} runs"), || {
            found = self.find(part);
            found.is_some()
        });
        found.expect("just found")
    }

    /// The same, if it runs now.
    pub(crate) fn find(&self, part: Part) -> Option<u32> {
        if part == Part::Supervisor {
            return Some(self.pid());
        }
        let family = family(self.pid()).into_iter().map(|(pid, _)| pid);
        family
            .into_iter()
            .find(|pid| runs(*pid, Program::file_of(part)))
    }

    /// Kills a process, and waits for its end.
    pub(crate) fn kill(&self, part: Part) {
        self.look_at_memory();
        let pid = self.process(part);
        signal(pid, Signal::KILL);
        // Whose parent has not looked yet counts as gone.
        all_gone(&[(pid, format!("{part:?}"))]);
    }

    /// Lets a stopped process go on. One that was killed for it needs nothing.
    pub(crate) fn go_on(&self, pid: u32) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::CONT);
        }
    }

    /// Who stands between the supervisor and a transport whose pipes can be closed, or is the ui.
    pub(crate) fn breakable(&self, part: Part) -> u32 {
        let file = match part {
            Part::Ui => "relay_ui.py",
            _ => "between.py",
        };
        let mut found = None;
        wait_until(&format!("{file} runs"), || {
            let mut family = family(self.pid()).into_iter().map(|(pid, _)| pid);
            found = family.find(|pid| runs(*pid, file));
            found.is_some()
        });
        found.expect("just found")
    }

    /// Takes note of how much memory its processes hold and held. Stand-ins do not count.
    pub(crate) fn look_at_memory(&self) {
        let mut memory = self.memory.lock().expect("not poisoned");
        for part in [Part::Supervisor, Part::Transport] {
            if let Some(pid) = self.find(part) {
                memory.look(part, pid);
            }
        }
    }

    /// What its processes held.
    pub(crate) fn memory(&self) -> Memory {
        self.memory.lock().expect("not poisoned").clone()
    }

    /// All processes it started.
    pub(crate) fn family(&self) -> Vec<(u32, String)> {
        family(self.pid())
    }
}
