//! The words between the state and the loop around it.

use p2p_chat_protocol::Refusal;
use p2p_chat_protocol::ui::UiRequest;

use crate::command::{Meaning, understand};
use crate::rows::Line;

/// The time of an input.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    /// Unix milliseconds, for people.
    pub(crate) unix_ms: u64,
    /// Milliseconds since the start, by a clock that never jumps.
    pub(crate) elapsed_ms: u64,
}

/// Where the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A terminal with a line editor.
    Terminal,
    /// A terminal without cursor movement, or one that is read out.
    Plain,
    /// Files or pipes.
    Stream,
}

/// What the thin loop around has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print.
    Show(Line),
    /// Ask the supervisor.
    Request(u64, UiRequest),
    /// Refuse a question that cannot be understood.
    Refuse(u64, Refusal),
    /// Put a text back on the input line.
    Restore(String),
    /// Put this on the terminal's clipboard.
    Copy(String),
    /// Wipe the screen and the input history.
    Wipe,
    /// Ring the bell.
    Ring,
}

/// How far the program has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// At the menu.
    Idle,
    /// Listening or connecting.
    Waiting,
    /// With a peer whose words are not compared yet.
    Unverified,
    /// With a peer, also while the line to it is cut.
    Chatting,
    /// `quit` was asked; the end of stdin follows.
    Leaving,
}

/// What stands before the next line the user types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// Rows above it, each ended, which go with it: what shall not stay on the screen.
    pub(crate) header: String,
    pub(crate) text: String,
    /// A question of the program: its answer is no text for the peer.
    pub(crate) question: bool,
    /// What is typed here shall not stay on the screen.
    pub(crate) secret: bool,
}

impl Prompt {
    /// As it is drawn before a line of so many lines: `[50 lines] > `.
    pub(crate) fn for_lines(&self, lines: usize) -> String {
        let Self { header, text, .. } = self;
        match text.strip_suffix("> ") {
            Some(before) if lines > 1 => format!("{header}{before}[{lines} lines] > "),
            _ => format!("{header}{text}"),
        }
    }
}

/// What came from the user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line, without its end.
    Line {
        text: String,
        /// Whether it was typed at a question of the menu.
        question: bool,
    },
    /// A line too long to be kept, of so many bytes.
    TooLong(usize),
    /// The user wants to leave: Ctrl-C or Ctrl-D on an empty line.
    Leave,
    /// The input is at its end.
    End,
}

impl Typed {
    /// The text for the peer, where it is one.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Line { text, .. } => match understand(text) {
                Meaning::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}
