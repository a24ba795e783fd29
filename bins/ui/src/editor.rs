//! The line editor's thread: it asks, and it alone draws on the terminal.
//!
//! While a line is typed, text is drawn above it: a ring of the [`Doorbell`] makes the editor draw
//! its prompt again, and the text is put in front of the prompt. The prompt itself cannot change
//! under the editor's hands: for that it is interrupted by a signal, and asks anew with what was
//! typed so far.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use p2p_chat_protocol::MAX_TEXT;
use rustyline::completion::Completer;
use rustyline::config::{Behavior, BellStyle};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ColorMode, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, ExternalPrinter, GraphemeClusterMode, Helper, KeyEvent, Movement, RepeatCount,
};

use crate::desk::Desk;
use crate::quoted::grouped;
use crate::rows::last_row;
use crate::terminal::interrupt_editor;

/// Lines the arrow keys bring back.
const HISTORY: usize = 200;

/// How a question ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Enter.
    Line(String),
    /// Something else is to be done first; this was typed, with the cursor at that byte.
    Interrupted(String, usize),
    /// Ctrl-C or Ctrl-D on an empty line, or the terminal is gone.
    Leave,
}

/// The line editor.
pub(crate) struct LineEditor {
    editor: Editor<Watcher, MemHistory>,
}

/// Makes the editor draw what lies on the desk. Rings while it is not waiting for keys do no harm.
#[derive(Clone)]
pub(crate) struct Doorbell(std::sync::mpsc::SyncSender<()>);

impl Doorbell {
    /// Rings; two rings before the first is heard are one.
    pub(crate) fn ring(&self) {
        let _ = self.0.try_send(());
    }
}

impl LineEditor {
    /// An editor on the controlling terminal, and what rings it.
    pub(crate) fn open(desk: Arc<Desk>) -> rustyline::Result<(Self, Doorbell)> {
        let config = Config::builder()
            .behavior(Behavior::PreferTerm)
            .bell_style(BellStyle::None)
            // Without colours the editor does not call `Highlighter`.
            .color_mode(ColorMode::Enabled)
            .max_history_size(HISTORY)?
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history)?;
        let watcher = Watcher {
            desk,
            line: Mutex::default(),
            counted: AtomicUsize::default(),
            ctrl_c: Arc::default(),
        };
        let on_ctrl_c = ClearThenLeave(watcher.ctrl_c.clone());
        editor.bind_sequence(
            KeyEvent::ctrl('C'),
            EventHandler::Conditional(Box::new(on_ctrl_c)),
        );
        editor.set_helper(Some(watcher));
        let doorbell = Doorbell::hang(editor.create_external_printer()?);
        Ok((Self { editor }, doorbell))
    }

    /// Asks, with `line` typed already.
    pub(crate) fn ask(&mut self, prompt: &str, line: &str, cursor: usize) -> Answer {
        let (left, right) = line.split_at_checked(cursor).unwrap_or((line, ""));
        if let Some(watcher) = self.editor.helper() {
            watcher.counted.store(lines_of(line), Ordering::Relaxed);
        }
        let result = self.editor.readline_with_initial(prompt, (left, right));
        let Some(watcher) = self.editor.helper() else {
            return Answer::Leave;
        };
        watcher.desk.edited();
        let by_key = watcher.ctrl_c.swap(false, Ordering::Relaxed);
        match result {
            Ok(line) => Answer::Line(line),
            Err(ReadlineError::Interrupted) if by_key => Answer::Leave,
            // A signal: our own, or one from outside, which the supervisor got as well.
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => watcher.typed(),
            // A byte that is no UTF-8.
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                watcher.typed()
            }
            Err(_) => Answer::Leave,
        }
    }

    /// Lets the arrow keys bring `line` back.
    pub(crate) fn remember(&mut self, line: &str) {
        let _ = self.editor.add_history_entry(line);
    }

    /// Forgets all lines.
    pub(crate) fn forget(&mut self) {
        let _ = self.editor.clear_history();
    }

    /// On which row the cursor stands behind a line that was given back.
    pub(crate) fn last_row(prompt: &str, line: &str, columns: usize) -> usize {
        let hint = too_long(line).unwrap_or_default();
        let widths = GraphemeClusterMode::from_env();
        let width = |text: &str| widths.width(text).into();
        last_row(&format!("{prompt}{line}{hint}"), columns, width)
    }
}

impl Doorbell {
    fn hang(mut printer: impl ExternalPrinter + Send + 'static) -> Self {
        let (ring, rings) = std::sync::mpsc::sync_channel(1);
        // A thread of its own: printing blocks until the editor waits for keys.
        std::thread::spawn(move || {
            // Up and down again: nothing to see, but the editor draws its prompt.
            while rings.recv().is_ok() && printer.print("\x1b[A\n".to_owned()).is_ok() {}
        });
        Self(ring)
    }
}

/// What the editor calls while it draws.
struct Watcher {
    desk: Arc<Desk>,
    /// The line as it was last seen, and its cursor.
    line: Mutex<(String, usize)>,
    /// How many lines the prompt says it has.
    counted: AtomicUsize,
    ctrl_c: Arc<AtomicBool>,
}

impl Watcher {
    fn saw(&self, line: &str, cursor: usize) {
        let mut seen = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.clear();
        seen.0.push_str(line);
        seen.1 = cursor;
        // A paste of many lines, or an end of it: the prompt says so.
        let lines = lines_of(line);
        if self.counted.swap(lines, Ordering::Relaxed) != lines {
            interrupt_editor();
        }
    }

    fn typed(&self) -> Answer {
        let mut seen = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let (line, cursor) = std::mem::take(&mut *seen);
        Answer::Interrupted(line, cursor)
    }
}

impl Highlighter for Watcher {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        let (above, interrupts) = self.desk.while_editing();
        if interrupts {
            // Its handler of the signal stands by now; it looks for signals before keys.
            interrupt_editor();
        }
        if above.is_empty() {
            Cow::Borrowed(prompt)
        } else {
            Cow::Owned(above + prompt)
        }
    }

    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        self.saw(line, cursor);
        Cow::Borrowed(line)
    }

    fn highlight_char(&self, line: &str, cursor: usize, _kind: CmdKind) -> bool {
        self.saw(line, cursor);
        false
    }
}

impl Completer for Watcher {
    type Candidate = String;
}

impl Hinter for Watcher {
    type Hint = TooLong;

    fn hint(&self, line: &str, _cursor: usize, _context: &Context<'_>) -> Option<TooLong> {
        too_long(line).map(TooLong)
    }
}

/// Stands behind a line that no message holds; a sentence above so long a line is out of sight.
struct TooLong(String);

impl Hint for TooLong {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

/// How many lines a text has that may still be empty.
pub(crate) fn lines_of(text: &str) -> usize {
    text.split('\n').count()
}

fn too_long(line: &str) -> Option<String> {
    (line.len() > MAX_TEXT).then(|| {
        let (bytes, most) = (grouped(line.len()), grouped(MAX_TEXT));
        format!(" [!] {bytes} bytes; a message holds {most}")
    })
}

impl Validator for Watcher {}

impl Helper for Watcher {}

/// Ctrl-C clears a line that has text, and leaves an empty one.
struct ClearThenLeave(Arc<AtomicBool>);

impl ConditionalEventHandler for ClearThenLeave {
    fn handle(
        &self,
        _event: &Event,
        _count: RepeatCount,
        _positive: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        if context.line().is_empty() {
            self.0.store(true, Ordering::Relaxed);
            Some(Cmd::Interrupt)
        } else {
            Some(Cmd::Kill(Movement::WholeBuffer))
        }
    }
}
