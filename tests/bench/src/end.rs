//! One program behind pipes: lines to its stdin, lines from its stdout and stderr.

use std::io::{PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Longer than anything here takes on the slowest machine; `ncat` makes a key for seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// As much as a Linux pipe holds.
const CHUNK: usize = 65_536;

/// A running program. Dropped, it is killed.
pub(crate) struct End {
    child: Child,
    pub(crate) input: Input,
    pub(crate) output: Output,
}

/// Its stdin.
pub(crate) struct Input(ChildStdin);

/// What it prints.
pub(crate) struct Output {
    pipe: PipeReader,
    bytes: Vec<u8>,
    /// How many of them were given out.
    taken: usize,
}

impl End {
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let fail = |error| format!("cannot start {:?}: {error}", command.get_program());
        let (pipe, writer) = std::io::pipe().map_err(fail)?;
        let second = writer.try_clone().map_err(fail)?;
        let started = command.stdin(Stdio::piped()).stdout(writer).stderr(second);
        let mut child = started
            .spawn()
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        // Our copies of the pipe's other end would hide the program's end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let stdin = child.stdin.take().ok_or("a program has no stdin")?;
        Ok(Self {
            child,
            input: Input(stdin),
            output: Output {
                pipe,
                bytes: Vec::new(),
                taken: 0,
            },
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn exited(&mut self) -> Result<(), String> {
        let descriptor = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty());
        let descriptor = descriptor.map_err(|e| format!("cannot watch a process: {e}"))?;
        match readable(&descriptor, Instant::now() + PATIENCE)? {
            true => Ok(()),
            false => Err("a program does not end".to_owned()),
        }
    }

    /// Ends it by force.
    pub(crate) fn kill(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Input {
    /// Types a line, with one write.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), String> {
        debug_assert_eq!(line.last(), Some(&b'\n'));
        let written = self.0.write_all(line);
        written.map_err(|e| format!("a program takes no more lines: {e}"))
    }
}

impl Output {
    /// The next line, without its end; `None` where nothing comes before the deadline.
    pub(crate) fn line(&mut self, deadline: Instant) -> Result<Option<&[u8]>, String> {
        let mut searched = self.taken;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.bytes[searched..]) {
                let line = self.taken..searched + at;
                self.taken = line.end + 1;
                return Ok(Some(&self.bytes[line]));
            }
            self.bytes.drain(..self.taken);
            self.taken = 0;
            searched = self.bytes.len();
            if !readable(&self.pipe, deadline)? {
                return Ok(None);
            }
            self.bytes.resize(searched + CHUNK, 0);
            let read = self.pipe.read(&mut self.bytes[searched..]);
            let read = read.map_err(|e| format!("cannot read a program's output: {e}"))?;
            self.bytes.truncate(searched + read);
            if read == 0 {
                let last = String::from_utf8_lossy(&self.bytes);
                return Err(format!(
                    "a program ended too early. Its last words: {last:?}"
                ));
            }
        }
    }

    /// Waits for a line with `part` in it: what follows it there.
    pub(crate) fn expect(&mut self, part: &str) -> Result<String, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut instead = String::new();
        while let Some(line) = self
            .line(deadline)
            .map_err(|e| format!("{part:?} did not come: {e}\n{instead}"))?
        {
            if let Some(at) = memchr::memmem::find(line, part.as_bytes()) {
                let rest = &line[at + part.len()..];
                return Ok(String::from_utf8_lossy(rest).into_owned());
            }
            instead.push_str(&String::from_utf8_lossy(line));
            instead.push('\n');
        }
        Err(format!("{part:?} did not come. Instead:\n{instead}"))
    }
}

/// Whether there is something to read before the deadline; an end counts.
fn readable(descriptor: &impl AsFd, deadline: Instant) -> Result<bool, String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).map_err(|e| format!("no time to wait: {e}"))?;
    let mut descriptors = [PollFd::new(descriptor, PollFlags::IN)];
    match poll(&mut descriptors, Some(&left)) {
        Ok(ready) => Ok(ready > 0),
        Err(error) => Err(format!("cannot wait for a program: {error}")),
    }
}
