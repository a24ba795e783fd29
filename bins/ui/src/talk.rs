//! The conversation as far as the screen needs it: who is there, how far the texts got. Pure.

use std::collections::BTreeMap;

use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::ui::{
    Author, MessageAdded, MessageUpdated, PeerConnected, PeerDisconnected, Status, Verification,
};

use crate::peer;
use crate::quoted::{beginning, quoted};
use crate::rows::Line;

/// Undelivered texts named at the end; the rest is counted.
const NAMED: usize = 5;

/// Own texts remembered until they are delivered. The supervisor keeps no more waiting either.
const REMEMBERED: usize = 1000;

/// One conversation.
#[derive(Default)]
pub(crate) struct Talk {
    peer: Option<Peer>,
    own: BTreeMap<u64, Own>,
    pub(crate) counts: Counts,
    /// Quotes of own texts that will not arrive, until the screen has named them.
    failed: Vec<String>,
}

/// Who is there.
pub(crate) struct Peer {
    pub(crate) connected: PeerConnected,
    /// Unix milliseconds.
    pub(crate) since_ms: u64,
    pub(crate) heard_ms: u64,
    /// Whether its address is our own: then the address alone would not tell who speaks.
    one_computer: bool,
}

/// An own text on its way.
struct Own {
    status: Status,
    beginning: String,
    bytes: usize,
}

/// The numbers of `/status`.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) received: u64,
    /// Own texts the supervisor has and the network has not yet.
    pub(crate) waiting: usize,
    pub(crate) waiting_bytes: usize,
}

impl Talk {
    /// A peer is there. Unless it came back, a new conversation begins.
    pub(crate) fn connected(&mut self, peer: &PeerConnected, now_ms: u64) -> Vec<String> {
        if self.peer.is_none() {
            self.own.clear();
            self.counts = Counts::default();
        }
        self.peer = Some(Peer {
            connected: peer.clone(),
            since_ms: now_ms,
            heard_ms: now_ms,
            one_computer: peer::on_one_computer(peer),
        });
        peer::greeting(peer)
    }

    /// Who is there now.
    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// Whether anyone on the way can read along.
    pub(crate) fn insecure(&self) -> bool {
        let verification = |peer: &Peer| peer.connected.verification;
        self.peer.as_ref().map(verification) == Some(Verification::Insecure)
    }

    /// A text, the user's own or the peer's.
    pub(crate) fn added(&mut self, message: &MessageAdded) -> Line {
        match message.from {
            Author::Me => {
                self.counts.waiting += 1;
                self.counts.waiting_bytes += message.text.0.len();
                let own = Own {
                    status: Status::Queued,
                    beginning: beginning(&message.text.0).to_owned(),
                    bytes: message.text.0.len(),
                };
                self.own.insert(message.n, own);
                if self.own.len() > REMEMBERED {
                    self.forget_oldest();
                }
                self.got(message.n, message.status.unwrap_or(Status::Sent));
            }
            Author::Peer => {
                self.counts.received += 1;
                if let Some(peer) = &mut self.peer {
                    peer.heard_ms = message.at_ms;
                }
            }
        }
        let same = self.peer.as_ref().is_some_and(|peer| peer.one_computer);
        Line::Text {
            mark: peer::mark(message.from, &message.ip, same),
            text: message.text.0.clone(),
        }
    }

    /// An own text got further, or failed.
    pub(crate) fn updated(&mut self, update: MessageUpdated) {
        self.got(update.n, update.status);
    }

