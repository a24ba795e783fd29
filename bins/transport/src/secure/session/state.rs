//! What a session knows between two reads or writes. No IO in here; time is an argument.

use std::collections::VecDeque;

use bytes::BytesMut;
use p2p_chat_protocol::Payload;
use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_secure_channel::{Channel, CloseReason, Event, take_record};

use super::sent::Sent;
use crate::log::debug;
use crate::random::random;
use crate::secure::wires::{News, Order, Progress, Told};

/// One read takes at most this much; it holds a hundred short texts.
pub(super) const READ_SIZE: usize = 65_536;

/// Sealed bytes that wait for the socket; with more, no further payload is sealed.
const MAX_UNWRITTEN: usize = 65_536;

/// With so much unwritten, the peer asks for answers it does not read: it is read no more
/// either. Far above [`MAX_UNWRITTEN`] and the longest record, so that two honest peers who are
/// both slow never wait for each other.
const MAX_OWED: usize = 524_288;

/// Payloads taken together; the channel they come from is in blocks of 32.
pub(super) const MAX_BATCH: usize = 128;

/// A session's channel, and what waits on its way in and out.
pub(super) struct Session {
    channel: Channel,
    /// Read, not opened yet.
    pub(super) input: BytesMut,
    /// Sealed, not written yet.
    pub(super) out: BytesMut,
    /// Taken, not sealed yet.
    payloads: VecDeque<Payload>,
    /// Where each payload in `out` ends, counted from the session's first byte.
    ends: VecDeque<u64>,
    /// Bytes written so far.
    written: u64,
    /// Tickets that the supervisor does not have yet: until it has, nothing is written.
    held: usize,
    /// What the service does not know yet: until it does, nothing more is read.
    untold: Progress,
    /// And what it may hear of later, or with that.
    sent: Sent,
    /// We have said goodbye of ourselves, for this reason, and the service does not know it yet.
    leaving: Option<DisconnectReason>,
    /// We have said goodbye, and nobody waits for news any more.
    closing: bool,
    /// The line takes no more of what we write.
    broken: bool,
}

impl Session {
    pub(super) fn new(channel: Channel, input: BytesMut, out: BytesMut, held: bool) -> Self {
        Self {
            channel,
            input,
            out,
            payloads: VecDeque::new(),
            ends: VecDeque::new(),
            written: 0,
            held: usize::from(held),
            untold: Progress::default(),
            sent: Sent::default(),
            leaving: None,
            closing: false,
            broken: false,
        }
    }

    /// Opens all records there are, seals what waits, and does what is due. Says when and why
    /// it is over.
    pub(super) fn go_on(&mut self, now: u64) -> Option<DisconnectReason> {
        let over = self.note_events(now);
        if over.is_some() {
            return over;
        }
        loop {
            match take_record(&mut self.input) {
                Ok(Some(token)) => {
                    debug(format_args!("received {} bytes", token.len()));
                    let random = &mut random();
                    let opened = self.channel.receive(&token, now, random, &mut self.out);
                    let over = self.note_events(now);
                    if over.is_some() || opened.is_err() {
                        return Some(over.unwrap_or(DisconnectReason::Cut));
                    }
                }
                Ok(None) => break,
                Err(_) => return Some(DisconnectReason::Cut),
            }
        }
        self.seal(now, MAX_UNWRITTEN);
        if self.is_due(now) {
            let ticked = self.channel.tick(now, &mut random(), &mut self.out);
            let over = self.note_events(now);
            if over.is_some() || ticked.is_err() {
                return Some(over.unwrap_or(DisconnectReason::Cut));
            }
        }
        None
    }

    /// Does what the service orders.
    pub(super) fn obey(&mut self, order: Order, now: u64) {
        match order {
            Order::Release => self.held = self.held.saturating_sub(1),
            Order::Verify(typed) => {
                let outcome = self.channel.verify(&typed, now, &mut self.out);
                self.untold.push(Told::Verify(outcome));
            }
            Order::Probe => self.channel.probe(now, &mut self.out),
            Order::Close(reason) => {
                self.seal(now, usize::MAX);
                self.channel.close(reason, now, &mut self.out);
                self.close();
            }
            // Of a handshake, which is over.
            Order::Answer(_) | Order::Refuse | Order::Admit(_) => {}
        }
    }

    /// Payloads to send.
    pub(super) fn take(&mut self, payloads: impl Iterator<Item = Payload>) {
        self.payloads.extend(payloads);
    }

    fn seal(&mut self, now: u64, most: usize) {
        while self.out.len() < most
            && self.channel.takes_payloads()
            && let Some(payload) = self.payloads.pop_front()
        {
            // The service let through what fits and may be sent. Where the session has just
            // ended, its last news answers for what was not.
            if self
                .channel
                .send(payload.0.get(), now, &mut self.out)
                .is_ok()
            {
                self.ends.push_back(self.written + self.out.len() as u64);
            }
        }
    }

