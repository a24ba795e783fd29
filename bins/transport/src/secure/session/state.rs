//! What a session knows between two reads or writes. No IO in here; time is an argument.

use std::collections::VecDeque;

use bytes::BytesMut;
use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::{Payload, Private};
use p2p_chat_secure_channel::{Channel, CloseReason, Event, WordsError, take_record};

use super::sent::Sent;
use crate::log::debug;
use crate::random::random;

/// One read takes at most this much; it holds a hundred short texts.
pub(super) const READ_SIZE: usize = 65_536;

/// Sealed bytes that wait for the socket; with more, no further payload is sealed.
const MAX_UNWRITTEN: usize = 65_536;

/// With so much unwritten, the peer asks for answers it does not read: it is read no more
/// either. Far above [`MAX_UNWRITTEN`] and the longest record, so that two honest peers who are
/// both slow never wait for each other.
const MAX_OWED: usize = 524_288;

/// What happened in a session since the last time.
#[derive(Default)]
pub(in crate::secure) struct Progress {
    /// So many of the oldest payloads are in the socket's buffer.
    pub(in crate::secure) sent: usize,
    pub(in crate::secure) told: Vec<Told>,
    /// The supervisor is to get tickets before the session writes again.
    has_tickets: bool,
}

/// One thing that happened in a session.
pub(in crate::secure) enum Told {
    /// From the peer.
    Received(Payload),
    /// Anything else.
    Event(Event),
}

impl Progress {
    fn push(&mut self, told: Told) {
        self.has_tickets |= matches!(
            told,
            Told::Event(Event::Verified(_) | Event::NextTicket(_) | Event::KeysChanged { .. })
        );
        self.told.push(told);
    }
}

/// A session's channel, and what waits on its way in and out.
pub(super) struct State {
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
    /// The peer waits for the listener's last message, and says nothing until it has that.
    opening: bool,
    /// The supervisor does not have all tickets yet: until it has, nothing is written.
    held: bool,
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

impl State {
    /// The listener's: its last message is still to go out.
    pub(super) fn admitted(channel: Channel, auth_l: &[u8]) -> Self {
        Self {
            out: BytesMut::from(auth_l),
            opening: true,
            ..Self::joined(channel, BytesMut::new())
        }
    }

    /// The connector's. `rest` came behind the last message of the handshake.
    pub(super) fn joined(channel: Channel, rest: BytesMut) -> Self {
        Self {
            channel,
            input: rest,
            out: BytesMut::new(),
            payloads: VecDeque::new(),
            ends: VecDeque::new(),
            written: 0,
            opening: false,
            held: true,
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
        // It has nothing to say yet, so what it says is wrong.
        if self.opening && !self.input.is_empty() {
            return Some(DisconnectReason::Cut);
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

    /// What the user is to say, where nobody is verified yet.
    pub(super) fn words_to_say(&self) -> Option<Private> {
        let words = self.channel.words();
        words.map(|words| Private::from(&*words.show()))
    }

    /// The supervisor has all it was told. Says whether something waited for that.
    pub(super) fn release(&mut self) -> bool {
        std::mem::take(&mut self.held)
    }

    /// Compares the words the user heard.
    pub(super) fn verify(&mut self, typed: &str, now: u64) -> Result<(), WordsError> {
        self.channel
            .verify(typed, now, &mut random(), &mut self.out)
    }

    /// Finds out whether the line still works.
    pub(super) fn probe(&mut self, now: u64) {
        self.channel.probe(now, &mut random(), &mut self.out);
    }

    /// Says goodbye, after all that was to be sent.
    pub(super) fn close(&mut self, reason: CloseReason, now: u64) {
        self.seal(now, usize::MAX);
        self.channel
            .close(reason, now, &mut random(), &mut self.out);
        self.forget();
    }

    /// A payload to send.
    pub(super) fn take(&mut self, payload: Payload) {
        self.payloads.push_back(payload);
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
                .send(payload.0.get(), now, &mut random(), &mut self.out)
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
        self.opening &= bytes == 0;
        self.written += bytes as u64;
        self.sent.wrote(bytes);
        while self.ends.front().is_some_and(|&end| end <= self.written) {
            self.ends.pop_front();
            self.sent.payload(now);
        }
    }

    /// All there is to tell.
    pub(super) fn news(&mut self) -> Progress {
        let sent = self.sent.take();
        let untold = std::mem::take(&mut self.untold);
        self.held |= untold.has_tickets;
        Progress { sent, ..untold }
    }

    /// We have said goodbye of ourselves, for this reason; it is told once, and nothing after it.
    pub(super) fn leaves(&mut self) -> Option<DisconnectReason> {
        let reason = self.leaving.take()?;
        self.forget();
        Some(reason)
    }

    /// Goodbye was said: the tickets are dead, so nothing waits for them; nobody waits for news.
    fn forget(&mut self) {
        self.closing = true;
        self.held = false;
        self.payloads.clear();
        self.ends.clear();
        self.untold = Progress::default();
        self.sent = Sent::default();
    }

    /// Takes the channel's events. Says when and why it is over.
    fn note_events(&mut self, now: u64) -> Option<DisconnectReason> {
        while let Some(event) = self.channel.poll() {
            let told = match event {
                Event::Received(text) => match payload(text) {
                    Some(payload) => Told::Received(payload),
                    None => {
                        let reason = CloseReason::ProtocolError;
                        self.channel
                            .close(reason, now, &mut random(), &mut self.out);
                        self.leaving = Some(DisconnectReason::ProtocolError);
                        continue;
                    }
                },
                Event::Closed(reason) => {
                    self.held = false;
                    return Some(reason.map_or(DisconnectReason::Cut, of));
                }
                Event::Closing(reason) => {
                    // The tickets are dead: the goodbye does not wait for them.
                    self.held = false;
                    self.untold.has_tickets = false;
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
        let waits = self.held || self.untold.has_tickets;
        !waits && !self.out.is_empty() && !self.broken
    }

    /// Payloads wait for room among the sealed bytes.
    pub(super) fn has_unsealed(&self) -> bool {
        !self.payloads.is_empty()
    }

    /// When [`State::go_on`] is to be called, though nothing happens. What is to be told by now
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
