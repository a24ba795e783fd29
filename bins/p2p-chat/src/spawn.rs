//! How a plugin's process is started.

use std::path::Path;
use std::process::Stdio;

use p2p_chat_protocol::{LOG_ENV, PLUGIN_ENV, Role};
use tokio::process::{Child, Command};

/// Starts `file` with pipes for stdin, stdout and stderr.
///
/// transport and nat-helper get a process group of their own: Ctrl-C is the ui's to understand,
/// and must not end them. The ui stays in ours, or it could not read the terminal; it also gets
/// the user's stdin and stdout as descriptors 3 and 4.
pub(crate) fn spawn(role: Role, file: &Path, verbose: bool) -> Result<Child, String> {
    let mut command = Command::new(file);
    command
        .env(PLUGIN_ENV, "1")
        .env_remove(LOG_ENV)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if verbose {
        command.env(LOG_ENV, "debug");
    }
    #[cfg(unix)]
    match role {
        Role::Ui => hand_over_user_side(&mut command)?,
        Role::Transport | Role::NatHelper => {
            command.process_group(0);
        }
    }
    command.spawn().map_err(|error| {
        let hint = match error.raw_os_error() {
            // ENOEXEC: a script without its first line.
            Some(8) => " A script must begin with #! and its interpreter.",
            _ => "",
        };
        format!("cannot start {}: {error}.{hint}", file.display())
    })
}

#[cfg(unix)]
fn hand_over_user_side(command: &mut Command) -> Result<(), String> {
    use std::os::fd::AsFd;

    use command_fds::{CommandFdExt, FdMapping};

    let duplicate = |fd: std::os::fd::BorrowedFd<'_>, child_fd| {
        let parent_fd = fd.try_clone_to_owned().map_err(|e| e.to_string())?;
        Ok::<_, String>(FdMapping {
            parent_fd,
            child_fd,
        })
    };
    let stdin = duplicate(std::io::stdin().as_fd(), 3)?;
    let stdout = duplicate(std::io::stdout().as_fd(), 4)?;
    command
        .fd_mappings(vec![stdin, stdout])
        .map(drop)
        .map_err(|e| e.to_string())
}
