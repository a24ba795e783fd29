//! The listener's side: who is answered, who is let in, and what each attempt costs.

mod entry;

use rand_core::CryptoRng;

use super::hello::{HelloC, HelloL};
use super::slots::Slots;
use super::unproven::{AwaitAuthC, Claim, Unproven};
use super::{HandshakeError, Mode, framed, pake};
use crate::channel::{Channel, CloseReason, Event};
use crate::kem;
use crate::passcode::Code;
use crate::schedule::{Prelude, Schedule};
use crate::secret::Secret;
use crate::ticket::{Ticket, TicketRole, Verification};
use entry::{Entry, Pace};

/// All a listener decides by: what it takes, the tries left, its tickets. One for all sockets of
/// a `listen`; no comparison happens anywhere else, and with a code each costs a try first.
pub struct Gate {
    entry: Entry,
    slots: Slots,
    resumes: Pace,
    /// Counts admissions and new codes. A handshake from before one is void after it.
    era: u64,
}

impl Gate {
    /// Takes this code, five times, and tickets.
    pub fn with_code(code: Code) -> Self {
        Self::new(Entry::code(code))
    }

    /// Takes strangers who will compare words, ten times, and tickets.
    pub fn with_words() -> Self {
        Self::new(Entry::words())
    }

    /// Takes tickets only.
    pub fn with_tickets_only() -> Self {
        Self::new(Entry::Closed)
    }

    fn new(entry: Entry) -> Self {
        Self {
            entry,
            slots: Slots::default(),
            resumes: Pace::default(),
            era: 0,
        }
    }

    /// Puts these in the place of the tickets there are; of more than two, the last two. Those
    /// of role connector are left out: a listener never looks one up.
    pub fn set_tickets(&mut self, tickets: impl IntoIterator<Item = Ticket>) {
        self.slots = Slots::of(tickets);
    }

    /// A fresh code with five tries; the old one is dead, and handshakes begun with it too.
    pub fn new_code(&mut self, code: Code) {
        self.entry = Entry::code(code);
        self.era += 1;
    }

    /// Ten strangers more, and three wrong entries; handshakes begun before are void.
    pub fn new_words(&mut self) {
        self.entry = Entry::words();
        self.era += 1;
    }

    /// The code's time is over, or the words listen: tickets only from now on.
    pub fn retire(&mut self) {
        self.entry.retire();
    }

    /// An unverified words session was cut: the words listen goes on, with the handshakes it has
    /// left.
    pub fn reopen_words(&mut self) {
        self.entry.reopen_words();
    }

    /// The code, while it lives.
    pub fn code(&self) -> Option<&Code> {
        self.entry.living_code()
    }

    /// Tries left for the last code; 0 when it died of them. `None` when there never was one.
    pub fn guesses_left(&self) -> Option<u8> {
        self.entry.guesses_left()
    }

    /// Handshakes left for a words listen. `None` when this is none, or it is over.
    pub fn handshakes_left(&self) -> Option<u8> {
        self.entry.handshakes_left()
    }

    /// Whether a HELLO_C of any mode could still be answered.
    pub fn is_open(&self) -> bool {
        self.entry.is_open() || self.tickets().next().is_some()
    }

