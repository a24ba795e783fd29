//! Processes as the kernel sees them.

use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use crate::support::DEADLINE;
use crate::support::looking::look_for;

/// Waits until `is_so`, or panics with `what`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let found = look_for(DEADLINE, || is_so().then_some(()));
    assert!(found.is_some(), "not in time: {what}");
}

/// Waits for the end of a process; its exit code, `Some(None)` after a signal.
pub(crate) fn wait_for_exit(look: impl FnMut() -> Option<ExitStatus>) -> Option<Option<i32>> {
    look_for(DEADLINE, look).map(|status| status.code())
}

/// The children of a process, with their names.
pub(crate) fn children_of(parent: u32) -> Vec<(u32, String)> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = stat.rsplit_once(") ")?;
        let name = head.split_once('(')?.1.to_owned();
        let mut fields = tail.split(' ');
        let (state, ppid) = (fields.next()?, fields.next()?);
        (ppid == parent.to_string() && state != "Z").then_some((pid, name))
    })
    .collect()
}

/// Waits until none of these processes lives.
pub(crate) fn all_gone(processes: &[(u32, String)]) {
    for (pid, name) in processes {
        wait_until(
            &format!("the end of {name} ({pid})"),
            || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
                Ok(stat) => stat
                    .rsplit_once(") ")
                    .is_some_and(|(_, tail)| tail.starts_with('Z')),
                Err(_) => true,
            },
        );
    }
}

/// The plugin of this name, as soon as it runs.
pub(crate) fn plugin_of(supervisor: u32, name: &str) -> u32 {
    let mut found = None;
    wait_until(&format!("{name} runs"), || {
        found = children_of(supervisor).into_iter().find(|(_, n)| n == name);
        found.is_some()
    });
    found.expect("just found").0
}

/// Kills a plugin, and waits until it is gone.
pub(crate) fn kill_plugin(supervisor: u32, name: &str) {
    let pid = plugin_of(supervisor, name);
    signal(pid, Signal::KILL);
    all_gone(&[(pid, name.to_owned())]);
}

/// Sends a signal to a process this test started.
pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(known(pid), signal).expect("it was started here");
}

/// A process that was stopped, by a handle: it may be killed for it, and its number given to another.
pub(crate) struct Stopped(OwnedFd);

impl Stopped {
    pub(crate) fn stop(pid: u32) -> Self {
        let process = pidfd_open(known(pid), PidfdFlags::empty()).expect("it was started here");
        pidfd_send_signal(&process, Signal::STOP).expect("it runs");
        Self(process)
    }

    /// Lets it go on, if it still lives.
    pub(crate) fn go_on(self) {
        let _ = pidfd_send_signal(&self.0, Signal::CONT);
    }
}

fn known(pid: u32) -> Pid {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.expect("a pid")
}
