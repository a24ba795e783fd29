//! The words between the state and the loop around it.

use p2p_chat_protocol::Refusal;
use p2p_chat_protocol::ui::UiRequest;

use crate::rows::Line;

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
    /// With a peer.
    Chatting,
    /// `quit` was asked; the end of stdin follows.
    Leaving,
}

/// What stands before the next line the user types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) text: String,
    /// A question of the menu: its answer is no text for the peer.
    pub(crate) question: bool,
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
