//! A p2p-chat whose stdin and stdout are pipes.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::support::command::{CLEARED, Chat, program};
use crate::support::processes::wait_for_exit;
use crate::support::transcript::Transcript;

/// A running program. Dropped, it is killed.
pub(crate) struct Piped {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) stdout: Transcript,
    pub(crate) stderr: Transcript,
}

impl Piped {
    pub(crate) fn start(chat: &Chat) -> Self {
        let mut command = Command::new(program());
        for name in CLEARED {
            command.env_remove(name);
        }
        command.args(&chat.args).envs(chat.env.iter().cloned());
        Self::spawn(&mut command)
    }

    /// Starts any command the same way.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self {
            stdin: child.stdin.take(),
            stdout: Transcript::follow(child.stdout.take().expect("piped")),
            stderr: Transcript::follow(child.stderr.take().expect("piped")),
            child,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says `text`; the rest of that line.
    pub(crate) fn expect(&self, text: &str) -> String {
        self.stdout
            .expect(text)
            .unwrap_or_else(|instead| panic!("{instead}\n{}", self.stderr.so_far()))
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        let address = self.expect("[*] Listening on ");
        let port = address.rsplit(':').next();
        port.and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Types a line.
    pub(crate) fn line(&mut self, text: &str) -> &mut Self {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        // A program that has ended hears nothing more; what it said is checked elsewhere.
        let _ = writeln!(stdin, "{text}");
        self
    }

    /// Ends its stdin.
    pub(crate) fn end_input(&mut self) -> &mut Self {
        self.stdin = None;
        self
    }

    /// Waits for its end.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        wait_for_exit(|| self.child.try_wait().expect("it was started here")).unwrap_or_else(|| {
            panic!(
                "it does not end. It said:\n{}{}",
                self.stdout.so_far(),
                self.stderr.so_far()
            )
        })
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
