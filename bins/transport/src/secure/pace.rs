//! One answer a second, in the order of asking. Pure.
//!
//! Where anybody who calls gets an answer (no code protects it, or a ticket's public name was
//! overheard), this bounds how much of our work and of our tries a stranger can use up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::connection::ConnectionId;

/// From one answer to the next.
const APART: Duration = Duration::from_secs(1);

/// Who waits for an answer. At most as many as have a place at the door.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting: VecDeque<ConnectionId>,
    /// No answer before this.
    next: Option<Instant>,
}

impl Pace {
    /// Somebody asked too soon, and waits.
    pub(super) fn asked(&mut self, id: ConnectionId, now: Instant) {
        self.waiting.push_back(id);
        if self.next.is_none_or(|next| next <= now) {
            // Whoever says that it is too soon knows of an answer that we do not know of.
            self.next = Some(now + APART);
        }
    }

    /// Somebody is gone.
    pub(super) fn left(&mut self, id: ConnectionId) {
        self.waiting.retain(|waiting| *waiting != id);
    }

    /// Whose turn it is. Whoever gets an answer then is [`Pace::answered`].
    pub(super) fn turn(&mut self, now: Instant) -> Option<ConnectionId> {
        match self.next {
            Some(next) if now < next => None,
            _ => self.waiting.pop_front(),
        }
    }

    /// An answer was given.
    pub(super) fn answered(&mut self, now: Instant) {
        self.next = Some(now + APART);
    }

    /// When it is somebody's turn.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front()?;
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConnectionId = ConnectionId(1);
    const B: ConnectionId = ConnectionId(2);
    const C: ConnectionId = ConnectionId(3);

    #[test]
    fn who_asks_too_soon_is_answered_a_second_after_the_last_in_the_order_of_asking() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.answered(start);
        for id in [A, B, C] {
            pace.asked(id, start + APART / 4);
        }
        assert_eq!(pace.turn(start + APART / 2), None);
        assert_eq!(pace.deadline(), Some(start + APART));
        assert_eq!(pace.turn(start + APART), Some(A));
        pace.answered(start + APART);
        pace.left(B);
        assert_eq!(pace.turn(start + APART * 3 / 2), None);
        assert_eq!(pace.turn(start + APART * 2), Some(C));
        assert_eq!(pace.deadline(), None);
    }

    #[test]
    fn who_got_no_answer_takes_no_time() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.asked(A, start);
        pace.asked(B, start);
        assert_eq!(pace.turn(start + APART), Some(A));
        assert_eq!(pace.turn(start + APART), Some(B));
    }
}
