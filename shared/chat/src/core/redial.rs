//! A line that was cut comes back: the connector calls again, the listener waits.

use std::time::Duration;

use p2p_chat_protocol::transport::{self, Auth, DisconnectReason, TransportRequest};
use p2p_chat_protocol::ui::{PeerDisconnected, UiEvent};

use super::Core;
use super::activity::Activity;
use super::peer::Line;
use crate::invite::MAX_ADDRESSES;

/// Longer than a router's restart or a walk between two networks takes; shorter than the tickets
/// live (15 min), so that both sides are done before those are.
pub(super) const LIMIT: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A line that is cut.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Redial {
    /// Since when, by the clock that runs on during sleep.
    since: Duration,
    /// How long this computer slept meanwhile, or just before.
    slept: Duration,
    /// The pause before the next try.
    pause: Duration,
    /// When to try again, in [`super::Now::elapsed`]. A listener has nothing to try as long as
    /// transport listens.
    next_at: Option<Duration>,
    /// The request of the try that goes on now.
    request: Option<u64>,
}

#[cfg(test)]
impl Redial {
    /// What it holds, for tests that compare states: whether it waits, and the request of its try.
    pub(super) fn shape(&self) -> (String, Option<u64>) {
        (format!("cut {}", self.next_at.is_some()), self.request)
    }
}

impl Core {
    /// The line is gone. Whether it may come back, and so the chat goes on.
    pub(super) fn line_cut(&mut self) -> bool {
        let (now, quitting) = (self.now, self.ending.is_some());
        let Some(peer) = &mut self.peer else {
            return false;
        };
        let Line::Open { doubt, .. } = &peer.line else {
            // A cut line is not cut again; no other outlives it.
            return matches!(peer.line, Line::Cut(_));
        };
        if self.tickets.is_empty() {
            return false;
        }
        let doubt = doubt.filter(|doubt| now.elapsed <= doubt.until);
        let calls = matches!(self.activity, Activity::Connecting(_));
        // Whoever is about to leave has no second to lose.
        let first = if quitting {
            Duration::ZERO
        } else {
            FIRST_PAUSE
        };
        peer.line = Line::Cut(Redial {
            since: doubt.map_or(now.boot, |doubt| doubt.since),
            slept: doubt.map_or(Duration::ZERO, |doubt| doubt.slept),
            pause: FIRST_PAUSE,
            next_at: calls.then(|| now.elapsed + first),
            request: None,
        });
        let address = peer.connected.address.clone();
        self.outbox.close();
        self.arrivals.close();
        self.tell(UiEvent::PeerDisconnected(PeerDisconnected {
            address,
            reason: DisconnectReason::Cut,
            redialing: true,
            waiting: false,
            slept_s: None,
        }));
        true
    }

    pub(super) fn redial(&mut self) -> Option<&mut Redial> {
        match self.peer.as_mut().map(|peer| &mut peer.line) {
            Some(Line::Cut(redial)) => Some(redial),
            _ => None,
        }
    }

    /// Transport is there again, or this computer woke up: no reason to wait longer.
    pub(super) fn redial_now(&mut self) {
        let now = self.now.elapsed;
        if let Some(redial) = self.redial() {
            redial.pause = FIRST_PAUSE;
            if redial.request.is_none() {
                redial.next_at = Some(now);
            }
        }
    }

    /// This computer is in another network, from which the call may succeed.
    pub(super) fn addresses_changed(&mut self) {
        if matches!(self.activity, Activity::Connecting(_)) {
            self.redial_now();
        }
    }

    /// A try came to nothing.
    pub(super) fn redial_failed(&mut self) {
        let now = self.now.elapsed;
        if let Some(redial) = self.redial() {
            redial.request = None;
            redial.pause = (redial.pause * 2).min(LONGEST_PAUSE);
            redial.next_at = Some(now + redial.pause);
        }
    }

    /// Transport is gone, and every try with it.
    pub(super) fn redial_lost(&mut self) {
        if let Some(redial) = self.redial() {
            redial.request = None;
            redial.next_at = None;
        }
    }

    /// Whether `request` was a try to bring the line back.
    pub(super) fn is_redial(&mut self, request: u64) -> bool {
        self.redial()
            .is_some_and(|redial| redial.request == Some(request))
    }

    /// Transport listens again; the peer may come.
    pub(super) fn redial_answered(&mut self) {
        if let Some(redial) = self.redial() {
            redial.request = None;
        }
    }

    pub(super) fn slept_while_cut(&mut self, slept: Duration) {
        if let Some(redial) = self.redial() {
            redial.slept += slept;
        }
        if matches!(self.activity, Activity::Connecting(_)) {
            self.redial_now();
        }
    }

    pub(super) fn redial_deadline(&self) -> Option<Duration> {
        let Some(Line::Cut(redial)) = self.peer.as_ref().map(|peer| &peer.line) else {
            return None;
        };
        let over = (redial.since + LIMIT).saturating_sub(self.now.boot);
        let next = redial.next_at.filter(|_| self.transport_ready);
        next.into_iter().chain([self.now.elapsed + over]).min()
    }

    pub(super) fn check_redial(&mut self) {
        let (now, ready) = (self.now, self.transport_ready);
        let Some(redial) = self.redial() else { return };
        if now.boot >= redial.since + LIMIT {
            let slept = redial.slept;
            return self.redial_over(slept);
        }
        if ready && redial.next_at.is_some_and(|at| at <= now.elapsed) {
            redial.next_at = None;
            self.try_again();
        }
    }

    fn try_again(&mut self) {
        let request = match &mut self.activity {
            Activity::Connecting(_) => {
                let connect = transport::Connect {
                    addresses: self.redial_addresses(),
                    auth: Auth::resume(self.tickets.clone()),
                };
                Some(self.ask_transport(TransportRequest::Connect(connect)))
            }
            Activity::Listening(_) => {
                self.open_door();
                match &self.activity {
                    Activity::Listening(listener) => listener.request,
                    _ => None,
                }
            }
            Activity::Idle => None,
        };
        if let Some(redial) = self.redial() {
            redial.request = request;
        }
    }

    /// The invite's, then those the listener told since; those have their places, however many
    /// the invite has.
    fn redial_addresses(&self) -> Vec<String> {
        let Activity::Connecting(attempt) = &self.activity else {
            return Vec::new();
        };
        let mut addresses = attempt.invite.addresses.clone();
        let told = self.peer.iter().flat_map(|peer| &peer.says_reached_at);
        let told: Vec<_> = told.filter(|told| !addresses.contains(told)).collect();
        // The first one led to the listener once.
        let kept = MAX_ADDRESSES.saturating_sub(told.len()).max(1);
        addresses.truncate(kept);
        addresses.extend(told.into_iter().cloned());
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }

    /// Time is over.
    fn redial_over(&mut self, slept: Duration) {
        // A nap is not what ended it.
        let slept = (slept >= LIMIT).then_some(slept);
        self.end_session();
        self.peer_gone(DisconnectReason::Cut, slept);
    }
}
