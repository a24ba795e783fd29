//! Two people without a code verify each other: each types what the other reads out.

use bytes::BytesMut;
use rand_core::CryptoRng;

use super::{Channel, CloseReason, Event, State, WordsError};
use crate::passcode::SasWords;
use crate::record::{RuleBroken, kind};

/// Wrong entries that end the session: whoever is in the middle gets no more luck than this.
pub(crate) const TRIES: u8 = 3;

/// How far the two people are.
pub(super) struct Comparison {
    words: SasWords,
    tries_left: u8,
    /// Our user has typed the right words.
    ours: bool,
    /// The peer's user has.
    theirs: bool,
}

impl Comparison {
    pub(super) fn new(words: SasWords) -> Self {
        Self {
            words,
            tries_left: TRIES,
            ours: false,
            theirs: false,
        }
    }

    pub(super) fn words(&self) -> &SasWords {
        &self.words
    }

    /// So many wrong entries, and not more, are left for this session.
    pub(super) fn limit(&mut self, tries_left: u8) {
        self.tries_left = tries_left;
    }
}

impl Channel {
    /// What the user heard. When the words are right, VERIFIED is appended; the peer is verified
    /// when its VERIFIED is there too ([`Event::Verified`]). The third wrong entry closes.
    pub fn verify(
        &mut self,
        typed: &str,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), WordsError> {
        let comparison = match &mut self.comparison {
            Some(comparison) if self.state == State::Open && !comparison.ours => comparison,
            _ => return Err(WordsError::NotAsked),
        };
        match comparison.words.are_heard(typed) {
            Err(error) => Err(WordsError::NotWords(error)),
            Ok(true) => {
                comparison.ours = true;
                self.seal(kind::VERIFIED, &[], now_ms, rng, out)
                    .map_err(|_| WordsError::NotAsked)?;
                self.verified_by_both();
                Ok(())
            }
            Ok(false) => {
                comparison.tries_left = comparison.tries_left.saturating_sub(1);
                let tries_left = comparison.tries_left;
                self.events.push_back(Event::WrongWords);
                if tries_left == 0 {
                    self.close(CloseReason::WordsRejected, now_ms, rng, out);
                }
                Err(WordsError::Wrong { tries_left })
            }
        }
    }

    /// VERIFIED is here. Once, and only where words are compared.
    pub(super) fn peer_verified(&mut self) -> Result<(), RuleBroken> {
        match &mut self.comparison {
            Some(comparison) if !comparison.theirs => comparison.theirs = true,
            _ => return Err(RuleBroken),
        }
        self.verified_by_both();
        Ok(())
    }

    fn verified_by_both(&mut self) {
        if self
            .comparison
            .as_ref()
            .is_some_and(|both| both.ours && both.theirs)
        {
            self.comparison = None;
            self.events.push_back(Event::Verified(self.ticket.clone()));
        }
    }
}
