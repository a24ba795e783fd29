//! The user's side: a terminal with a line editor, a plain one, or pipes, behind one face.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use p2p_chat_protocol::Options;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::action::{Manner, Typed};
use crate::desk::{Ask, Desk, Nudge};
use crate::editor::{Doorbell, LineEditor};
use crate::terminal::{Terminal, interrupt_editor};
use crate::{plain, screen};

/// Bundles of lines on their way to the loop: one in work, one ready.
const BUNDLES: usize = 2;

/// Drawing what is left may take this long: the supervisor kills a plugin 5 s after the end of
/// its stdin.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// Terminals that cannot move their cursor, or whose keys a line editor should leave alone.
const SIMPLE: [&str; 3] = ["dumb", "cons25", "emacs"];

/// The user.
pub(crate) struct Face {
    pub(crate) manner: Manner,
    /// What is to be seen.
    pub(crate) desk: Arc<Desk>,
    /// What was typed.
    pub(crate) lines: mpsc::Receiver<Vec<Typed>>,
    done: oneshot::Receiver<()>,
    terminal: Option<(Arc<Terminal>, Doorbell)>,
}

impl Face {
    /// Finds out where the user is, and starts the threads that read and draw there.
    ///
    /// # Errors
    /// When there is neither a terminal nor descriptors 3 and 4.
    pub(crate) fn open(options: &Options, user: io::Result<[File; 2]>) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let (typed, lines) = mpsc::channel(BUNDLES);
        let (finished, done) = oneshot::channel();
        let mut face = Self {
            manner: Manner::Terminal,
            desk: desk.clone(),
            lines,
            done,
            terminal: None,
        };
        if options.terminal && !options.plain && !is_simple() {
            // Without a controlling terminal, descriptors 3 and 4 still lead to the user.
            if let Some((terminal, editor, doorbell)) = line_editor(&desk) {
                screen::start(editor, terminal.clone(), desk, typed, finished);
                face.terminal = Some((terminal, doorbell));
                return Ok(face);
            }
        }
        face.manner = match options.terminal {
            true => Manner::Plain,
            false => Manner::Stream,
        };
        plain::start(user?, desk, typed, finished, options.terminal);
        Ok(face)
    }

    /// How wide the terminal is, where lines are wrapped for it.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.terminal
            .as_ref()
            .map(|(terminal, _)| terminal.columns())
    }

    /// Prints; with a wish, asks for the next line from now on, or for none.
    pub(crate) fn show(&self, text: &str, wish: Option<Option<Ask>>) {
        self.nudge(self.desk.put(text, wish));
    }

    /// Wipes the screen, the scrollback and the input history.
    pub(crate) fn wipe(&self) {
        self.nudge(self.desk.wipe());
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

fn line_editor(desk: &Arc<Desk>) -> Option<(Arc<Terminal>, LineEditor, Doorbell)> {
    let terminal = Terminal::open().ok()?;
    let (editor, doorbell) = LineEditor::open(desk.clone()).ok()?;
    Some((Arc::new(terminal), editor, doorbell))
}

fn is_simple() -> bool {
    match std::env::var("TERM") {
        Ok(name) => name.is_empty() || SIMPLE.contains(&name.to_ascii_lowercase().as_str()),
        Err(_) => true,
    }
}
