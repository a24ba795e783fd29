//! What happened so far, kept for a ui that starts in the middle of it. In memory only.

use std::collections::VecDeque;

use p2p_chat_protocol::ui::{
    MessageAdded, MessageUpdated, PeerConnected, Status, UiEvent, Verification,
};

/// More than a screen's scrollback shows, and than what is on its way to a ui that dies: in its pipe
/// and in two chunks (64 KiB each) at 88 bytes a line, and what one read brings, no more than the 1000
/// that the peer lets wait. What the ui has read and not shown, as its screen stood still, may be more:
/// then the oldest of it are not told again.
const MAX_MESSAGES: usize = 12_000;
/// A hundred texts of full size. With what it takes to tell them again to a ui, a process stays
/// well within 32 MiB.
const MAX_BYTES: usize = 4 << 20;

/// The state of things and the conversation, as the events that told them.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Story {
    listening: Option<UiEvent>,
    reachability: Option<UiEvent>,
    connected: Option<PeerConnected>,
    verification: Option<UiEvent>,
    keys: Option<UiEvent>,
    /// In the order of their numbers.
    messages: VecDeque<MessageAdded>,
    bytes: usize,
    /// Texts up to this number were cleared; what is left of them is not delivered yet.
    cleared: u64,
    disconnected: Option<UiEvent>,
}

impl Story {
    /// Takes an event in, where it is one that lasts.
    pub(crate) fn record(&mut self, event: &UiEvent) {
        match event {
            UiEvent::Listening(_) => self.listening = Some(event.clone()),
            UiEvent::ReachabilityChanged(_) => self.reachability = Some(event.clone()),
            UiEvent::PeerConnected(connected) => self.peer_connected(connected),
            UiEvent::VerificationNeeded(_) => self.verification = Some(event.clone()),
            UiEvent::KeysChanged(_) => self.keys = Some(event.clone()),
            UiEvent::PeerDisconnected(_) => {
                self.verification = None;
                self.disconnected = Some(event.clone());
            }
            UiEvent::MessageAdded(message) => self.add(message.clone()),
            UiEvent::MessageUpdated(update) => self.update(*update),
            UiEvent::Cleared => self.clear(),
            _ => {}
        }
    }

    fn peer_connected(&mut self, connected: &PeerConnected) {
        let was_unverified = |known: &PeerConnected| {
            known.verification == Verification::Unverified && self.disconnected.is_none()
        };
        let goes_on = connected.resumed || self.connected.as_ref().is_some_and(was_unverified);
        if !goes_on {
            self.forget_conversation();
        }
        self.connected = Some(connected.clone());
        self.verification = None;
        self.disconnected = None;
    }

    fn add(&mut self, message: MessageAdded) {
        self.bytes += message.text.0.len();
        self.messages.push_back(message);
        while self.messages.len() > MAX_MESSAGES || self.bytes > MAX_BYTES {
            // What the user may still have to hear of stays: no more than the outbox holds.
            let over = |message: &MessageAdded| !self.may_fail(message.status);
            let Some(oldest) = self.messages.iter().position(over) else {
                break;
            };
            if let Some(gone) = self.messages.remove(oldest) {
                self.bytes -= gone.text.0.len();
            }
        }
    }

    fn update(&mut self, MessageUpdated { n, status }: MessageUpdated) {
        let Some(at) = self.place(n) else { return };
        // A failed one is kept until somebody could tell of it.
        let over = !self.may_fail(Some(status)) && status != Status::Failed;
        let cleared = n <= self.cleared && over;
        if cleared && let Some(gone) = self.messages.remove(at) {
            self.bytes -= gone.text.0.len();
        } else if let Some(message) = self.messages.get_mut(at) {
            message.status = Some(status);
        }
    }

    /// Where text `n` is. Nearly always none is missing before it; to seek among thousands would look
    /// at a dozen that nothing else has looked at for long.
    fn place(&self, n: u64) -> Option<usize> {
        let first = self.messages.front()?.n;
        let guess = usize::try_from(n.checked_sub(first)?).ok()?;
        if self
            .messages
            .get(guess)
            .is_some_and(|guessed| guessed.n == n)
        {
            return Some(guess);
        }
        self.messages
            .binary_search_by_key(&n, |message| message.n)
            .ok()
    }

    /// What the user may still have to hear of stays.
    fn clear(&mut self) {
        let last = self.messages.back().map(|message| message.n);
        self.cleared = last.unwrap_or(self.cleared);
        let messages = std::mem::take(&mut self.messages);
        self.messages = messages
            .into_iter()
            .filter(|message| self.may_fail(message.status))
            .collect();
        self.bytes = self.messages.iter().map(|m| m.text.0.len()).sum();
    }

    /// Whether an own text with this status may still fail. Nothing confirms an insecure one.
    fn may_fail(&self, status: Option<Status>) -> bool {
        let insecure = |known: &PeerConnected| known.verification == Verification::Insecure;
        match status {
            Some(Status::Queued) => true,
            Some(Status::Sent) => !self.connected.as_ref().is_some_and(insecure),
            Some(Status::Delivered | Status::Failed) | None => false,
        }
    }

    /// The last conversation ends where the next thing begins.
    pub(crate) fn forget_conversation(&mut self) {
        let Self {
            listening,
            reachability,
            ..
        } = std::mem::take(self);
        *self = Self {
            listening,
            reachability,
            ..Self::default()
        };
    }

