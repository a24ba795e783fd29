//! How a plugin's process is started.

use std::ffi::OsStr;
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use p2p_chat_protocol::{LOG_ENV, PLUGIN_ENV, Role};
use tokio::process::{Child, Command};

/// Starts `file` with pipes for stdin, stdout and stderr; a ui also gets the user's stdin and
/// stdout.
pub(crate) fn spawn(role: Role, file: &Path, verbose: bool) -> Result<Child, String> {
    let mut command = command(role, file.as_os_str());
    if verbose {
        command.env(LOG_ENV, "debug");
    }
    #[cfg(unix)]
    if role == Role::Ui {
        use std::os::fd::AsFd;
        let duplicate = |fd: std::os::fd::BorrowedFd<'_>| {
            let duplicate = fd.try_clone_to_owned();
            duplicate.map_err(|error| format!("cannot pass on the terminal: {error}."))
        };
        let stdin = duplicate(std::io::stdin().as_fd())?;
        let stdout = duplicate(std::io::stdout().as_fd())?;
        hand_over_user_side(&mut command, stdin, stdout)?;
    }
    start(&mut command)
}

/// A program as a plugin of this role.
///
/// transport and nat-helper get a process group of their own: Ctrl-C is the ui's to understand,
/// and must not end them. The ui stays in ours, or it could not read the terminal.
pub(crate) fn command(role: Role, program: &OsStr) -> Command {
    let mut command = Command::new(program);
    command
        .env(PLUGIN_ENV, "1")
        .env_remove(LOG_ENV)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    if role != Role::Ui {
        command.process_group(0);
    }
    command
}

pub(crate) fn start(command: &mut Command) -> Result<Child, String> {
    command.spawn().map_err(|error| {
        let hint = match error.raw_os_error() {
            // ENOEXEC: a script without its first line.
            Some(8) => " A script must begin with #! and its interpreter.",
            _ => "",
        };
        let program = Path::new(command.as_std().get_program());
        format!("cannot start {}: {error}.{hint}", program.display())
    })
}

/// Gives a ui the descriptors 3 (to read what the user types) and 4 (to write to the user).
#[cfg(unix)]
pub(crate) fn hand_over_user_side(
    command: &mut Command,
    stdin: OwnedFd,
    stdout: OwnedFd,
) -> Result<(), String> {
    use command_fds::{CommandFdExt, FdMapping};

    let mappings = [(stdin, 3), (stdout, 4)].map(|(parent_fd, child_fd)| FdMapping {
        parent_fd,
        child_fd,
    });
    command
        .fd_mappings(mappings.into())
        .map(drop)
        .map_err(|e| e.to_string())
}