    /// So many bytes were written; 0: the line takes no more.
    pub(super) fn written(&mut self, bytes: usize, now: u64) {
        // What the peer said before the line broke is still to be read.
        self.broken |= bytes == 0;
        self.written += bytes as u64;
        self.sent.wrote(bytes);
        while self.ends.front().is_some_and(|&end| end <= self.written) {
            self.ends.pop_front();
            self.sent.payload(now);
        }
    }

    /// The next news.
    pub(super) fn news(&mut self) -> News {
        let untold = self.take_untold();
        if untold.sent > 0 || !untold.told.is_empty() {
            return News::Progress(untold);
        }
        let reason = self.leaving.take().unwrap_or(DisconnectReason::Cut);
        self.close();
        News::Ended(reason)
    }

    /// The service listens no more, and is about to say how this ends.
    pub(super) fn is_not_heard(&mut self) {
        self.forget_untold();
        if self.leaving.is_some() {
            self.close();
        }
    }

    /// Why it ended: we may have had a reason before the line had one.
    pub(super) fn verdict(&mut self, reason: DisconnectReason) -> DisconnectReason {
        self.leaving.take().unwrap_or(reason)
    }

    /// All there is to tell.
    pub(super) fn take_untold(&mut self) -> Progress {
        let sent = self.sent.take();
        let untold = std::mem::take(&mut self.untold);
        self.held += usize::from(untold.has_tickets);
        Progress { sent, ..untold }
    }

    fn forget_untold(&mut self) {
        self.untold = Progress::default();
        self.sent = Sent::default();
    }

    /// Goodbye was said: the tickets are dead, so nothing waits for them.
    fn close(&mut self) {
        self.closing = true;
        self.held = 0;
        self.payloads.clear();
        self.ends.clear();
        self.forget_untold();
    }

    /// Takes the channel's events. Says when and why it is over.
    fn note_events(&mut self, now: u64) -> Option<DisconnectReason> {
        while let Some(event) = self.channel.poll() {
            let told = match event {
                Event::Received(text) => match payload(text) {
                    Some(payload) => Told::Received(payload),
                    None => {
                        let reason = CloseReason::ProtocolError;
                        self.channel.close(reason, now, &mut self.out);
                        self.leaving = Some(DisconnectReason::ProtocolError);
                        continue;
                    }
                },
                Event::Closed(reason) => {
                    self.held = 0;
                    return Some(reason.map_or(DisconnectReason::Cut, of));
                }
                Event::Closing(reason) => {
                    self.leaving = Some(of(reason));
                    continue;
                }
                event => Told::Event(event),
            };
            if !self.closing && self.leaving.is_none() {
                self.untold.push(told);
            }
        }
        None
    }

    pub(super) fn has_news(&self, now: u64) -> bool {
        let pressing = !self.untold.told.is_empty() || self.leaving.is_some();
        let late = self.sent.due().is_some_and(|due| due <= now);
        !self.closing && (pressing || late)
    }

    pub(super) fn reads(&self) -> bool {
        self.untold.told.is_empty() && self.out.len() < MAX_OWED
    }

    pub(super) fn writes(&self) -> bool {
        let waits = self.held > 0 || self.untold.has_tickets;
        !waits && !self.out.is_empty() && !self.broken
    }

    pub(super) fn takes(&self) -> bool {
        self.payloads.is_empty() && self.out.len() < MAX_UNWRITTEN && !self.closing
    }

    /// Payloads wait for room among the sealed bytes.
    pub(super) fn has_unsealed(&self) -> bool {
        !self.payloads.is_empty()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// When [`Session::go_on`] is to be called, though nothing happens. What is to be told by now
    /// waits for the service, not for a time.
    pub(super) fn deadline_ms(&self, now: u64) -> Option<u64> {
        let later = |due: &u64| *due > now;
        let deadlines = [self.channel.deadline_ms(), self.sent.due().filter(later)];
        deadlines.into_iter().flatten().min()
    }

    pub(super) fn is_due(&self, now: u64) -> bool {
        self.channel.deadline_ms().is_some_and(|due| due <= now)
    }
}

/// A peer's payload enters a line of the pipe: it must be JSON, and must not end the line.
fn payload(text: String) -> Option<Payload> {
    // Counted, and not sought: so the bytes are looked at many at a time.
    let breaks_lines = text.bytes().filter(|&byte| byte < 0x20).count() > 0;
    let value = serde_json::value::RawValue::from_string(text).ok()?;
    (!breaks_lines).then_some(Payload(value))
}

fn of(reason: CloseReason) -> DisconnectReason {
    match reason {
        CloseReason::WordsRejected => DisconnectReason::Rejected,
        CloseReason::ProtocolError => DisconnectReason::ProtocolError,
        CloseReason::Idle => DisconnectReason::Idle,
        CloseReason::Left | CloseReason::Unknown(_) => DisconnectReason::Left,
    }
}
