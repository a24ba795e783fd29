//! New keys in the middle of a session, from a fresh X-Wing: whoever copied the old ones reads
//! nothing from here on. It makes a new ticket too, or a stolen ticket would outlive every rekey.
//!
//! ```text
//! connector   REKEY_EK ->                 switches receiving, REKEY_DONE ->, switches sending
//! listener              <- REKEY_CT, switches sending                       switches receiving
//! ```

use bytes::BytesMut;
use rand_core::CryptoRng;

use super::{Channel, Cut, Event};
use crate::chain::Chain;
use crate::kem::{self, EK, KeyPair};
use crate::record::{RuleBroken, kind};
use crate::schedule::Keys;
use crate::secret::Secret;
use crate::ticket::{Ticket, TicketRole};

/// How far a rekey is.
#[derive(Default)]
pub(super) struct Rekey {
    /// Rekeys begun on the new root.
    epoch: u64,
    step: Step,
}

#[derive(Default)]
enum Step {
    #[default]
    None,
    /// The connector has sent REKEY_EK.
    Asked(KeyPair),
    /// The listener has sent REKEY_CT. What it receives with, and its ticket, from REKEY_DONE on.
    Answered {
        receiving: Secret<32>,
        ticket: Ticket,
    },
}

impl Rekey {
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.step, Step::None)
    }
}

impl Channel {
    /// The connector begins.
    pub(super) fn ask_for_rekey(
        &mut self,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        let key_pair = KeyPair::generate(rng);
        self.seal(kind::REKEY_EK, &key_pair.ek(), now_ms, rng, out)?;
        self.rekey.step = Step::Asked(key_pair);
        self.clock.asked(now_ms);
        Ok(())
    }

    /// REKEY_EK is here: REKEY_CT is the listener's last record of the old chain.
    pub(super) fn answer_rekey(
        &mut self,
        ek: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<Result<(), RuleBroken>, Cut> {
        let Ok(ek) = <&[u8; EK]>::try_from(ek) else {
            return Ok(Err(RuleBroken));
        };
        if self.role != TicketRole::Listener || self.rekey.is_under_way() {
            return Ok(Err(RuleBroken));
        }
        let Some((ct, ss)) = kem::encapsulate(ek, rng) else {
            return Ok(Err(RuleBroken));
        };
        self.seal(kind::REKEY_CT, &ct, now_ms, rng, out)?;
        let (keys, ticket) = self.renew(ek, &ct, &ss);
        self.sending = Chain::new(keys.l2c);
        self.events.push_back(Event::NextTicket(ticket.clone()));
        self.rekey.step = Step::Answered {
            receiving: keys.c2l,
            ticket,
        };
        Ok(Ok(()))
    }

    /// REKEY_CT is here: REKEY_DONE is the connector's last record of the old chain.
    pub(super) fn complete_rekey(
        &mut self,
        ct: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<Result<(), RuleBroken>, Cut> {
        let Ok((sending, ticket)) = self.take_answer(ct) else {
            return Ok(Err(RuleBroken));
        };
        self.seal(kind::REKEY_DONE, &[], now_ms, rng, out)?;
        self.sending = Chain::new(sending);
        self.begin_epoch(ticket, now_ms);
        Ok(Ok(()))
    }

    /// REKEY_DONE is here.
    pub(super) fn confirm_rekey(&mut self, now_ms: u64) -> Result<(), RuleBroken> {
        let ticket = self.rekey_done()?;
        self.begin_epoch(ticket, now_ms);
        Ok(())
    }

    /// REKEY_CT came after our CLOSE: the peer's CLOSE will be in its new chain.
    pub(super) fn follow_rekey(&mut self, ct: &[u8]) -> Result<(), RuleBroken> {
        self.take_answer(ct).map(|_| ())
    }

    /// Switches the listener's receiving chain.
    pub(super) fn rekey_done(&mut self) -> Result<Ticket, RuleBroken> {
        match std::mem::take(&mut self.rekey.step) {
            Step::Answered { receiving, ticket } => {
                self.receiving = Chain::new(receiving);
                Ok(ticket)
            }
            Step::None | Step::Asked(_) => Err(RuleBroken),
        }
    }

    /// Switches the connector's receiving chain; gives its new sending key and ticket.
    fn take_answer(&mut self, ct: &[u8]) -> Result<(Secret<32>, Ticket), RuleBroken> {
        let Step::Asked(key_pair) = std::mem::take(&mut self.rekey.step) else {
            return Err(RuleBroken);
        };
        let ct = ct.try_into().map_err(|_| RuleBroken)?;
        let ss = key_pair.decapsulate(ct).ok_or(RuleBroken)?;
        let (keys, ticket) = self.renew(&key_pair.ek(), ct, &ss);
        self.receiving = Chain::new(keys.l2c);
        Ok((keys.c2l, ticket))
    }

    /// New keys and their ticket; the old root is gone.
    fn renew(&mut self, ek: &[u8], ct: &[u8], ss: &Secret<32>) -> (Renewed, Ticket) {
        self.rekey.epoch += 1;
        let keys = Keys::renewed(&self.root, self.rekey.epoch, ek, ct, ss);
        let ticket = Ticket::of(&keys, self.role, self.ticket.verification());
        let Keys { c2l, l2c, root, .. } = keys;
        self.root = root;
        (Renewed { c2l, l2c }, ticket)
    }

    fn begin_epoch(&mut self, ticket: Ticket, now_ms: u64) {
        self.ticket = ticket.clone();
        self.clock.begin_epoch(now_ms);
        let epoch = self.rekey.epoch;
        self.events.push_back(Event::KeysChanged { epoch, ticket });
    }
}

/// The chains of an epoch that begins.
struct Renewed {
    c2l: Secret<32>,
    l2c: Secret<32>,
}
