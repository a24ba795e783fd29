//! A p2p-chat in a real terminal: keys in, screen out.

use std::io::{self, Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::DEADLINE;
use crate::support::command::{CLEARED, Chat, program};
use crate::support::processes::wait_until;
use crate::support::transcript::Transcript;

/// Rows kept above the screen; no test looks at them.
const SCROLLBACK: usize = 100;

type Shown = (Mutex<vt100::Parser>, Condvar);

/// A running program and its terminal. Dropped, it is killed.
pub(crate) struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Shown>,
    /// All that the terminal was given, the rows that have left the screen among it.
    pub(crate) printed: Transcript,
    /// As they were before the program started.
    modes_before: String,
    /// Kept open: without it the program's terminal is gone.
    master: Box<dyn MasterPty + Send>,
}

impl Screen {
    pub(crate) fn start(chat: &Chat) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(program());
        command.args(&chat.args);
        for name in CLEARED {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in &chat.env {
            command.env(name, value);
        }
        let [rows, columns] = [size.rows, size.cols].map(|n| NonZeroU16::new(n).expect("not 0"));
        let parser = vt100::Parser::new(rows, columns, SCROLLBACK);
        let shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let printed = Transcript::follow(Watched {
            output: pty.master.try_clone_reader().expect("a reader"),
            shown: Arc::clone(&shown),
        });
        let modes_before = modes(&*pty.master, &shown);
        let child = pty
            .slave
            .spawn_command(command)
            .expect("the program starts");
        Self {
            child,
            keys: pty.master.take_writer().expect("a writer"),
            shown,
            printed,
            modes_before,
            master: pty.master,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("it was started")
    }

    /// Types, as a person would: `\r` is Enter.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
        self
    }

    /// The screen now.
    pub(crate) fn text(&self) -> String {
        self.shown
            .0
            .lock()
            .expect("not poisoned")
            .screen()
            .contents()
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn expect(&self, text: &str) -> &Self {
        self.expect_that(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until the row the cursor is on reads `row`.
    pub(crate) fn expect_prompt(&self, row: &str) -> &Self {
        let last = |screen: &str| screen.lines().last().map(|l| l.trim_end().to_owned());
        self.expect_that(&format!("the last row {row:?}"), |screen| {
            last(screen).as_deref() == Some(row.trim_end())
        })
    }

    pub(crate) fn expect_that(&self, what: &str, is_so: impl Fn(&str) -> bool) -> &Self {
        let (shown, changed) = &*self.shown;
        let deadline = Instant::now() + DEADLINE;
        let mut parser = shown.lock().expect("not poisoned");
        loop {
            let text = parser.screen().contents();
            if is_so(&text) {
                return self;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(parser);
                panic!("the screen does not show {what}:\n{text}");
            }
            parser = changed.wait_timeout(parser, left).expect("not poisoned").0;
        }
    }

    /// Waits for `[*] Listening on 127.0.0.1:PORT`; the port.
    pub(crate) fn port(&self) -> u16 {
        let marker = "[*] Listening on 127.0.0.1:";
        self.expect(marker);
        let text = self.text();
        let after = text.split(marker).nth(1).expect("it was there");
        after
            .lines()
            .next()
            .expect("a row")
            .trim()
            .parse()
            .expect("a port")
    }

    /// Whether the terminal is as it was before the program started.
    pub(crate) fn is_in_order(&self) -> bool {
        modes(&*self.master, &self.shown) == self.modes_before
    }

    /// Whether it is, or what is different.
    pub(crate) fn assert_in_order(&self) {
        assert_eq!(modes(&*self.master, &self.shown), self.modes_before);
    }

    /// Waits for its end, and until the terminal has shown all it said.
    pub(crate) fn exit_code(&mut self) -> u32 {
        let mut code = None;
        wait_until("the program's end", || {
            code = self.child.try_wait().expect("it was started here");
            code.is_some()
        });
        self.printed.all();
        code.expect("it ended").exit_code()
    }
}

/// A terminal's modes: what `stty -g` would tell, and what programs ask of the terminal.
fn modes(master: &dyn MasterPty, shown: &Shown) -> String {
    let termios = master.get_termios().expect("a terminal");
    let shown = shown.0.lock().expect("not poisoned");
    let screen = shown.screen();
    format!(
        "{:?} {:?} {:?} hidden cursor: {} other screen: {} bracketed paste: {}",
        termios.input_flags,
        termios.output_flags,
        termios.local_flags,
        screen.hide_cursor(),
        screen.alternate_screen(),
        screen.bracketed_paste(),
    )
}

/// What a program writes to its terminal, which shows it.
struct Watched {
    output: Box<dyn Read + Send>,
    shown: Arc<Shown>,
}

impl Read for Watched {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // A terminal whose last program has ended cannot be read.
        let count = self.output.read(bytes)?;
        let (parser, changed) = &*self.shown;
        parser
            .lock()
            .expect("not poisoned")
            .process(&bytes[..count]);
        changed.notify_all();
        Ok(count)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
