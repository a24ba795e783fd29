//! The user's side: a terminal with a line editor, a plain one, or pipes, behind one face.

use std::fs::File;
use std::io;

use p2p_chat_protocol::Options;
use tokio::time::timeout;

use crate::action::{Manner, Typed};
use crate::desk::Ask;
use crate::pipes::Pipes;
use crate::threads::{LAST_WORDS, Threads};

/// Terminals that cannot move their cursor, or whose keys a line editor should leave alone.
const SIMPLE: [&str; 3] = ["dumb", "cons25", "emacs"];

/// The user.
pub(crate) struct Face {
    pub(crate) manner: Manner,
    side: Side,
}

enum Side {
    Threads(Threads),
    Pipes(Pipes),
}

impl Face {
    /// Finds out where the user is, and begins to read there.
    ///
    /// # Errors
    /// When there is neither a terminal nor descriptors 3 and 4.
    pub(crate) fn open(options: &Options, user: io::Result<[File; 2]>) -> io::Result<Self> {
        if options.terminal && !options.plain && !is_simple() {
            // Without a controlling terminal, descriptors 3 and 4 still lead to the user.
            if let Some(threads) = Threads::line_editor() {
                return Ok(Self {
                    manner: Manner::Terminal,
                    side: Side::Threads(threads),
                });
            }
        }
        let user = user?;
        if options.terminal {
            return Ok(Self {
                manner: Manner::Plain,
                side: Side::Threads(Threads::plain(user, true)),
            });
        }
        let side = match Pipes::open(&user) {
            Ok(pipes) => Side::Pipes(pipes),
            Err(_) => Side::Threads(Threads::plain(user, false)),
        };
        Ok(Self {
            manner: Manner::Stream,
            side,
        })
    }

    /// How wide the terminal is, where lines are wrapped for it.
    pub(crate) fn columns(&self) -> Option<usize> {
        match &self.side {
            Side::Threads(threads) => threads.columns(),
            Side::Pipes(_) => None,
        }
    }

    /// Waits for lines, or until more may be shown: then there are none. Cancel-safe.
    pub(crate) async fn next(&mut self, wants_lines: bool) -> Vec<Typed> {
        match &mut self.side {
            Side::Threads(threads) => threads.next(wants_lines).await,
            Side::Pipes(pipes) => pipes.next(wants_lines).await,
        }
    }

    /// Prints; with a wish, asks for the next line from now on, or for none.
    pub(crate) fn show(&mut self, text: &str, wish: Option<Option<Ask>>) {
        match &mut self.side {
            Side::Threads(threads) => threads.show(text, wish),
            // Nobody is asked there.
            Side::Pipes(pipes) => pipes.show(text),
        }
    }

    /// Wipes the screen, the scrollback and the input history.
    pub(crate) fn wipe(&self) {
        match &self.side {
            Side::Threads(threads) => threads.wipe(),
            Side::Pipes(_) => {}
        }
    }

    /// Whether more may be shown.
    pub(crate) fn has_room(&self) -> bool {
        match &self.side {
            Side::Threads(threads) => threads.has_room(),
            Side::Pipes(pipes) => pipes.has_room(),
        }
    }

    /// Whether nobody sees what is shown.
    pub(crate) fn is_broken(&self) -> bool {
        match &self.side {
            Side::Threads(threads) => threads.is_broken(),
            Side::Pipes(pipes) => pipes.is_broken(),
        }
    }

    /// Shows what is left, and puts a terminal right.
    pub(crate) async fn finish(self) {
        match self.side {
            Side::Threads(threads) => threads.finish().await,
            // A reader that takes longer loses the rest.
            Side::Pipes(pipes) => drop(timeout(LAST_WORDS, pipes.finish()).await),
        }
    }
}

fn is_simple() -> bool {
    match std::env::var("TERM") {
        Ok(name) => name.is_empty() || SIMPLE.contains(&name.to_ascii_lowercase().as_str()),
        Err(_) => true,
    }
}
