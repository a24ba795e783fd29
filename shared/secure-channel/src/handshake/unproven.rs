//! A connector that has not proved anything yet, as the listener sees it.

use super::guesses::Guess;
use super::hello::{AUTH_C, HelloC};
use super::{HandshakeError, Mode};
use crate::handshake::connector::commit;
use crate::schedule::{Prelude, Schedule};

/// The listener has sent HELLO_L and awaits AUTH_C.
pub struct AwaitAuthC {
    pub(super) claim: Claim,
    /// Which of the gate's times this belongs to: an admission or a new code begins another.
    pub(super) era: u64,
}

impl AwaitAuthC {
    /// What this connector comes with.
    pub fn mode(&self) -> Mode {
        match self.claim {
            Claim::Words(_) => Mode::Words,
            Claim::Code(_) => Mode::Code,
            Claim::Ticket { .. } => Mode::Resume,
        }
    }
}

/// What a connector has yet to prove.
pub(super) enum Claim {
    /// Nothing but that it is the one that spoke before.
    Words(Unproven),
    /// That it knows the code.
    Code(Guarded),
    /// That it has the ticket of this name.
    Ticket { id: [u8; 16], unproven: Unproven },
}

/// A comparison that costs a guess.
pub(super) struct Guarded(Unproven);

impl Guarded {
    /// There is no other way to compare: whoever calls this has taken a guess.
    pub(super) fn compare(self, _: Guess, auth_c: &[u8]) -> Result<Schedule, HandshakeError> {
        self.0.compare(auth_c)
    }
}

/// What AUTH_C is compared with.
pub(super) struct Unproven {
    prelude: Prelude,
    commit: [u8; 32],
}

impl Unproven {
    pub(super) fn new(hello_c: &HelloC<'_>, prelude: Prelude) -> Self {
        Self {
            prelude,
            commit: *hello_c.commit,
        }
    }

    pub(super) fn guarded(self) -> Guarded {
        Guarded(self)
    }

    /// The commitment first, then the tag, both in constant time.
    pub(super) fn compare(self, auth_c: &[u8]) -> Result<Schedule, HandshakeError> {
        if auth_c.len() != AUTH_C {
            return Err(HandshakeError::Malformed);
        }
        let (n_c, tag) = auth_c.split_first_chunk().expect("the length was checked");
        if !crate::secret::equal(&commit(n_c), &self.commit) {
            return Err(HandshakeError::WrongProof);
        }
        let schedule = self.prelude.with_nonce(n_c);
        if !schedule.tag_c().equals(tag) {
            return Err(HandshakeError::WrongProof);
        }
        Ok(schedule)
    }
}

#[cfg(test)]
impl AwaitAuthC {
    /// What somebody who does not care whether AUTH_C is right would go on with.
    pub(super) fn unchecked(self, auth_c: &[u8]) -> Schedule {
        let (Claim::Words(unproven)
        | Claim::Code(Guarded(unproven))
        | Claim::Ticket { unproven, .. }) = self.claim;
        unproven.prelude.with_nonce(auth_c.first_chunk().unwrap())
    }
}
