//! What time brings: PING, a rekey, and the ends of a session.

use bytes::BytesMut;
use rand_core::CryptoRng;

use super::{Channel, CloseReason, Cut, State};
use crate::record::kind;
use crate::ticket::TicketRole;

/// A PING leaves when we sent nothing for 20 to 30 s: three of them fit into the peer's patience,
/// and the jitter keeps two sides, and two sessions, from pinging in step.
const PING_FROM_MS: u64 = 20_000;
const PING_JITTER_MS: u64 = 10_000;
/// Nothing valid from the peer for so long: the connection is dead.
const SILENCE_MS: u64 = 75_000;
/// The connector renews the keys after so long, or so many records of both directions: what a
/// thief of keys can read is bounded.
const REKEY_MS: u64 = 10 * 60_000;
const REKEY_RECORDS: u64 = 500;
/// For REKEY_CT.
const ANSWER_MS: u64 = 30_000;
/// The listener's patience with a connector that does not renew them.
const EPOCH_MS: u64 = 60 * 60_000;
const EPOCH_RECORDS: u64 = 5_000;
/// For two people to read words to each other.
const UNVERIFIED_MS: u64 = 10 * 60_000;
/// For the peer's CLOSE after ours.
const CLOSING_MS: u64 = 2_000;
/// For the PONG after [`Channel::probe`]: many round trips over any line.
const PROBE_MS: u64 = 5_000;
/// With so many records sent under one key, payloads wait for the next: two sides that both do
/// this stay below [`EPOCH_RECORDS`] together, however much a slow line holds.
const PAUSE_RECORDS: u64 = 2_000;

/// When things happened. All in milliseconds of the owner's clock.
pub(super) struct Clock {
    started_ms: u64,
    epoch_ms: u64,
    /// `None`: nothing yet.
    sent_ms: Option<u64>,
    heard_ms: Option<u64>,
    /// When REKEY_EK was sent.
    asked_ms: u64,
    /// When CLOSE was sent.
    closing_ms: u64,
    /// When the owner doubted the line, and its PING is not answered.
    probed_ms: Option<u64>,
    /// PINGs that are not answered: their PONGs come in order.
    pings: u64,
    ping_after_ms: u64,
}

impl Clock {
    pub(super) fn new(now_ms: u64, rng: &mut dyn CryptoRng) -> Self {
        Self {
            started_ms: now_ms,
            epoch_ms: now_ms,
            sent_ms: None,
            heard_ms: None,
            asked_ms: now_ms,
            closing_ms: now_ms,
            probed_ms: None,
            pings: 0,
            ping_after_ms: ping_after(rng),
        }
    }

    pub(super) fn sent(&mut self, now_ms: u64) {
        self.sent_ms = Some(now_ms);
    }

    /// Whether it was the first time.
    pub(super) fn heard(&mut self, now_ms: u64) -> bool {
        self.heard_ms.replace(now_ms).is_none()
    }

    /// One PING is answered. Any other record may have been on its way before the line broke, and
    /// so may the PONG of an earlier PING.
    pub(super) fn answered(&mut self) {
        self.pings = self.pings.saturating_sub(1);
        if self.pings == 0 {
            self.probed_ms = None;
        }
    }

    pub(super) fn asked(&mut self, now_ms: u64) {
        self.asked_ms = now_ms;
    }

    pub(super) fn closing(&mut self, now_ms: u64) {
        self.closing_ms = now_ms;
    }

    pub(super) fn begin_epoch(&mut self, now_ms: u64) {
        self.epoch_ms = now_ms;
    }
}

fn ping_after(rng: &mut dyn CryptoRng) -> u64 {
    PING_FROM_MS + rng.next_u64() % (PING_JITTER_MS + 1)
}

/// What is due at some time. In the order in which they are done when several are.
#[derive(Clone, Copy)]
enum Due {
    Closed,
    Dead,
    RekeyUnanswered,
    Unverified,
    EpochOver,
    Rekey,
    Ping,
}

impl Channel {
    /// When [`Channel::tick`] wants to be called, at the latest; it may lie in the past. Ask
    /// again after each call that changes the channel. `None` when the session is over.
    pub fn deadline_ms(&self) -> Option<u64> {
        self.agenda().map(|(at_ms, _)| at_ms).min()
    }

