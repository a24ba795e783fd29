//! What the peer's records do to a session.

use bytes::BytesMut;
use rand_core::CryptoRng;

use super::{Channel, CloseReason, Cut, Event, State};
use crate::chain::OpenError;
use crate::record::{Record, RuleBroken, kind};
use crate::ticket::TicketRole;

impl Channel {
    /// Opens one record (a token from [`crate::take_record`]). What it leads to comes from
    /// [`Channel::poll`]; answers are appended to `out`. After an error the session is over.
    pub fn receive(
        &mut self,
        token: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        if self.state == State::Over {
            return Err(Cut::Over);
        }
        let opened = self.receiving.open(token);
        self.take(opened, now_ms, rng, out)
    }

    /// What follows from a record, opened or not.
    fn take(
        &mut self,
        opened: Result<Record, OpenError>,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        if matches!(opened, Ok(_) | Err(OpenError::RuleBroken)) {
            self.heard(now_ms);
        }
        let outcome = match opened {
            Ok(record) if self.state == State::Closing => self.follow(&record),
            Ok(record) => self.obey(record, now_ms, rng, out)?,
            Err(OpenError::RuleBroken) => Err(RuleBroken),
            Err(OpenError::Forged) => return Err(self.cut(Cut::Forged)),
            Err(OpenError::Exhausted) => return Err(self.cut(Cut::Exhausted)),
        };
        match (outcome, self.state) {
            (Err(RuleBroken), State::Open) => {
                self.close(CloseReason::ProtocolError, now_ms, rng, out)
            }
            (Err(RuleBroken), State::Closing) => self.finish(None),
            (Err(RuleBroken), State::Over) | (Ok(()), _) => {}
        }
        Ok(())
    }

    fn heard(&mut self, now_ms: u64) {
        let first = self.clock.heard(now_ms);
        if first && self.role == TicketRole::Listener {
            self.events.push_back(Event::Confirmed);
        }
    }

    /// While the session goes on.
    fn obey(
        &mut self,
        record: Record,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<Result<(), RuleBroken>, Cut> {
        let Record { kind, body } = record;
        let verified = self.comparison.is_none();
        Ok(match (kind, &body[..]) {
            (kind::CLOSE, &[reason]) => {
                self.seal(kind::CLOSE, &[CloseReason::Left.byte()], now_ms, rng, out)?;
                self.finish(Some(CloseReason::of(reason)));
                Ok(())
            }
            (kind::DATA, _) if verified => match String::from_utf8(body) {
                Ok(payload) => {
                    self.events.push_back(Event::Received(payload));
                    Ok(())
                }
                Err(_) => Err(RuleBroken),
            },
            (kind::PING, []) => {
                self.seal(kind::PONG, &[], now_ms, rng, out)?;
                Ok(())
            }
            (kind::PONG, []) => {
                self.clock.answered();
                Ok(())
            }
            (kind::REKEY_EK, ek) if verified => self.answer_rekey(ek, now_ms, rng, out)?,
            (kind::REKEY_CT, ct) if verified => self.complete_rekey(ct, now_ms, rng, out)?,
            (kind::REKEY_DONE, []) if verified => self.confirm_rekey(now_ms),
            (kind::VERIFIED, []) => self.peer_verified(),
            (kind::FIRST_IGNORED.., _) => Ok(()),
            _ => Err(RuleBroken),
        })
    }

    /// After our CLOSE: the receiving chain goes on, so that the peer's CLOSE can be read.
    /// Nothing is answered.
    fn follow(&mut self, record: &Record) -> Result<(), RuleBroken> {
        match (record.kind, &record.body[..]) {
            (kind::CLOSE, &[reason]) => {
                self.finish(Some(CloseReason::of(reason)));
                Ok(())
            }
            (kind::REKEY_CT, ct) => self.follow_rekey(ct),
            (kind::REKEY_DONE, []) => self.rekey_done().map(|_| ()),
            _ => Ok(()),
        }
    }
}

#[cfg(feature = "fuzz")]
impl Channel {
    /// Takes an inner record as if it had been opened: all that stands behind the HMAC, for a
    /// fuzzer, which cannot make one. No key is used up, so its number is always the same.
    pub fn receive_unsealed(
        &mut self,
        inner: Vec<u8>,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        if self.state == State::Over {
            return Err(Cut::Over);
        }
        let opened = crate::record::unpack(inner, self.receiving.count());
        let opened = opened.map_err(|RuleBroken| OpenError::RuleBroken);
        self.take(opened, now_ms, rng, out)
    }
}
