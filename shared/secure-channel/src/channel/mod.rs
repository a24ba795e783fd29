//! The session: seals and opens records, pings, renews its keys, says goodbye.
//!
//! This file holds the state and what the owner asks of it; `receive` is what records do to it,
//! `rekey` changes its keys, `words` verifies the peer, `timing` is what time brings.

mod event;
mod receive;
mod rekey;
#[cfg(test)]
mod tests;
mod timing;
mod words;

use std::collections::VecDeque;

use bytes::BytesMut;
use rand_core::CryptoRng;

use crate::chain::Chain;
use crate::passcode::SasWords;
use crate::record::{MAX_BODY, kind};
use crate::schedule::{Keys, Schedule};
use crate::secret::Secret;
use crate::ticket::{Ticket, TicketRole, Verification};
pub use event::{CloseReason, Cut, Event, SendError, WordsError};
use rekey::Rekey;
use timing::Clock;
use words::Comparison;
pub(crate) use words::TRIES;

/// The longest payload: what fits into the largest record.
pub const MAX_PAYLOAD: usize = MAX_BODY;

/// A session. Whatever its functions append to `out` is to be written to the socket, in order;
/// but an event's ticket is to be handed over first.
pub struct Channel {
    role: TicketRole,
    sending: Chain,
    receiving: Chain,
    /// What the next rekey begins with.
    root: Secret<32>,
    rekey: Rekey,
    /// Of the keys in use. Not valid, and shown to nobody, before the peer is verified.
    ticket: Ticket,
    /// Until both people typed the right words; `None` where a code or a ticket verified.
    comparison: Option<Comparison>,
    clock: Clock,
    state: State,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// We have sent CLOSE, and read on for the peer's.
    Closing,
    Over,
}

impl Channel {
    pub(crate) fn new(
        role: TicketRole,
        verification: Option<Verification>,
        schedule: &Schedule,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let keys = schedule.keys();
        let comparison = match verification {
            Some(_) => None,
            None => Some(Comparison::new(SasWords::new(&schedule.sas(), role))),
        };
        let ticket = Ticket::of(&keys, role, verification.unwrap_or(Verification::Words));
        let Keys { c2l, l2c, root, .. } = keys;
        let (sending, receiving) = match role {
            TicketRole::Connector => (c2l, l2c),
            TicketRole::Listener => (l2c, c2l),
        };
        Self {
            role,
            sending: Chain::new(sending),
            receiving: Chain::new(receiving),
            root,
            rekey: Rekey::default(),
            ticket,
            comparison,
            clock: Clock::new(now_ms, rng),
            state: State::Open,
            events: VecDeque::new(),
        }
    }

    /// Which side of the session this is.
    pub fn role(&self) -> TicketRole {
        self.role
    }

    /// How the peer is verified; `None`: not yet.
    pub fn verification(&self) -> Option<Verification> {
        self.ticket().map(Ticket::verification)
    }

    /// The ticket of the keys in use; `None` while the peer is not verified.
    pub fn ticket(&self) -> Option<&Ticket> {
        match self.comparison {
            None => Some(&self.ticket),
            Some(_) => None,
        }
    }

    /// The words of a session without a code, until the peer is verified.
    pub fn words(&self) -> Option<&SasWords> {
        self.comparison.as_ref().map(Comparison::words)
    }

    /// A listen counts wrong entries over all its sessions: so many are left for this one.
    pub(crate) fn limit_tries(&mut self, left: u8) {
        if let Some(comparison) = &mut self.comparison {
            comparison.limit(left);
        }
    }

    /// Seals a payload and appends it. Cheap to call many times on one `out`.
    pub fn send(
        &mut self,
        payload: &str,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), SendError> {
        if self.state != State::Open {
            return Err(SendError::Over);
        }
        if self.comparison.is_some() {
            return Err(SendError::NotVerified);
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(SendError::TooLarge);
        }
        self.seal(kind::DATA, payload.as_bytes(), now_ms, rng, out)
            .map_err(|_| SendError::Over)
    }

    /// The next event; to be called until it gives none, after each `receive`, `tick`, `verify`
    /// and `close`.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Says goodbye: appends CLOSE. The session is over with [`Event::Closed`], which comes with
    /// the peer's CLOSE or 2 s from now.
    pub fn close(
        &mut self,
        reason: CloseReason,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) {
        if self.state != State::Open {
            return;
        }
        let sealed = self.seal(kind::CLOSE, &[reason.byte()], now_ms, rng, out);
        self.events.push_back(Event::Closing(reason));
        if sealed.is_ok() {
            self.state = State::Closing;
            self.clock.closing(now_ms);
        } else {
            self.finish(None);
        }
    }

    /// All is said.
    fn finish(&mut self, reason: Option<CloseReason>) {
        self.state = State::Over;
        self.events.push_back(Event::Closed(reason));
    }

    /// No goodbye was possible.
    fn cut(&mut self, cut: Cut) -> Cut {
        self.state = State::Over;
        cut
    }

    fn seal(
        &mut self,
        kind: u8,
        body: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        let mut iv = [0; 16];
        rng.fill_bytes(&mut iv);
        if self.sending.seal(kind, body, &iv, out).is_err() {
            return Err(self.cut(Cut::Exhausted));
        }
        self.clock.sent(now_ms);
        Ok(())
    }
}