    fn got(&mut self, n: u64, status: Status) {
        let Some(own) = self.own.get_mut(&n) else {
            return;
        };
        let before = std::mem::replace(&mut own.status, status);
        let bytes = own.bytes;
        if before == Status::Queued && status != Status::Queued {
            self.counts.waiting -= 1;
            self.counts.waiting_bytes -= bytes;
            if status != Status::Failed {
                self.counts.sent += 1;
            }
        }
        match status {
            Status::Failed => self.failed.extend(self.own.remove(&n).map(|own| quoted(&own.beginning))),
            Status::Delivered => {
                self.counts.delivered += 1;
                self.own.remove(&n);
            }
            // Nothing confirms a text of the old program: it will not get further.
            Status::Sent if self.insecure() => {
                self.own.remove(&n);
            }
            Status::Queued | Status::Sent => {}
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, own)) = self.own.pop_first()
            && own.status == Status::Queued
        {
            self.counts.waiting -= 1;
            self.counts.waiting_bytes -= own.bytes;
        }
    }

    /// The peer is gone.
    pub(crate) fn disconnected(&mut self, gone: &PeerDisconnected) -> String {
        if !gone.redialing {
            self.peer = None;
        }
        let who = &gone.address;
        match gone.reason {
            DisconnectReason::Left | DisconnectReason::Ended => {
                format!("[*] Peer {who} disconnected")
            }
            DisconnectReason::Cut => format!("[!] The line to {who} was cut."),
            DisconnectReason::ProtocolError => {
                format!("[!] Peer {who} broke the protocol and was dropped.")
            }
            DisconnectReason::Rejected => {
                format!("[!] The words did not match: {who} was dropped.")
            }
            DisconnectReason::Idle => {
                format!("[!] Nobody compared the words in time: {who} was dropped.")
            }
            DisconnectReason::Replaced => {
                format!("[*] Peer {who} never said a word and gave way to another caller")
            }
        }
    }

    /// Names the texts that will not arrive, once.
    pub(crate) fn name_failed(&mut self) -> Option<String> {
        let failed = std::mem::take(&mut self.failed);
        if failed.is_empty() {
            return None;
        }
        let quotes = failed
            .iter()
            .take(NAMED)
            .map(|quote| format!("\"{quote}\""));
        let mut names: Vec<_> = quotes.collect();
        if failed.len() > NAMED {
            names.push("…".to_owned());
        }
        let names = names.join(" | ");
        Some(format!("[!] Not delivered: {}. {names}", failed.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u64, from: Author, text: &str) -> MessageAdded {
        MessageAdded {
            n,
            from,
            ip: "192.168.1.100".to_owned(),
            text: text.into(),
            at_ms: 1_000,
            status: (from == Author::Me).then_some(Status::Queued),
        }
    }

    fn update(n: u64, status: Status) -> MessageUpdated {
        MessageUpdated { n, status }
    }

    #[test]
    fn texts_that_failed_are_named_once_with_their_number() {
        let mut talk = Talk::default();
        for (n, text) in [
            (1, "are you still there"),
            (2, "call me\ntomorrow"),
            (3, "ok"),
        ] {
            talk.added(&message(n, Author::Me, text));
        }
        talk.updated(update(3, Status::Delivered));
        talk.updated(update(1, Status::Failed));
        talk.updated(update(2, Status::Failed));
        let named = "[!] Not delivered: 2. \"are you still there\" | \"call me tomorrow\"";
        assert_eq!(talk.name_failed().as_deref(), Some(named));
        assert_eq!(talk.name_failed(), None);
    }

    #[test]
    fn many_failed_texts_are_counted_and_five_named() {
        let mut talk = Talk::default();
        for n in 1..=7 {
            talk.added(&message(n, Author::Me, "x"));
            talk.updated(update(n, Status::Failed));
        }
        let named = talk.name_failed().expect("seven");
        assert_eq!(
            named,
            "[!] Not delivered: 7. \"x\" | \"x\" | \"x\" | \"x\" | \"x\" | …"
        );
    }

    #[test]
    fn counts_follow_each_text_through_its_stages() {
        let mut talk = Talk::default();
        talk.added(&message(1, Author::Me, "four"));
        talk.added(&message(2, Author::Peer, "hi"));
        assert_eq!((talk.counts.waiting, talk.counts.waiting_bytes), (1, 4));
        talk.updated(update(1, Status::Sent));
        assert_eq!((talk.counts.waiting, talk.counts.waiting_bytes), (0, 0));
        talk.updated(update(1, Status::Delivered));
        talk.updated(update(1, Status::Delivered));
        talk.updated(update(99, Status::Failed));
        let Counts {
            sent,
            delivered,
            received,
            ..
        } = talk.counts;
        assert_eq!((sent, delivered, received), (1, 1, 1));
        assert_eq!(talk.name_failed(), None);
    }

    #[test]
    fn memory_stays_bounded_however_many_texts_wait() {
        let mut talk = Talk::default();
        for n in 0..3_000 {
            talk.added(&message(n, Author::Me, "x"));
        }
        assert_eq!(
            (talk.own.len(), talk.counts.waiting),
            (REMEMBERED, REMEMBERED)
        );
    }
}
