//! What a session tells its owner.

use std::fmt;

use crate::passcode::EntryError;
use crate::ticket::Ticket;

/// What happened in a session.
pub enum Event {
    /// The first record of the peer is here, so it has our AUTH_L: the ticket it used is dead.
    /// Listeners only.
    Confirmed,
    /// A payload.
    Received(String),
    /// Our user typed other words than the peer's.
    WrongWords,
    /// Both people typed the right words. The ticket is to be handed over.
    Verified(Ticket),
    /// The listener's half of a rekey: this ticket is valid beside the one in use, and is to be
    /// handed over before `out` is written.
    NextTicket(Ticket),
    /// The keys were renewed. The connector's ticket is to be handed over before `out` is
    /// written; the listener's former ticket is dead.
    KeysChanged {
        /// How many times in this session.
        epoch: u64,
        /// The only ticket now.
        ticket: Ticket,
    },
    /// We said goodbye, of ourselves or because [`super::Channel::close`] was called. The ticket
    /// is dead. [`Event::Closed`] follows.
    Closing(CloseReason),
    /// Over: write what `out` holds, and close the socket. The reason is the peer's; `None` when
    /// its CLOSE did not come in time. The ticket is dead.
    Closed(Option<CloseReason>),
}

/// Why somebody said goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The user left.
    Left,
    /// The words did not match.
    WordsRejected,
    /// The other side broke a rule of the protocol.
    ProtocolError,
    /// Not verified in time.
    Idle,
    /// Of a later version.
    Unknown(u8),
}

impl CloseReason {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::WordsRejected => 1,
            Self::ProtocolError => 2,
            Self::Idle => 3,
            Self::Unknown(byte) => byte,
        }
    }

    pub(super) fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Left,
            1 => Self::WordsRejected,
            2 => Self::ProtocolError,
            3 => Self::Idle,
            _ => Self::Unknown(byte),
        }
    }
}

/// The session ended without a goodbye. The ticket lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// A record that the peer did not send.
    Forged,
    /// Nothing came for 75 s.
    Silent,
    /// The peer did not answer a rekey within 30 s.
    RekeyUnanswered,
    /// More records than one chain can have.
    Exhausted,
    /// It was over before.
    Over,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forged => "a record arrived that the peer did not send",
            Self::Silent => "nothing arrived for 75 s",
            Self::RekeyUnanswered => "the peer did not renew the keys within 30 s",
            Self::Exhausted => "too many records without new keys",
            Self::Over => "the session was over before",
        })
    }
}

impl std::error::Error for Cut {}

/// Why a payload was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// More than [`super::MAX_PAYLOAD`] bytes.
    TooLarge,
    /// Not before the peer is verified.
    NotVerified,
    /// The session is over.
    Over,
}

/// Why words do not verify the peer.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WordsError {
    /// Not three words of the list; costs nothing.
    NotWords(EntryError),
    /// Not the peer's words; so many tries are left.
    Wrong {
        /// 0: the session was closed.
        tries_left: u8,
    },
    /// Nothing to verify: there are no words, or they were typed already.
    NotAsked,
}