    /// All tickets there are now; after a change, hand them over before anything is sent.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.slots.iter()
    }

    /// HELLO_C is here: gives HELLO_L (framed) to send, and the state that awaits AUTH_C.
    pub fn answer(
        &mut self,
        hello_c: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Vec<u8>, AwaitAuthC), HandshakeError> {
        let hello = HelloC::parse(hello_c)?;
        let ticket = match hello.mode {
            Mode::Resume => Some(self.slots.find(hello.resume_id)),
            Mode::Words | Mode::Code => None,
        };
        let auth = match ticket {
            Some(None) => return Err(HandshakeError::UnknownTicket),
            Some(Some(ticket)) => {
                self.resumes.check(now_ms)?;
                Some(Secret::copied(ticket.secret()))
            }
            None => {
                self.entry.check(hello.mode, now_ms)?;
                None
            }
        };
        let code = self.entry.living_code();
        let (hello_l, prelude) = answered(&hello, hello_c, auth, code, rng)?;
        let unproven = Unproven::new(&hello, prelude);
        let claim = match hello.mode {
            Mode::Words => {
                self.entry.count_handshake(now_ms);
                Claim::Words(unproven)
            }
            Mode::Code => Claim::Code(unproven.guarded()),
            Mode::Resume => {
                self.resumes.count(now_ms);
                let id = *hello.resume_id;
                Claim::Ticket { id, unproven }
            }
        };
        let era = self.era;
        Ok((framed(&hello_l), AwaitAuthC { claim, era }))
    }

    /// AUTH_C is here. In mode code a try is taken first. When it verifies, the code is dead, the
    /// tickets are the new set and every other [`AwaitAuthC`] is void: hand
    /// [`Gate::tickets`] over, then send AUTH_L; close every other half-open connection and the
    /// session there was, without CLOSE.
    pub fn admit(
        &mut self,
        waiting: AwaitAuthC,
        auth_c: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<Admission, HandshakeError> {
        let mode = waiting.mode();
        if waiting.era != self.era {
            return Err(HandshakeError::Superseded);
        }
        let (schedule, verification, used) = match waiting.claim {
            Claim::Words(_) if !self.entry.still_takes_words() => {
                return Err(HandshakeError::Superseded);
            }
            Claim::Words(unproven) => (unproven.compare(auth_c)?, None, None),
            Claim::Code(guarded) => {
                let guess = self.entry.take_guess()?;
                let schedule = guarded.compare(guess, auth_c)?;
                (schedule, Some(Verification::Code), None)
            }
            Claim::Ticket { id, unproven } => {
                // Looked up again: it may have died since HELLO_C.
                let used = self.slots.find(&id).ok_or(HandshakeError::UnknownTicket)?;
                let used = used.clone();
                let schedule = unproven.compare(auth_c)?;
                (schedule, Some(used.verification()), Some(used))
            }
        };
        Ok(self.let_in(mode, &schedule, verification, used, now_ms, rng))
    }

    fn let_in(
        &mut self,
        mode: Mode,
        schedule: &Schedule,
        verification: Option<Verification>,
        used: Option<Ticket>,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Admission {
        self.era += 1;
        self.entry.admitted(mode);
        let role = TicketRole::Listener;
        let mut channel = Channel::new(role, verification, schedule, now_ms, rng);
        if let Some(left) = self.entry.tries_left() {
            channel.limit_tries(left);
        }
        if let Some(newest) = channel.ticket() {
            self.slots.replace(newest.clone(), used);
        }
        Admission {
            auth_l: framed(&schedule.tag_l().0[..]),
            mode,
            channel,
        }
    }

    /// Follows the session's tickets: to be called with each event of its channel. Whether
    /// [`Gate::tickets`] changed.
    pub fn follow(&mut self, event: &Event) -> bool {
        match event {
            Event::Confirmed | Event::KeysChanged { .. } => self.slots.confirm(),
            Event::NextTicket(ticket) => {
                self.slots.renew(ticket.clone());
                true
            }
            Event::WrongWords => {
                self.entry.count_wrong_words();
                false
            }
            Event::Verified(ticket) => {
                self.entry.retire();
                self.slots.replace(ticket.clone(), None);
                true
            }
            Event::Closing(reason) | Event::Closed(Some(reason)) => {
                if *reason == CloseReason::WordsRejected {
                    self.entry.retire();
                }
                self.slots.clear()
            }
            Event::Closed(None) => self.slots.clear(),
            Event::Received(_) => false,
        }
    }
}

/// A connector is let in.
pub struct Admission {
    /// AUTH_L, framed; to be sent before any record.
    pub auth_l: Vec<u8>,
    /// How it came in; [`Mode::Resume`] resumes the session of a ticket.
    pub mode: Mode,
    /// The session.
    pub channel: Channel,
}

/// HELLO_L, and what follows from both HELLOs. `auth` is a ticket's secret.
fn answered(
    hello: &HelloC<'_>,
    hello_c: &[u8],
    auth: Option<Secret<64>>,
    code: Option<&Code>,
    rng: &mut dyn CryptoRng,
) -> Result<(Vec<u8>, Prelude), HandshakeError> {
    let mut n_l = [0; 32];
    rng.fill_bytes(&mut n_l);
    let (ct, ss) = kem::encapsulate(hello.ek, rng).ok_or(HandshakeError::BadKey)?;
    let yb = &[0; 32];
    let mut hello_l = HelloL {
        n_l: &n_l,
        ct: &ct,
        yb,
    }
    .without_yb(hello.mode);
    let auth = match (hello.mode, code) {
        (Mode::Code, Some(code)) => {
            let share = pake::share(code, super::hello::without_point(hello_c), rng);
            hello_l.extend_from_slice(&share.point);
            pake::key(&share, hello.ya, hello_c, &hello_l)?
        }
        (Mode::Code, None) => return Err(HandshakeError::ModeNotTaken),
        (Mode::Words | Mode::Resume, _) => {
            hello_l.extend_from_slice(yb);
            auth.unwrap_or_else(Secret::zero)
        }
    };
    let prelude = Prelude::new(hello_c, &hello_l, &ss, &auth);
    Ok((hello_l, prelude))
}
