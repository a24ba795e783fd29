//! The tries for a code: taken before anything is compared.

/// Five tries at 31 bits: whoever guesses gets in once in 430 million times.
const GUESSES: u8 = 5;

/// What is left for one code, over all sockets.
pub(super) struct Guesses(u8);

/// The right to compare once. Made by [`Guesses::take`] only.
pub(super) struct Guess(());

impl Guesses {
    /// For a fresh code.
    pub(super) fn fresh() -> Self {
        Self(GUESSES)
    }

    pub(super) fn left(&self) -> u8 {
        self.0
    }

    /// One less, then one comparison; none when none is left.
    pub(super) fn take(&mut self) -> Option<Guess> {
        self.0 = self.0.checked_sub(1)?;
        Some(Guess(()))
    }
}
