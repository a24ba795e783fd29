//! The user's terminal, put right when a ui dies in the middle of a line.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};

/// The terminal as it was before any ui touched it.
pub(crate) struct Terminal {
    tty: File,
    #[cfg(unix)]
    modes: rustix::termios::Termios,
}

/// Leave the other screen, show the cursor, paste without brackets; then a row of our own. Leaving
/// the other screen also puts the cursor back to where it was saved, so it is saved first: on a
/// terminal that was on its own screen all along it then stays where it is.
const RESET: &[u8] = b"\x1b7\x1b[?1049l\x1b[?25h\x1b[?2004l\r\x1b[K";

impl Terminal {
    /// The terminal, where stdin and stdout are both one.
    pub(crate) fn open() -> Option<Self> {
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            return None;
        }
        let tty = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        #[cfg(unix)]
        let modes = rustix::termios::tcgetattr(&tty).ok()?;
        Some(Self {
            tty,
            #[cfg(unix)]
            modes,
        })
    }

    /// Puts it back. A terminal that is gone needs nothing.
    pub(crate) fn restore(&self) {
        // Now: a terminal stopped by Ctrl-S would never be drained.
        #[cfg(unix)]
        let _ = rustix::termios::tcsetattr(
            &self.tty,
            rustix::termios::OptionalActions::Now,
            &self.modes,
        );
        let _ = (&self.tty).write_all(RESET);
    }
}
