//! The ui with pipes as the user's stdin and stdout.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

use command_fds::{CommandFdExt, FdMapping};

use super::{DEADLINE, Wire};

/// A running ui.
pub(crate) struct Piped {
    child: Child,
    /// The supervisor's side.
    pub(crate) wire: Wire,
    /// What the user types.
    pub(crate) input: Option<PipeWriter>,
    /// What the user reads.
    pub(crate) output: Option<PipeReader>,
}

impl Piped {
    /// Starts it with pipes at both ends.
    pub(crate) fn start() -> Self {
        let (input, typed) = pipe().expect("a pipe");
        let mut piped = Self::start_with_input(input.into());
        piped.input = Some(typed);
        piped
    }

    /// Starts it with the end of the input at once.
    pub(crate) fn start_without_input() -> Self {
        Self::start_with_input(File::open("/dev/null").expect("/dev/null").into())
    }

    fn start_with_input(input: OwnedFd) -> Self {
        let (output, shown) = pipe().expect("a pipe");
        let mut command = ui_for_user(input, shown.into());
        command
            .env("P2P_CHAT_PLUGIN", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the ui starts");
        let to_ui = child.stdin.take().expect("piped");
        let from_ui = child.stdout.take().expect("piped");
        Self {
            child,
            wire: Wire::new(to_ui, from_ui),
            input: None,
            output: Some(output),
        }
    }

    /// The user types.
    pub(crate) fn types(&mut self, text: &str) {
        let input = self.input.as_mut().expect("still open");
        input.write_all(text.as_bytes()).expect("the ui reads");
    }

    /// Sends the ui a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill").success());
    }

    /// Whether the description behind this descriptor, which others share, was made non-blocking.
    pub(crate) fn is_non_blocking(&self, descriptor: i32) -> bool {
        let file = format!("/proc/{}/fdinfo/{descriptor}", self.child.id());
        let flags = i32::from_str_radix(&field(&file, "flags:"), 8).expect("an octal number");
        flags & 0o4000 != 0
    }

    /// How many threads it has.
    pub(crate) fn threads(&self) -> String {
        field(&format!("/proc/{}/status", self.child.id()), "Threads:")
    }

    /// The end of what the user types.
    pub(crate) fn ends_input(&mut self) {
        self.input = None;
    }

    /// Hangs up, and waits for the end: everything the user saw, and how the ui ended.
    pub(crate) fn finish(mut self) -> (String, ExitStatus) {
        self.wire.hang_up();
        let output = self.output.take();
        let shown = within_deadline(move || {
            let mut shown = String::new();
            if let Some(mut output) = output {
                output.read_to_string(&mut shown).expect("UTF-8");
            }
            shown
        });
        let shown = shown
            .recv_timeout(DEADLINE)
            .expect("the ui never closed its output");
        (shown, self.wait())
    }

    /// Waits for the ui to end by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        assert!(
            self.wire.is_closed(),
            "the ui never ended, or said something more"
        );
        // Its stdout is closed, so this does not take long.
        self.child.wait().expect("a child of ours")
    }
}

/// The ui, with this for what the user types and this for what the user reads.
pub(crate) fn ui_for_user(input: OwnedFd, shown: OwnedFd) -> Command {
    let mappings = [(input, 3), (shown, 4)].map(|(parent_fd, child_fd)| FdMapping {
        parent_fd,
        child_fd,
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_ui"));
    command
        .fd_mappings(mappings.into())
        .expect("two different numbers");
    command
}

fn field(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).expect("the process lives");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.expect("a line of this name").trim().to_owned()
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What this work brings, to be awaited for [`DEADLINE`].
pub(crate) fn within_deadline<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Receiver<T> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let _ = sender.send(work());
    });
    receiver
}
