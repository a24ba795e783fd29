//! Who of several callers is the peer, where nothing proves who anyone is. Pure: time is an
//! argument, and connections are only their numbers.
//!
//! The original program takes its first caller for the peer and hangs with it, be it a port
//! scanner. Here a caller becomes the peer when it has said something valid, or has stayed a
//! moment with nobody else there; and a peer that never says anything gives way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::connection::ConnectionId;

/// How long a caller must stay before it is the peer without a word: a port scanner is gone
/// within one round trip, and a friend does not notice the wait.
const SETTLING: Duration = Duration::from_millis(300);

/// How long a peer that has never said a word keeps its seat against a newcomer. A person who
/// calls again after a cut line is back in about this time, and the cut is not yet noticed here.
const GRACE: Duration = Duration::from_secs(5);

/// Callers beside the peer. One person is expected; the rest are scanners, and those come in
/// small groups. The oldest goes first, so nobody can keep others out by sitting here.
const MAX_CANDIDATES: usize = 8;

/// What is to be done, in this order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// This caller goes, and nobody was told of it.
    TurnAway(ConnectionId),
    /// The peer loses its seat to another.
    Unseat(ConnectionId),
    /// This caller is the peer.
    Seat(ConnectionId),
}

/// The one seat, and who waits for it, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Seat {
    peer: Option<Peer>,
    candidates: VecDeque<(ConnectionId, Instant)>,
}

#[derive(Debug)]
struct Peer {
    id: ConnectionId,
    since: Instant,
    /// It has said something valid: a chat runs, and newcomers change nothing.
    spoke: bool,
    /// We have sent it something, so only who says something valid takes its place.
    addressed: bool,
}

impl Seat {
    /// Who sits.
    pub(super) fn peer(&self) -> Option<ConnectionId> {
        self.peer.as_ref().map(|peer| peer.id)
    }

    /// A caller may try. Otherwise it is to be turned away unheard.
    pub(super) fn is_open(&self) -> bool {
        !self.peer.as_ref().is_some_and(|peer| peer.spoke)
    }

    /// Somebody called.
    pub(super) fn called(&mut self, id: ConnectionId, now: Instant) -> Option<Ruling> {
        self.candidates.push_back((id, now));
        if self.candidates.len() <= MAX_CANDIDATES {
            return None;
        }
        let (oldest, _) = self.candidates.pop_front()?;
        Some(Ruling::TurnAway(oldest))
    }

    /// We called: whoever answered is the peer, and keeps the seat.
    pub(super) fn occupy(&mut self, id: ConnectionId, now: Instant) {
        self.peer = Some(Peer {
            id,
            since: now,
            spoke: true,
            addressed: false,
        });
    }

    /// A caller or the peer said something valid.
    pub(super) fn spoke(&mut self, id: ConnectionId, now: Instant) -> Vec<Ruling> {
        let mut rulings = Vec::new();
        if self.peer() != Some(id) {
            if !self.is_open() || !self.forget(id) {
                return rulings;
            }
            self.change_over(id, now, &mut rulings);
        }
        if let Some(peer) = &mut self.peer
            && !peer.spoke
        {
            peer.spoke = true;
            rulings.extend(self.turn_all_away());
        }
        rulings
    }

    /// We sent the peer something.
    pub(super) fn addressed(&mut self) {
        if let Some(peer) = &mut self.peer {
            peer.addressed = true;
        }
    }

    /// A connection is gone. Says whether it was the peer's.
    pub(super) fn gone(&mut self, id: ConnectionId) -> bool {
        let was_peer = self.peer() == Some(id);
        if was_peer {
            self.peer = None;
        } else {
            self.forget(id);
        }
        was_peer
    }

    /// When [`Seat::settle`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (_, called) = self.candidates.front()?;
        let settled = *called + SETTLING;
        match &self.peer {
            None => Some(settled),
            Some(peer) if peer.spoke || peer.addressed => None,
            Some(peer) => Some(settled.max(peer.since + GRACE)),
        }
    }

    /// Time went by: seats the caller that has stayed.
    pub(super) fn settle(&mut self, now: Instant) -> Vec<Ruling> {
        let mut rulings = Vec::new();
        if self.deadline().is_some_and(|deadline| deadline <= now)
            && let Some((id, _)) = self.candidates.pop_front()
        {
            self.change_over(id, now, &mut rulings);
        }
        rulings
    }

    /// Nobody may call any more; the peer stays.
    pub(super) fn turn_all_away(&mut self) -> Vec<Ruling> {
        let all = self.candidates.drain(..);
        all.map(|(id, _)| Ruling::TurnAway(id)).collect()
    }

    fn change_over(&mut self, id: ConnectionId, now: Instant, rulings: &mut Vec<Ruling>) {
        let next = Peer {
            id,
            since: now,
            spoke: false,
            addressed: false,
        };
        let previous = self.peer.replace(next);
        rulings.extend(previous.map(|peer| Ruling::Unseat(peer.id)));
        rulings.push(Ruling::Seat(id));
    }

    fn forget(&mut self, id: ConnectionId) -> bool {
        let before = self.candidates.len();
        self.candidates.retain(|(candidate, _)| *candidate != id);
        self.candidates.len() < before
    }
}

#[cfg(test)]
mod tests;
