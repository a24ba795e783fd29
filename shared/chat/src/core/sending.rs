//! The user's own texts on their way out.

use p2p_chat_protocol::transport::{self, TransportRequest};
use p2p_chat_protocol::ui::{Author, MessageAdded, MessageUpdated, Status, UiEvent};
use p2p_chat_protocol::{ErrorCode, MAX_TEXT, Payload, Private, Refusal};

use super::Core;
use crate::outbox::Handed;
use crate::payload::{self, MAX_PAYLOAD};
use crate::safe_text::safe_text;

impl Core {
    pub(super) fn send_message(&mut self, id: Option<u64>, text: Private) -> Result<(), Refusal> {
        let refuse = |code, message: String| Err(Refusal::new(code, message));
        if self.ending.is_some() {
            return Err(self.text_too_late());
        }
        let Some(peer) = &mut self.peer else {
            let message = "Nobody is connected yet.";
            return refuse(ErrorCode::NotConnected, message.to_owned());
        };
        if peer.is_unverified() {
            let message = "Your friend is not verified yet. Type the three words you hear first.";
            return refuse(ErrorCode::NotVerified, message.to_owned());
        }
        let bytes = text.0.len();
        if bytes > MAX_TEXT {
            let message = format!("This text has {bytes} bytes; a message holds {MAX_TEXT} bytes.");
            return refuse(ErrorCode::TooLarge, message);
        }
        if text.0.trim().is_empty() {
            let message = "An empty text is not sent.";
            return refuse(ErrorCode::InvalidMessage, message.to_owned());
        }
        let payload_bytes = if peer.is_insecure() {
            Payload::from_text(&text.0).0.get().len()
        } else {
            payload::text_bytes(&text.0)
        };
        if !peer.is_insecure() && payload_bytes > MAX_PAYLOAD {
            let message = format!(
                "This text takes {payload_bytes} bytes, because every control character in it takes six; a message holds {MAX_PAYLOAD} bytes."
            );
            return refuse(ErrorCode::TooLarge, message);
        }
        if !self.outbox.has_room(bytes) {
            let message = format!("{} texts wait to be sent already.", self.outbox.len());
            return refuse(ErrorCode::QueueFull, message);
        }
        peer.spoke = true;
        let ip = peer.local_ip.clone();
        self.last_n += 1;
        let added = MessageAdded {
            n: self.last_n,
            from: Author::Me,
            ip,
            text: safe_text(&text.0).into(),
            at_ms: self.now.unix_ms,
            status: Some(Status::Queued),
        };
        self.outbox.push(self.last_n, text, payload_bytes);
        self.reply(id, UiEvent::MessageAdded(added));
        Ok(())
    }

    /// Hands transport as many texts as it may hold.
    pub(super) fn send_waiting(&mut self) {
        while self.transport_ready
            && let Some(payload) = self.next_payload()
        {
            self.send_payload(payload);
        }
    }

    fn next_payload(&mut self) -> Option<Payload> {
        let insecure = self.is_insecure();
        let (first, mut texts) = self.outbox.take_next(self.next_id)?;
        let text = texts.next()?;
        Some(match texts.len() {
            0 if insecure => Payload::from_text(text),
            0 => payload::text(first, text),
            _ => payload::texts(first, [text].into_iter().chain(texts).collect()),
        })
    }

    pub(super) fn send_payload(&mut self, payload: Payload) -> u64 {
        self.ask_transport(TransportRequest::Send(transport::Send { payload }))
    }

    pub(super) fn is_insecure(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.is_insecure())
    }

    /// Transport has answered a request; whether it was to send a text.
    pub(super) fn text_answered(&mut self, request: u64, refused: bool) -> bool {
        let numbers = match self.outbox.answered(request) {
            Some(Handed::Texts(numbers)) => numbers,
            Some(Handed::Stale) => return true,
            None => return false,
        };
        for number in numbers.clone().filter(|_| !refused) {
            if let Some(n) = self.outbox.sent(number) {
                self.tell_status(n, Status::Sent);
            }
        }
        // Nothing confirms an insecure text: this is all there will ever be. A secure one that was
        // refused is sent again over the next line.
        if self.is_insecure() {
            for n in self.outbox.confirm(*numbers.end()).unwrap_or_default() {
                if refused {
                    self.texts_lost = true;
                    self.tell_status(n, Status::Failed);
                }
            }
        }
        true
    }

    fn tell_status(&mut self, n: u64, status: Status) {
        self.tell(UiEvent::MessageUpdated(MessageUpdated { n, status }));
    }

    /// The peer has everything up to `number`.
    pub(super) fn texts_confirmed(&mut self, number: u64) -> Result<(), String> {
        let delivered = self.outbox.confirm(number);
        let delivered =
            delivered.map_err(|_| format!("it has text {number}, which nobody sent"))?;
        for n in delivered {
            self.tell_status(n, Status::Delivered);
        }
        Ok(())
    }

    /// What was not delivered will not be.
    pub(super) fn give_up_texts(&mut self) {
        for n in self.outbox.give_up() {
            self.texts_lost = true;
            self.tell_status(n, Status::Failed);
        }
    }
}
