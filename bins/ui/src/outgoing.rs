//! Requests on their way: what each was, and how many may be. Pure.

use std::collections::VecDeque;

use p2p_chat_protocol::ui::Connect;

/// Requests without a reply, in bytes, before one more goes: of a ui whose lines it does not want now
/// the supervisor hears 512 KiB, though JSON may write one byte as six. So it hears its signs of life.
const UNANSWERED: usize = 32 * 1024;
/// What a request takes beside its text.
const REQUEST: usize = 64;

/// Texts the other side has not confirmed: fewer than the 1000 the supervisor lets wait.
const UNCONFIRMED: usize = 800;

/// The same in bytes: half of the 1 MiB that the supervisor lets wait.
const BYTES: usize = 512 * 1024;

/// What was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To send this text.
    Text(String),
    /// To listen on this port.
    Listen(u16),
    /// To connect.
    Connect(Connect),
    /// To make a new code.
    NewCode,
    /// To put an address into the invite.
    Public,
    /// To compare the words that the user heard.
    Verify,
    /// Something whose reply needs nothing done.
    Other,
}

/// Requests without a reply so far.
#[derive(Default)]
pub(crate) struct Outgoing {
    last_id: u64,
    /// With their ids, in order.
    asked: VecDeque<(u64, Asked)>,
    texts: usize,
    bytes: usize,
    /// Texts that found the queue full, in order.
    refused: VecDeque<String>,
    /// The first of them is on its way again, alone.
    retrying: bool,
    /// No room was seen since the last refusal.
    blocked: bool,
}

impl Outgoing {
    /// Notes a request; its id.
    pub(crate) fn ask(&mut self, asked: Asked) -> u64 {
        if let Asked::Text(text) = &asked {
            self.texts += 1;
            self.bytes += text.len();
        }
        self.last_id += 1;
        self.asked.push_back((self.last_id, asked));
        self.last_id
    }

    /// The request that this reply answers.
    pub(crate) fn answered(&mut self, id: u64) -> Option<Asked> {
        let at = self.asked.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, asked) = self.asked.remove(at)?;
        if let Asked::Text(text) = &asked {
            self.texts -= 1;
            self.bytes -= text.len();
        }
        Some(asked)
    }

    /// A text found the queue full: it is sent again when there is room.
    pub(crate) fn refused(&mut self, text: String) {
        match std::mem::take(&mut self.retrying) {
            true => self.refused.push_front(text),
            false => self.refused.push_back(text),
        }
        self.blocked = true;
    }

    /// A text left the queue.
    pub(crate) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// The next text to send again. All that was asked before is answered by then, so that texts
    /// stay in order.
    pub(crate) fn again(&mut self) -> Option<String> {
        if self.blocked || self.texts > 0 {
            return None;
        }
        let text = self.refused.pop_front();
        self.retrying = text.is_some();
        text
    }

    /// Nothing to send is left here.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts == 0 && self.refused.is_empty()
    }

    /// Whether one more text may go, where so many wait with the supervisor and have so many bytes.
    pub(crate) fn has_room(&self, waiting: usize, bytes: usize) -> bool {
        self.refused.is_empty()
            && self.bytes + self.asked.len() * REQUEST < UNANSWERED
            && self.texts + waiting < UNCONFIRMED
            && self.bytes + bytes < BYTES
    }

    /// Nothing will be answered any more: all texts that were not, in order.
    pub(crate) fn unanswered(&mut self) -> Vec<String> {
        let asked = std::mem::take(&mut self.asked).into_iter();
        let texts = asked.filter_map(|(_, asked)| match asked {
            Asked::Text(text) => Some(text),
            _ => None,
        });
        // One that is sent again is older than those behind it.
        let texts: Vec<_> = texts.collect();
        let refused = self.give_up();
        (self.texts, self.bytes) = (0, 0);
        [texts, refused].concat()
    }

    /// The chat is over: what was refused will not be sent.
    pub(crate) fn give_up(&mut self) -> Vec<String> {
        std::mem::take(&mut self.refused).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Asked {
        Asked::Text(text.to_owned())
    }

    #[test]
    fn each_reply_finds_its_request_once() {
        let mut outgoing = Outgoing::default();
        let (a, b) = (outgoing.ask(text("a")), outgoing.ask(Asked::Listen(80)));
        assert_eq!(outgoing.answered(b), Some(Asked::Listen(80)));
        assert_eq!(outgoing.answered(b), None);
        assert_eq!(outgoing.answered(a), Some(text("a")));
        assert!(outgoing.is_empty());
    }

    #[test]
    fn room_is_bounded_in_texts_and_in_bytes() {
        let mut outgoing = Outgoing::default();
        for _ in 0..100 {
            outgoing.ask(text("x"));
        }
        assert!(outgoing.has_room(699, 0));
        assert!(!outgoing.has_room(700, 0));
        assert!(!outgoing.has_room(0, BYTES));
        outgoing.ask(text(&"x".repeat(32_000)));
        assert!(!outgoing.has_room(0, 0));
    }

    #[test]
    fn a_refused_text_goes_again_in_order_when_there_is_room() {
        let mut outgoing = Outgoing::default();
        let ids = ["a", "b"].map(|name| outgoing.ask(text(name)));
        for id in ids {
            let Some(Asked::Text(text)) = outgoing.answered(id) else {
                panic!("a text was asked");
            };
            outgoing.refused(text);
            assert_eq!(outgoing.again(), None, "the queue is full");
        }
        assert!(!outgoing.has_room(0, 0) && !outgoing.is_empty());
        outgoing.unblock();
        assert_eq!(outgoing.again().as_deref(), Some("a"));
        let id = outgoing.ask(text("a"));
        assert_eq!(outgoing.again(), None, "a is not answered yet");
        outgoing.answered(id);
        outgoing.refused("a".to_owned());
        outgoing.unblock();
        assert_eq!(outgoing.again().as_deref(), Some("a"), "not behind b");
        let id = outgoing.ask(text("a"));
        outgoing.answered(id);
        assert_eq!(outgoing.again().as_deref(), Some("b"));
        assert!(outgoing.has_room(0, 0));
    }
}
