//! The terminal's modes and size, and the user's descriptors. All that is Unix about the ui.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use filedescriptor::FileDescriptor;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// The user's stdin and stdout; our own are the pipe.
const DESCRIPTORS: [i32; 2] = [3, 4];

/// What terminals had before they could tell.
const USUAL_COLUMNS: usize = 80;

/// The user's stdin and stdout.
pub(crate) fn users_descriptors() -> io::Result<[File; 2]> {
    let [input, output] = DESCRIPTORS.map(|number| {
        FileDescriptor::dup(&number)
            .and_then(|duplicate| duplicate.as_file())
            .map_err(|error| {
                io::Error::other(format!(
                    "descriptor {number} is missing ({error}): start a ui with the user's stdin \
                     and stdout as descriptors 3 and 4"
                ))
            })
    });
    Ok([input?, output?])
}

/// The controlling terminal. Its modes are put back when this is dropped.
pub(crate) struct Terminal {
    tty: File,
    before: Termios,
}

impl Terminal {
    /// Opens it, and keeps keys from being echoed or turned into signals between two questions:
    /// they wait for the next one.
    pub(crate) fn open() -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.input_modes -= InputModes::ICRNL | InputModes::IXON;
        quiet.local_modes -=
            LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        tcsetattr(&tty, OptionalActions::Now, &quiet)?;
        Ok(Self { tty, before })
    }

    /// How wide it is now.
    pub(crate) fn columns(&self) -> usize {
        match tcgetwinsize(&self.tty) {
            Ok(size) if size.ws_col > 0 => size.ws_col.into(),
            _ => USUAL_COLUMNS,
        }
    }

    /// Writes `text`. A terminal that is gone is noticed by who reads it.
    pub(crate) fn write(&self, text: &str) {
        let _ = (&self.tty).write_all(text.as_bytes());
    }

    /// Puts the modes back.
    pub(crate) fn restore(&self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.before);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Interrupts the line editor: its own handler takes the signal, and it returns.
pub(crate) fn interrupt_editor() {
    use rustix::process::{Signal, getpid, kill_process};
    // To oneself it cannot fail.
    let _ = kill_process(getpid(), Signal::INT);
}
