//! The ui in a terminal, and what stands on its screen.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};
use serde_json::json;
use tempfile::TempDir;
use vt100::Parser;

use super::{DEADLINE, Wire};

/// Few, so that tests scroll.
const ROWS: NonZeroU16 = NonZeroU16::new(12).unwrap();

/// A running ui whose controlling terminal is ours.
pub(crate) struct InTerminal {
    child: Option<Box<dyn Child + Send + Sync>>,
    /// The supervisor's side.
    pub(crate) wire: Wire,
    pair: PtyPair,
    keys: Box<dyn Write + Send>,
    screen: Arc<Screen>,
    modes_before: String,
    _folder: TempDir,
}

struct Screen {
    parser: Mutex<Parser>,
    changed: Condvar,
}

impl InTerminal {
    /// Starts and welcomes it in a terminal of 60 columns.
    pub(crate) fn welcomed(start: &str) -> Self {
        Self::welcomed_in(start, 60)
    }

    /// The same with so many columns.
    pub(crate) fn welcomed_in(start: &str, columns: u16) -> Self {
        let mut ui = Self::start_as("xterm-256color", columns);
        ui.wire.welcome(start, &json!({"terminal": true}));
        ui
    }

    /// In a chat begun with `listen`.
    pub(crate) fn in_chat() -> Self {
        let mut ui = Self::welcomed("listen");
        ui.shows("> ");
        ui.wire.peer_connects();
        ui.shows("INSECURE > ");
        ui
    }

    /// Starts it in a terminal of this kind.
    pub(crate) fn start_as(kind: &str, columns: u16) -> Self {
        let size = PtySize {
            rows: ROWS.get(),
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let modes_before = modes(&pair);
        let screen = watch(&pair, columns);
        let folder = tempfile::tempdir().expect("a folder");
        let [to_ui, from_ui] = ["in", "out"].map(|name| fifo(&folder.path().join(name)));
        let mut command = CommandBuilder::new("/bin/sh");
        let script = r#"exec 3<&0 4>&1 <"$1/in" >"$1/out" "$0""#;
        command.args(["-c", script, env!("CARGO_BIN_EXE_ui")]);
        command.arg(folder.path());
        command.env("P2P_CHAT_PLUGIN", "1");
        command.env("TERM", kind);
        let child = pair.slave.spawn_command(command).expect("the ui starts");
        Self {
            child: Some(child),
            wire: Wire::new(to_ui, from_ui),
            keys: pair.master.take_writer().expect("a terminal's keys"),
            pair,
            screen,
            modes_before,
            _folder: folder,
        }
    }

    /// The user presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    /// Sends the ui a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let child = self.child.as_ref().and_then(|child| child.process_id());
        let pid = child.expect("still running").to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits until the screen's last rows are these, the cursor at the end of the last.
    pub(crate) fn shows(&self, expected: &str) {
        let rows: Vec<_> = expected.split('\n').map(str::trim_end).collect();
        let column = expected.rsplit('\n').next().map_or(0, width);
        self.waits_for(expected, |screen| {
            let cursor = screen.cursor_position();
            let shown = shown(screen);
            let above = shown.len().saturating_sub(rows.len());
            shown[above..] == rows
                && usize::from(cursor.0) + 1 == shown.len()
                && usize::from(cursor.1) == column
        });
    }

    /// Waits until the whole screen reads so, wherever the cursor is.
    pub(crate) fn shows_only(&self, expected: &str) {
        let rows: Vec<_> = expected.split('\n').map(str::trim_end).collect();
        self.waits_for(expected, |screen| shown(screen) == rows);
    }

    /// Whether this stands nowhere, neither on the screen nor in what scrolled out of it.
    pub(crate) fn never_shows(&self, secret: &str) -> bool {
        let mut parser = self.screen.parser.lock().expect("the reader lives");
        let rows = usize::from(ROWS.get());
        parser.screen_mut().set_scrollback(usize::MAX);
        let above = parser.screen().scrollback();
        let pages = (0..=above).step_by(rows).chain([above]);
        let found = pages.into_iter().any(|at| {
            parser.screen_mut().set_scrollback(at);
            parser.screen().contents().contains(secret)
        });
        parser.screen_mut().set_scrollback(0);
        !found
    }

    /// Waits until this stands somewhere on the screen, rows joined where they wrapped.
    pub(crate) fn shows_somewhere(&self, expected: &str) {
        self.waits_for(expected, |screen| screen.contents().contains(expected));
    }

    fn waits_for(&self, expected: &str, is_there: impl Fn(&vt100::Screen) -> bool) {
        let until = Instant::now() + DEADLINE;
        let mut parser = self.screen.parser.lock().expect("the reader lives");
        while !is_there(parser.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "never shown:\n{expected}\nbut at {:?}:\n{}",
                parser.screen().cursor_position(),
                parser.screen().contents()
            );
            parser = self
                .screen
                .changed
                .wait_timeout(parser, left)
                .expect("the reader lives")
                .0;
        }
    }

    /// How many lines scrolled out at the top and can be brought back.
    pub(crate) fn scrollback(&self) -> usize {
        let mut parser = self.screen.parser.lock().expect("the reader lives");
        parser.screen_mut().set_scrollback(usize::MAX);
        let lines = parser.screen().scrollback();
        parser.screen_mut().set_scrollback(0);
        lines
    }

    /// Waits for the end: exit 0, the terminal's modes as they were, and these last rows.
    pub(crate) fn ends(mut self, expected: &str) {
        let mut child = self.child.take().expect("ended once");
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(child.wait()));
        let status = ended.recv_timeout(DEADLINE).expect("the ui never ended");
        assert!(status.expect("a child of ours").success());
        assert_eq!(modes(&self.pair), self.modes_before, "the terminal's modes");
        self.shows(expected);
        self.waits_for("(no bracketed paste)", |screen| !screen.bracketed_paste());
    }
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        // Where a test failed.
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Both directions, so that opening does not wait for the other side.
fn fifo(path: &Path) -> File {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
    let both = OpenOptions::new().read(true).write(true).open(path);
    both.expect("a named pipe")
}

fn watch(pair: &PtyPair, columns: u16) -> Arc<Screen> {
    let columns = NonZeroU16::new(columns).expect("a terminal has columns");
    let mut output = pair.master.try_clone_reader().expect("a terminal's output");
    let screen = Arc::new(Screen {
        parser: Mutex::new(Parser::new(ROWS, columns, 1000)),
        changed: Condvar::new(),
    });
    let shared = screen.clone();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = output.read(&mut bytes) {
            shared
                .parser
                .lock()
                .expect("tests do not panic with it")
                .process(&bytes[..n]);
            shared.changed.notify_all();
        }
    });
    screen
}

fn modes(pair: &PtyPair) -> String {
    format!("{:?}", pair.master.get_termios().expect("a terminal"))
}

/// Rows down to the cursor's, or to the last with text.
fn shown(screen: &vt100::Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    let rows = screen.rows(0, columns.get());
    let mut rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
    let cursor: usize = screen.cursor_position().0.into();
    while rows.len() > cursor + 1 && rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

/// Columns of the plain texts in these tests.
fn width(text: &str) -> usize {
    text.chars().count()
}
