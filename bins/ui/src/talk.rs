//! The conversation as far as the screen needs it: who is there, and for how long. Pure.

use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::ui::{
    Author, Direction, KeysChanged, MessageAdded, PeerConnected, PeerDisconnected, Status,
    Verification,
};

use crate::action::Now;
use crate::delivery::{Delivery, Marks};
use crate::peer;
use crate::rows::Line;

/// After a cut, what arrives within this time is told with the news that the line is back.
const ARRIVAL_MS: u64 = 1_000;

/// One conversation.
#[derive(Default)]
pub(crate) struct Talk {
    peer: Option<Peer>,
    pub(crate) delivery: Delivery,
    /// When the keys were last renewed, Unix milliseconds.
    pub(crate) keys_ms: Option<u64>,
    /// The line is cut, and may be mended.
    pub(crate) cut: bool,
    /// Until when the news that it was mended waits for what arrives.
    mended: Option<u64>,
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

impl Talk {
    /// A peer is there. `repeats`: what the user typed is printed again.
    pub(crate) fn connected(
        &mut self,
        peer: &PeerConnected,
        now: Now,
        repeats: bool,
    ) -> Vec<String> {
        let goes_on = peer.resumed && self.peer.is_some();
        if !goes_on {
            *self = Self::default();
            self.delivery.marks = match (peer.verification, repeats) {
                (Verification::Insecure, repeats) => Marks::Unconfirmed { repeats },
                (_, true) => Marks::Shown,
                (_, false) => Marks::Silent,
            };
        }
        let since_ms = match &self.peer {
            Some(before) => before.since_ms,
            None => now.unix_ms,
        };
        self.peer = Some(Peer {
            connected: peer.clone(),
            since_ms,
            heard_ms: now.unix_ms,
            one_computer: peer::on_one_computer(peer),
        });
        self.cut = false;
        if goes_on {
            self.mended = Some(now.elapsed_ms + ARRIVAL_MS);
            return vec![];
        }
        peer::greeting(peer)
    }

    /// Who is there now.
    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    fn verification(&self) -> Option<Verification> {
        let peer = self.peer.as_ref();
        peer.map(|peer| peer.connected.verification)
    }

    /// Whether anyone on the way can read along.
    pub(crate) fn insecure(&self) -> bool {
        self.verification() == Some(Verification::Insecure)
    }

    /// Whether a cut line can be mended.
    pub(crate) fn lasts(&self) -> bool {
        let verification = self.verification();
        matches!(verification, Some(Verification::Code | Verification::Words))
    }

    /// A text, the user's own or the peer's; what to print. The text is taken out of the message.
    pub(crate) fn added(&mut self, message: &mut MessageAdded, now: Now) -> Option<Line> {
        let same = self.peer.as_ref().is_some_and(|peer| peer.one_computer);
        let mark = peer::mark(message.from, &message.ip, same);
        let text = std::mem::take(&mut message.text.0);
        match message.from {
            Author::Me => {
                let status = message.status.unwrap_or(Status::Sent);
                let delivery = &mut self.delivery;
                delivery.added(message.n, mark, text, status, now.elapsed_ms)
            }
            Author::Peer => {
                self.delivery.counts.received += 1;
                if let Some(peer) = &mut self.peer {
                    peer.heard_ms = message.at_ms;
                }
                Some(Line::text(mark, text))
            }
        }
    }

    /// The keys were renewed.
    pub(crate) fn keys_changed(&mut self, keys: KeysChanged) {
        self.keys_ms = Some(keys.at_ms);
    }

    /// What to print after a batch of events, or because of the time.
    pub(crate) fn settle(&mut self, now: Now) -> Vec<Line> {
        let mut lines = self.delivery.due(now.elapsed_ms);
        let all_arrived = self.delivery.waiting() == 0;
        match self.mended {
            Some(until) if !all_arrived && now.elapsed_ms < until => {}
            mended => {
                self.mended = None;
                let sentence = match (mended, self.delivery.take_arrived()) {
                    (Some(_), 0) => "[+] Connected again.".to_owned(),
                    (Some(_), n) => format!("[+] Connected again. {n} delivered."),
                    (None, 0) => return lines,
                    (None, n) => format!("[*] {n} delivered"),
                };
                lines.push(Line::Note(sentence));
            }
        }
        lines
    }

    /// When [`Talk::settle`] has something to say by itself.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.mended
            .into_iter()
            .chain(self.delivery.deadline())
            .min()
    }

    /// The peer is gone, or the line to it is cut; `told`: the cut was.
    pub(crate) fn disconnected(&mut self, gone: &PeerDisconnected, told: bool) -> Vec<String> {
        let peer = self.peer.as_ref();
        let direction = peer.map(|peer| peer.connected.direction);
        let was_cut = std::mem::replace(&mut self.cut, gone.redialing);
        self.mended = None;
        if gone.redialing {
            let hope = match direction {
                Some(Direction::Incoming) => "Waiting for your friend to come back, 10 minutes.",
                _ => "Trying again for 10 minutes. Keep typing: messages wait here.",
            };
            let news = format!("[!] Connection cut. {hope}");
            return (!told).then_some(news).into_iter().collect();
        }
        self.peer = None;
        let failed = self.delivery.take_failed();
        let wrote = self.delivery.counts.delivered > 0;
        let mut lines = vec![ended(gone, was_cut, wrote && failed.is_none(), &failed)];
        if let Some(failed) = failed.filter(|_| !(was_cut && gone.slept_s.is_none())) {
            lines.push(format!("[!] {failed}"));
        }
        lines
    }
}

/// How a chat ended, in a sentence.
fn ended(
    gone: &PeerDisconnected,
    was_cut: bool,
    all_delivered: bool,
    failed: &Option<String>,
) -> String {
    let who = &gone.address;
    match (gone.reason, gone.slept_s) {
        (DisconnectReason::Left | DisconnectReason::Ended, _) if all_delivered => {
            format!("[*] Peer {who} disconnected. Everything you wrote was delivered.")
        }
        (DisconnectReason::Left | DisconnectReason::Ended, _) => {
            format!("[*] Peer {who} disconnected")
        }
        (DisconnectReason::Cut, Some(slept_s)) => format!(
            "[!] This computer slept for {} minutes. The chat could not be continued (limit: 10). \
             A new chat needs a new code.",
            slept_s / 60
        ),
        (DisconnectReason::Cut, None) if was_cut => {
            let failed = failed.as_ref().map(|failed| format!(" {failed}."));
            let failed = failed.unwrap_or_default();
            format!(
                "[!] The chat ended: the line was cut for 10 minutes.{failed} \
                 A new chat needs a new code."
            )
        }
        (DisconnectReason::Cut, None) => format!("[!] The line to {who} was cut."),
        (DisconnectReason::ProtocolError, _) => {
            format!("[!] Peer {who} broke the protocol and was dropped.")
        }
        (DisconnectReason::Rejected, _) => {
            format!("[!] The words did not match: {who} was dropped.")
        }
        (DisconnectReason::Idle, _) => {
            format!("[!] Nobody compared the words in time: {who} was dropped.")
        }
        (DisconnectReason::Replaced, _) => {
            format!("[*] Peer {who} never said a word and gave way to another caller")
        }
    }
}

#[cfg(test)]
mod tests;
