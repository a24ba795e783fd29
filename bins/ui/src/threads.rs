//! The user behind threads that read and draw: a terminal with a line editor or without, or
//! descriptors that cannot be opened anew.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::action::Typed;
use crate::desk::{Ask, Desk, Nudge};
use crate::editor::{Doorbell, LineEditor};
use crate::terminal::{Terminal, interrupt_editor};
use crate::{plain, screen};

/// Bundles of lines on their way to the loop: one in work, one ready.
const BUNDLES: usize = 2;

/// Drawing what is left may take this long: the supervisor kills a plugin 5 s after the end of
/// its stdin.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(4);

/// The threads, as the loop sees them.
pub(crate) struct Threads {
    /// What is to be seen.
    desk: Arc<Desk>,
    /// What was typed.
    lines: mpsc::Receiver<Vec<Typed>>,
    done: oneshot::Receiver<()>,
    terminal: Option<(Arc<Terminal>, Doorbell)>,
}

impl Threads {
    /// The line editor on the controlling terminal, where there is one.
    pub(crate) fn line_editor() -> Option<Self> {
        let desk = Arc::new(Desk::default());
        let terminal = Arc::new(Terminal::open().ok()?);
        let (editor, doorbell) = LineEditor::open(desk.clone()).ok()?;
        let (typed, lines) = mpsc::channel(BUNDLES);
        let (finished, done) = oneshot::channel();
        screen::start(editor, terminal.clone(), desk.clone(), typed, finished);
        Some(Self {
            desk,
            lines,
            done,
            terminal: Some((terminal, doorbell)),
        })
    }

    /// Lines in and out; `prompts`: a person is there.
    pub(crate) fn plain(user: [File; 2], prompts: bool) -> Self {
        let desk = Arc::new(Desk::default());
        let (typed, lines) = mpsc::channel(BUNDLES);
        let (finished, done) = oneshot::channel();
        plain::start(user, desk.clone(), typed, finished, prompts);
        Self {
            desk,
            lines,
            done,
            terminal: None,
        }
    }

    /// How wide the terminal is, where lines are wrapped for it.
    pub(crate) fn columns(&self) -> Option<usize> {
        let terminal = self.terminal.as_ref();
        terminal.map(|(terminal, _)| terminal.columns())
    }

    /// Waits for lines, or until more may be drawn: then there are none. Cancel-safe.
    pub(crate) async fn next(&mut self, wants_lines: bool) -> Vec<Typed> {
        tokio::select! {
            Some(lines) = self.lines.recv(), if wants_lines => lines,
            () = self.desk.taken.notified() => vec![],
        }
    }

    /// Prints; with a wish, asks for the next line from now on, or for none.
    pub(crate) fn show(&self, text: &str, wish: Option<Option<Ask>>) {
        self.nudge(self.desk.put(text, wish));
    }

    /// Wipes the screen, the scrollback and the input history.
    pub(crate) fn wipe(&self) {
        self.nudge(self.desk.wipe());
    }

    /// Whether more text may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.desk.has_room()
    }

    /// Whether nobody sees what is drawn.
    pub(crate) fn is_broken(&self) -> bool {
        self.desk.is_broken()
    }

    /// Draws what is left and puts the terminal right.
    pub(crate) async fn finish(self) {
        self.nudge(self.desk.stop());
        let drawn = timeout(LAST_WORDS, self.done).await.is_ok();
        if let Some((terminal, _)) = &self.terminal {
            if !drawn {
                terminal.write(&format!("\r\n{}", self.desk.rest()));
            }
            terminal.restore();
        }
    }

    fn nudge(&self, nudge: Nudge) {
        match (nudge, &self.terminal) {
            (Nudge::Ring, Some((_, doorbell))) => doorbell.ring(),
            (Nudge::Interrupt, Some(_)) => interrupt_editor(),
            _ => {}
        }
    }
}
