//! What a listener takes beside tickets, and how often.

use super::super::guesses::{Guess, Guesses};
use super::{Code, HandshakeError, Mode};
use crate::channel::TRIES;

/// Each handshake of a words listen shows an attacker one more pair of words to be lucky with.
const WORDS_HANDSHAKES: u8 = 10;
/// Between two handshakes of a words listen, and between two resumes.
const APART_MS: u64 = 1000;

/// A code, or words, or neither.
pub(super) enum Entry {
    /// Tickets only.
    Closed,
    Code {
        /// Gone when it was used, failed five times, or retired.
        code: Option<Code>,
        guesses: Guesses,
    },
    Words {
        left: u8,
        /// Wrong entries that may still be made, in whichever session.
        tries: u8,
        pace: Pace,
        /// An unverified session is there: nobody else is taken.
        busy: bool,
    },
}

impl Entry {
    pub(super) fn code(code: Code) -> Self {
        Self::Code {
            code: Some(code),
            guesses: Guesses::fresh(),
        }
    }

    pub(super) fn words() -> Self {
        Self::Words {
            left: WORDS_HANDSHAKES,
            tries: TRIES,
            pace: Pace::default(),
            busy: false,
        }
    }

    pub(super) fn living_code(&self) -> Option<&Code> {
        match self {
            Self::Code { code, .. } => code.as_ref(),
            Self::Closed | Self::Words { .. } => None,
        }
    }

    pub(super) fn guesses_left(&self) -> Option<u8> {
        match self {
            Self::Code { guesses, .. } => Some(guesses.left()),
            Self::Closed | Self::Words { .. } => None,
        }
    }

    pub(super) fn handshakes_left(&self) -> Option<u8> {
        match self {
            Self::Words { left, .. } => Some(*left),
            Self::Closed | Self::Code { .. } => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Closed => false,
            Self::Code { code, .. } => code.is_some(),
            Self::Words { left, busy, .. } => *left > 0 && !busy,
        }
    }

    /// Whether a HELLO_C of this mode, which is not resume, is answered.
    pub(super) fn check(&self, mode: Mode, now_ms: u64) -> Result<(), HandshakeError> {
        match (self, mode) {
            (Self::Code { code: Some(_), .. }, Mode::Code) => Ok(()),
            (
                Self::Words {
                    left: 1..,
                    pace,
                    busy: false,
                    ..
                },
                Mode::Words,
            ) => pace.check(now_ms),
            _ => Err(HandshakeError::ModeNotTaken),
        }
    }

    /// Whether a words handshake that was answered still counts.
    pub(super) fn still_takes_words(&self) -> bool {
        matches!(self, Self::Words { busy: false, .. })
    }

    /// HELLO_L of a words handshake is about to be sent.
    pub(super) fn count_handshake(&mut self, now_ms: u64) {
        if let Self::Words { left, pace, .. } = self {
            *left = left.saturating_sub(1);
            pace.count(now_ms);
        }
    }

    /// The right to compare once. With the last one the code dies, whatever comes of it.
    pub(super) fn take_guess(&mut self) -> Result<Guess, HandshakeError> {
        let Self::Code { code, guesses } = self else {
            return Err(HandshakeError::Superseded);
        };
        if code.is_none() && guesses.left() > 0 {
            return Err(HandshakeError::Superseded);
        }
        let guess = guesses.take().ok_or(HandshakeError::NoGuessesLeft)?;
        if guesses.left() == 0 {
            *code = None;
        }
        Ok(guess)
    }

    /// A session begins: codes are dead, and words are taken again only if nobody was verified.
    pub(super) fn admitted(&mut self, mode: Mode) {
        match (self, mode) {
            (Self::Words { busy, .. }, Mode::Words) => *busy = true,
            (entry, _) => entry.retire(),
        }
    }

    /// Nothing but tickets from now on. How many guesses were left stays known.
    pub(super) fn retire(&mut self) {
        match self {
            Self::Code { code, .. } => *code = None,
            Self::Closed | Self::Words { .. } => *self = Self::Closed,
        }
    }

    /// Wrong entries that may still be made; `None` where no words are compared.
    pub(super) fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Words { tries, .. } => Some(*tries),
            Self::Closed | Self::Code { .. } => None,
        }
    }

    /// The user typed wrong words.
    pub(super) fn count_wrong_words(&mut self) {
        if let Self::Words { tries, .. } = self {
            *tries = tries.saturating_sub(1);
        }
    }

    pub(super) fn reopen_words(&mut self) {
        if let Self::Words { busy, .. } = self {
            *busy = false;
        }
    }
}

/// At most one a second.
#[derive(Default)]
pub(super) struct Pace {
    last_ms: Option<u64>,
}

impl Pace {
    pub(super) fn check(&self, now_ms: u64) -> Result<(), HandshakeError> {
        match self.last_ms {
            Some(last_ms) if now_ms < last_ms.saturating_add(APART_MS) => {
                Err(HandshakeError::TooSoon)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn count(&mut self, now_ms: u64) {
        self.last_ms = Some(now_ms);
    }
}