    /// Nobody listens any more.
    pub(crate) fn forget_listener(&mut self) {
        self.listening = None;
        self.reachability = None;
    }

    /// Own texts that will not arrive.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &str> {
        let failed = |message: &&MessageAdded| message.status == Some(Status::Failed);
        self.messages
            .iter()
            .filter(failed)
            .map(|message| message.text.0.as_str())
    }

    /// Whether there are texts that were not cleared.
    pub(crate) fn has_messages(&self) -> bool {
        self.messages.iter().any(|message| message.n > self.cleared)
    }

    /// Where a router was faster than the first ui: what a ui is told while it is being asked.
    pub(crate) fn router_was_asked(&self) -> Option<UiEvent> {
        match (&self.listening, &self.reachability) {
            (Some(UiEvent::Listening(listening)), Some(_)) => {
                let mut asking = listening.clone();
                asking.asking_router = true;
                Some(UiEvent::Listening(asking))
            }
            _ => None,
        }
    }

    /// The same events again, in the order in which they make sense.
    pub(crate) fn replay(&self) -> impl Iterator<Item = UiEvent> + '_ {
        let connected = self.connected.clone().map(UiEvent::PeerConnected);
        let messages = self.messages.iter().cloned().map(UiEvent::MessageAdded);
        let listener = [&self.listening, &self.reachability].into_iter().flatten();
        let chat = [&self.verification, &self.keys].into_iter().flatten();
        listener
            .cloned()
            .chain(connected)
            .chain(chat.cloned())
            .chain(messages)
            .chain(self.disconnected.clone())
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::{Author, Direction};

    use super::*;

    fn message(n: u64) -> UiEvent {
        UiEvent::MessageAdded(MessageAdded {
            n,
            from: Author::Me,
            ip: "192.0.2.1".into(),
            text: "text".into(),
            at_ms: 0,
            status: Some(Status::Queued),
        })
    }

    #[test]
    fn the_last_messages_are_told_again_as_far_as_they_got() {
        let mut story = Story::default();
        let update = |story: &mut Story, n, status| {
            story.record(&UiEvent::MessageUpdated(MessageUpdated { n, status }));
        };
        for n in 1..=12_002 {
            story.record(&message(n));
            // The second one waits, and is not forgotten for newer ones.
            if n != 2 {
                update(&mut story, n, Status::Delivered);
            }
        }
        for n in [1, 2, 90_000] {
            update(&mut story, n, Status::Sent);
        }
        let told: Vec<_> = story.replay().collect();
        assert_eq!(told.len(), 12_000);
        let statuses: Vec<_> = [&told[0], &told[1], &told[11_999]]
            .iter()
            .map(|event| match event {
                UiEvent::MessageAdded(m) => (m.n, m.status),
                other => panic!("{other:?}"),
            })
            .collect();
        let (sent, delivered) = (Some(Status::Sent), Some(Status::Delivered));
        assert_eq!(statuses, [(2, sent), (4, delivered), (12_002, delivered)]);
    }

    #[test]
    fn a_cleared_conversation_is_not_told_again() {
        let mut story = Story::default();
        story.record(&message(1));
        let status = Status::Delivered;
        story.record(&UiEvent::MessageUpdated(MessageUpdated { n: 1, status }));
        story.record(&UiEvent::Cleared);
        assert_eq!(story.replay().count(), 0);
    }

    #[test]
    fn a_cleared_text_is_told_again_only_as_long_as_it_may_fail() {
        let mut story = Story::default();
        (1..=2).for_each(|n| story.record(&message(n)));
        story.record(&UiEvent::MessageUpdated(MessageUpdated {
            n: 1,
            status: Status::Delivered,
        }));
        let left = |story: &Story| {
            let numbers = story.replay().filter_map(|event| match event {
                UiEvent::MessageAdded(m) => Some(m.n),
                _ => None,
            });
            numbers.collect::<Vec<_>>()
        };
        story.record(&message(3));
        story.clear();
        assert_eq!((left(&story), story.has_messages()), (vec![2, 3], false));
        for (status, expected) in [
            (Status::Sent, vec![2, 3]),
            (Status::Delivered, vec![3]),
            (Status::Delivered, vec![3]),
        ] {
            story.record(&UiEvent::MessageUpdated(MessageUpdated { n: 2, status }));
            assert_eq!(left(&story), expected);
        }
    }

    #[test]
    fn large_texts_are_forgotten_before_they_fill_the_memory() {
        let mut story = Story::default();
        for n in 1..=200 {
            story.add(MessageAdded {
                n,
                from: Author::Peer,
                ip: "192.0.2.1".into(),
                text: "x".repeat(32_768).into(),
                at_ms: 0,
                status: None,
            });
        }
        assert_eq!(story.replay().count(), 128);
    }

    #[test]
    fn a_chat_that_goes_on_keeps_its_texts_and_a_new_one_does_not() {
        let mut story = Story::default();
        let mut connected = PeerConnected {
            address: "192.0.2.1:8080".to_owned(),
            local_address: "192.0.2.2:1024".to_owned(),
            direction: Direction::Outgoing,
            verification: Verification::Code,
            resumed: true,
        };
        story.record(&message(1));
        story.record(&UiEvent::PeerConnected(connected.clone()));
        assert!(story.has_messages());
        connected.resumed = false;
        story.record(&UiEvent::PeerConnected(connected));
        assert!(!story.has_messages());
    }
}
