//! A person at a ui: what was typed and taken, what was shown, and how far it is said to have got.

use std::collections::{BTreeMap, BTreeSet};

use p2p_chat_protocol::ui::{Author, MessageAdded, Status, UiEvent};

/// What one person has seen, over all runs of the ui.
#[derive(Clone, Default)]
pub(in crate::core) struct Screen {
    texts: BTreeMap<u64, Shown>,
    /// The texts that were typed and taken, in their order.
    pub(in crate::core) accepted: Vec<String>,
    /// The peer's texts, in their order.
    pub(in crate::core) received: Vec<String>,
    pub(in crate::core) refused: usize,
    /// Somebody is there, or was.
    pub(in crate::core) connected: bool,
    /// The chat is over.
    pub(in crate::core) over: bool,
    pub(in crate::core) cuts: usize,
    pub(in crate::core) notices: Vec<String>,
    /// A new ui is told what happened so far.
    pub(in crate::core) replaying: bool,
    told_again: BTreeSet<u64>,
}

#[derive(Clone)]
struct Shown {
    from: Author,
    text: String,
    status: Option<Status>,
}

impl Screen {
    pub(in crate::core) fn event(&mut self, event: &UiEvent) {
        match event {
            UiEvent::MessageAdded(added) => self.added(added),
            UiEvent::MessageUpdated(update) => {
                let shown = self.texts.get_mut(&update.n).expect("it was shown");
                shown.got(update.status);
            }
            UiEvent::PeerDisconnected(gone) => {
                self.over = !gone.redialing;
                self.cuts += 1;
            }
            UiEvent::PeerConnected(connected) => {
                let first = self.texts.is_empty() || self.replaying;
                assert!(connected.resumed || first, "a second conversation");
                self.over = false;
                self.connected = true;
            }
            UiEvent::ReplayFinished => self.caught_up(),
            UiEvent::Notice(notice) => self.notices.push(notice.text.clone()),
            UiEvent::Error(refusal) => {
                self.refused += 1;
                let expected = ["wait to be sent", "The program ends", "Nobody is connected"];
                let known = expected.iter().any(|part| refusal.message.contains(part));
                assert!(known, "{}", refusal.message);
            }
            _ => {}
        }
    }

    /// What it shows, for tests that compare states.
    pub(in crate::core) fn shape(&self) -> String {
        let shown = self.texts.values().map(|shown| (&shown.text, shown.status));
        format!("{:?} {}", shown.collect::<Vec<_>>(), self.over)
    }

    fn added(&mut self, added: &MessageAdded) {
        let text = added.text.0.clone();
        if self.replaying {
            self.told_again.insert(added.n);
        }
        if let Some(known) = self.texts.get_mut(&added.n) {
            // A new ui is told it again.
            assert!(
                known.text == text && known.from == added.from,
                "{}",
                added.n
            );
            return added
                .status
                .into_iter()
                .for_each(|status| known.got(status));
        }
        let last = self.texts.keys().next_back();
        assert!(last.is_none_or(|last| *last < added.n), "out of order");
        match added.from {
            Author::Me => self.accepted.push(text.clone()),
            Author::Peer => self.received.push(text.clone()),
        }
        let shown = Shown {
            from: added.from,
            text,
            status: added.status,
        };
        self.texts.insert(added.n, shown);
    }

    /// What a new ui is not told of was cleared, and has arrived.
    fn caught_up(&mut self) {
        self.replaying = false;
        let told = std::mem::take(&mut self.told_again);
        for (n, shown) in &mut self.texts {
            if shown.from == Author::Me && !told.contains(n) {
                shown.got(Status::Delivered);
            }
        }
    }

    /// How many own texts have this status.
    pub(in crate::core) fn count(&self, status: Status) -> usize {
        let own = self.texts.values().filter(|shown| shown.from == Author::Me);
        own.filter(|shown| shown.status == Some(status)).count()
    }
}

impl Shown {
    fn got(&mut self, status: Status) {
        let before = self.status.replace(status).map_or(0, rank);
        assert!(before <= rank(status), "{status:?} after {before}");
        let ended = before == rank(Status::Delivered) && status == Status::Failed;
        assert!(!ended, "delivered, then failed");
    }
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Queued => 1,
        Status::Sent => 2,
        Status::Delivered => 3,
        Status::Failed => 4,
    }
}
