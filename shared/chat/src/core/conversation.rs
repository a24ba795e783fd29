//! What a peer says in a secure session: hello, texts, confirmations, addresses.
//!
//! A conversation is one session by code or words and all that resume it. Hello comes first on each,
//! from both sides, and tells which texts arrived before; only then are the others sent. What comes
//! before it was meant for the session before: it was on its way to transport when the line was cut
//! and came back, and is sent again.

use std::time::Duration;

use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::ui::{Author, Level, MessageAdded, UiEvent};
use p2p_chat_protocol::{MAX_TEXT, Payload, Private};

use super::Core;
use super::activity::Activity;
use super::peer::Line;
use crate::address::{Address, host_of, is_loopback};
use crate::arrivals::Arrival;
use crate::invite::MAX_ADDRESSES;
use crate::payload::{self, Hello, Said};
use crate::safe_text::safe_text;

impl Core {
    /// A secure line is there: what we have, and where we are reached.
    pub(super) fn greet(&mut self) {
        self.send_payload(payload::hello(self.arrivals.last()));
        self.tell_addresses();
    }

    pub(super) fn payload_received(&mut self, payload: &Payload) {
        let Some(peer) = &self.peer else { return };
        match peer.line {
            Line::Insecure => self.insecure_text(payload),
            Line::Open { greeted, .. } => {
                if let Err(why) = self.said(payload, greeted) {
                    self.rules_broken(&why);
                }
            }
            // Of a line that is gone, or nothing that transport would have passed on.
            Line::Cut(_) | Line::Unverified => {}
        }
    }

    fn said(&mut self, payload: &Payload, greeted: bool) -> Result<(), String> {
        match (payload::read(payload)?, greeted) {
            // The hello of the session before may come first, and says less.
            (Said::Hello(hello), _) => self.greeted(&hello),
            (Said::Unknown, _) | (_, false) => Ok(()),
            (Said::Text(n, text), true) => self.text_came(n, &text),
            (Said::Texts(first, texts), true) => {
                let mut texts = texts.iter().enumerate();
                texts.try_for_each(|(i, text)| self.text_came(first.saturating_add(i as u64), text))
            }
            (Said::Ack(n), true) => self.texts_confirmed(n),
            (Said::Addresses(addresses), true) => {
                self.addresses_told(&addresses);
                Ok(())
            }
        }
    }

    fn greeted(&mut self, hello: &Hello) -> Result<(), String> {
        if let Some(peer) = &mut self.peer
            && let Line::Open { greeted, .. } = &mut peer.line
        {
            *greeted = true;
        }
        self.outbox.open(hello.texts);
        self.texts_confirmed(hello.last)
    }

    fn text_came(&mut self, n: u64, text: &Private) -> Result<(), String> {
        match self.arrivals.take(n, self.now.elapsed) {
            Arrival::New => self.show_text(text),
            Arrival::Again => {}
            Arrival::Gap => return Err(format!("text {n} came without the one before it")),
        }
        Ok(())
    }

    fn insecure_text(&mut self, payload: &Payload) {
        let Some(text) = payload.to_text().map(Private) else {
            return;
        };
        let bytes = text.0.len();
        if bytes > MAX_TEXT {
            let sentence = format!(
                "A text of {bytes} bytes came; a message holds {MAX_TEXT}. It was dropped."
            );
            return self.notice(Level::Warn, sentence);
        }
        self.show_text(&text);
    }

    fn show_text(&mut self, text: &Private) {
        let Some(peer) = &mut self.peer else { return };
        peer.spoke = true;
        let ip = peer.ip.clone();
        self.last_n += 1;
        self.tell(UiEvent::MessageAdded(MessageAdded {
            n: self.last_n,
            from: Author::Peer,
            ip,
            text: safe_text(&text.0).into(),
            at_ms: self.now.unix_ms,
            status: None,
        }));
    }

    /// When to tell the peer what came.
    pub(super) fn confirming_deadline(&self) -> Option<Duration> {
        self.arrivals.due().filter(|_| self.may_confirm())
    }

    pub(super) fn check_confirming(&mut self) {
        let due = self.confirming_deadline();
        if due.is_some_and(|at| at <= self.now.elapsed) {
            let number = self.arrivals.confirm(self.next_id);
            self.send_payload(payload::ack(number));
        }
    }

    /// Before we leave: what came is told, whatever else is on its way.
    pub(super) fn confirm_last(&mut self) {
        if self.may_confirm()
            && let Some(number) = self.arrivals.confirm_last()
        {
            self.send_payload(payload::ack(number));
        }
    }

    fn may_confirm(&self) -> bool {
        self.transport_ready && self.peer.as_ref().is_some_and(|peer| peer.is_open())
    }

    /// A listener tells its caller where it is reached, so that a cut line can come back although
    /// its address has changed since the invite.
    pub(super) fn tell_addresses(&mut self) {
        let (Activity::Listening(listener), Some(peer)) = (&self.activity, &mut self.peer) else {
            return;
        };
        let addresses = listener.reachable_at();
        if !peer.is_open() || !self.transport_ready || addresses == peer.told_reached_at {
            return;
        }
        let payload = payload::addresses(&addresses);
        peer.told_reached_at = addresses;
        self.send_payload(payload);
    }

    fn addresses_told(&mut self, addresses: &[String]) {
        let Some(peer) = self.peer.as_mut().filter(|peer| !peer.is_caller()) else {
            return;
        };
        let addresses = addresses.iter().take(MAX_ADDRESSES);
        let read = addresses.filter_map(|address| Address::parse(address).ok());
        let read = read.map(|address| address.with_port());
        // Loopback leads to this computer, and whoever called it has that address already.
        peer.says_reached_at = read.filter(|a| !is_loopback(host_of(a))).collect();
    }

    /// The peer's program cannot be talked to.
    fn rules_broken(&mut self, why: &str) {
        let text = format!("Your friend's program broke the rules of the chat ({why}).");
        self.notice(Level::Warn, text);
        self.end_session();
        self.peer_gone(DisconnectReason::ProtocolError, None);
    }
}
