//! A command that a port is held open for: `nat-helper map 25565 -- ./server.sh`.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::stop::{Caught, Signals};

/// How long a command that was told to end may take before its port is closed under it.
const FAREWELL: Duration = Duration::from_secs(10);

/// The shell's code for "found, but could not be run".
const CANNOT_RUN: u8 = 126;

/// Runs it to its end, and passes its exit code on.
pub(super) async fn run(
    command: &[OsString],
    address: SocketAddr,
    signals: &mut Signals,
) -> io::Result<ExitCode> {
    let [program, arguments @ ..] = command else {
        return Ok(ExitCode::SUCCESS);
    };
    let started = Command::new(program)
        .args(arguments)
        .env("NAT_ADDRESS", address.to_string())
        .env("NAT_HOST", address.ip().to_string())
        .env("NAT_PORT", address.port().to_string())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            super::complain(&format!("cannot run {}: {error}", program.display()));
            return Ok(ExitCode::from(CANNOT_RUN));
        }
    };
    tokio::select! {
        ended = child.wait() => return ended.map(code),
        caught = signals.received() => pass_on(&child, caught),
    }
    match timeout(FAREWELL, child.wait()).await {
        Ok(ended) => ended.map(code),
        Err(_) => {
            super::complain("the command still runs; its port is closed");
            Ok(ExitCode::FAILURE)
        }
    }
}

#[cfg(unix)]
fn pass_on(child: &Child, caught: Caught) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match caught {
        // The terminal has sent it to the command as well.
        Caught::Interrupt => return,
        Caught::Terminate => Signal::TERM,
        Caught::Hangup => Signal::HUP,
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = id.and_then(Pid::from_raw) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, signal);
    }
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
