//! A command that a port is held open for: `nat-helper map 25565 -- ./server.sh`.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::stop::{Caught, Signals};

/// How long a command that was told to end is waited for. Its port is closed meanwhile.
const FAREWELL: Duration = Duration::from_secs(10);

/// The shell's code for "found, but could not be run".
const CANNOT_RUN: u8 = 126;

/// The command, running.
pub(super) struct Running {
    child: Child,
}

impl Running {
    /// Starts it, or says that it cannot be run: the exit code.
    pub(super) fn start(command: &[OsString], address: SocketAddr) -> Result<Self, ExitCode> {
        let [program, arguments @ ..] = command else {
            return Err(ExitCode::SUCCESS);
        };
        let started = Command::new(program)
            .args(arguments)
            .env("NAT_ADDRESS", address.to_string())
            .env("NAT_HOST", address.ip().to_string())
            .env("NAT_PORT", address.port().to_string())
            .spawn();
        match started {
            Ok(child) => Ok(Self { child }),
            Err(error) => {
                super::complain(&format!("cannot run {}: {error}", program.display()));
                Err(ExitCode::from(CANNOT_RUN))
            }
        }
    }

    /// Waits for its end: its exit code; `None` where a signal came first, which is passed on.
    pub(super) async fn end_or_signal(
        &mut self,
        signals: &mut Signals,
    ) -> io::Result<Option<ExitCode>> {
        tokio::select! {
            ended = self.child.wait() => ended.map(|status| Some(code(status))),
            caught = signals.received() => {
                pass_on(&self.child, caught);
                Ok(None)
            }
        }
    }

    /// Waits for its end once it was told to.
    pub(super) async fn end(mut self) -> io::Result<ExitCode> {
        match timeout(FAREWELL, self.child.wait()).await {
            Ok(ended) => ended.map(code),
            Err(_) => {
                super::complain("the command still runs; its port is closed");
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

#[cfg(unix)]
fn pass_on(child: &Child, caught: Caught) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match caught {
        // A terminal sends it to all in its foreground, so the command has it already.
        Caught::Interrupt if in_foreground() => return,
        Caught::Interrupt => Signal::INT,
        Caught::Terminate => Signal::TERM,
        Caught::Hangup => Signal::HUP,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = id.and_then(Pid::from_raw) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, signal);
    }
}

/// Whether this program is in the foreground of its terminal, wherever its stdin comes from.
#[cfg(unix)]
fn in_foreground() -> bool {
    use rustix::process::getpgrp;
    use rustix::termios::tcgetpgrp;
    let group = std::fs::File::open("/dev/tty").and_then(|terminal| Ok(tcgetpgrp(terminal)?));
    group.is_ok_and(|group| group == getpgrp())
}

#[cfg(not(unix))]
fn pass_on(_child: &Child, _caught: Caught) {}

/// As a shell would say it: 128 and the signal where one ended it.
fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|n| 128 + n);
    #[cfg(not(unix))]
    let by_signal = None;
    let number = status.code().or(by_signal);
    ExitCode::from(number.and_then(|n| u8::try_from(n).ok()).unwrap_or(1))
}