    /// The owner doubts that the line still works: it slept, or its address changed. PING leaves
    /// at once, and without its PONG within 5 s the connection is dead.
    pub fn probe(&mut self, now_ms: u64, rng: &mut dyn CryptoRng, out: &mut BytesMut) {
        if self.state == State::Open && self.ping(now_ms, rng, out).is_ok() {
            self.clock.probed_ms = Some(now_ms);
        }
    }

    fn ping(
        &mut self,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        self.seal(kind::PING, &[], now_ms, rng, out)?;
        self.clock.pings += 1;
        Ok(())
    }

    /// Whether a payload may be sent now. `false` only while a rekey is overdue: payloads that
    /// come faster than the line carries them wait for it, or the peer would end the session.
    pub fn takes_payloads(&self) -> bool {
        self.sending.count() < PAUSE_RECORDS
    }

    /// Does what is due: PING, rekey, and the ends that time brings.
    pub fn tick(
        &mut self,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        if self.state == State::Over {
            return Err(Cut::Over);
        }
        // Each does away with its reason, so a handful of rounds is enough; a round for each, no more.
        for _ in 0..self.agenda().count() {
            let Some((_, due)) = self.agenda().find(|&(at_ms, _)| at_ms <= now_ms) else {
                break;
            };
            self.act(due, now_ms, rng, out)?;
        }
        Ok(())
    }

    fn act(
        &mut self,
        due: Due,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
        out: &mut BytesMut,
    ) -> Result<(), Cut> {
        match due {
            Due::Closed => self.finish(None),
            Due::Dead => return Err(self.cut(Cut::Silent)),
            Due::RekeyUnanswered => return Err(self.cut(Cut::RekeyUnanswered)),
            Due::Unverified => self.close(CloseReason::Idle, now_ms, rng, out),
            Due::EpochOver => self.close(CloseReason::ProtocolError, now_ms, rng, out),
            Due::Rekey => self.ask_for_rekey(now_ms, rng, out)?,
            Due::Ping => {
                self.ping(now_ms, rng, out)?;
                self.clock.ping_after_ms = ping_after(rng);
            }
        }
        Ok(())
    }

    /// All that can be due in this state, with its time, in the order of [`Due`].
    fn agenda(&self) -> impl Iterator<Item = (u64, Due)> {
        let clock = &self.clock;
        let open = self.state == State::Open;
        let connector = self.role == TicketRole::Connector;
        let verified = self.comparison.is_none();
        let asked = connector && self.rekey.is_under_way();
        let records = self.sending.count() + self.receiving.count();
        let epoch = |after_ms: u64, most: u64| {
            if records >= most {
                0
            } else {
                clock.epoch_ms.saturating_add(after_ms)
            }
        };
        let heard_ms = clock.heard_ms.unwrap_or(clock.started_ms);
        let doubted_ms = clock
            .probed_ms
            .map_or(u64::MAX, |at_ms| at_ms.saturating_add(PROBE_MS));
        // The connector speaks first: with its first record the listener knows that AUTH_L arrived.
        let ping_ms = match clock.sent_ms {
            Some(sent_ms) => sent_ms.saturating_add(clock.ping_after_ms),
            None if connector => clock.started_ms,
            None => clock.started_ms.saturating_add(clock.ping_after_ms),
        };
        [
            (
                self.state == State::Closing,
                clock.closing_ms.saturating_add(CLOSING_MS),
                Due::Closed,
            ),
            (
                open,
                heard_ms.saturating_add(SILENCE_MS).min(doubted_ms),
                Due::Dead,
            ),
            (
                open && asked,
                clock.asked_ms.saturating_add(ANSWER_MS),
                Due::RekeyUnanswered,
            ),
            (
                open && !verified,
                clock.started_ms.saturating_add(UNVERIFIED_MS),
                Due::Unverified,
            ),
            (
                open && !connector,
                epoch(EPOCH_MS, EPOCH_RECORDS),
                Due::EpochOver,
            ),
            (
                open && connector && verified && !asked,
                epoch(REKEY_MS, REKEY_RECORDS),
                Due::Rekey,
            ),
            (open, ping_ms, Due::Ping),
        ]
        .into_iter()
        .filter_map(|(possible, at_ms, due)| possible.then_some((at_ms, due)))
    }
}
