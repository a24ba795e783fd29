//! How a plugin's process is started.

use std::ffi::OsStr;
use std::io::PipeWriter;
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
            Some(8) => " (a script must begin with #! and its interpreter)",
            _ => "",
        };
        let program = Path::new(command.as_std().get_program());
        format!("cannot start {}: {error}{hint}", program.display())
    })
}

/// Gives a ui the descriptors 3 (to read what the user types) and 4 (to write to the user).
#[cfg(unix)]
fn hand_over_user_side(
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

/// Gives a ui a user who is none: a pipe to type into, whose other end is returned, and a screen
/// that nobody sees. Never the terminal of the person who checks it.
#[cfg(unix)]
pub(crate) fn pretend_user(command: &mut Command) -> Result<Option<PipeWriter>, String> {
    let (keyboard, user) = std::io::pipe().map_err(|e| format!("cannot make a pipe: {e}"))?;
    let screen = std::fs::File::options().write(true).open("/dev/null");
    let screen = screen.map_err(|e| format!("cannot open /dev/null: {e}"))?;
    hand_over_user_side(command, keyboard.into(), screen.into())?;
    Ok(Some(user))
}

#[cfg(not(unix))]
pub(crate) fn pretend_user(_command: &mut Command) -> Result<Option<PipeWriter>, String> {
    Ok(None)
}

/// Whether a role's process has a group of its own, whose number is its process id.
pub(crate) fn has_own_group(role: Role) -> bool {
    cfg!(unix) && role != Role::Ui
}

/// Kills what is left of a process group.
pub(crate) fn kill_group(group: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // Nobody left in it is what we want.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = group;
}
