//! What happened so far, kept for a ui that starts in the middle of it. In memory only.

use std::collections::VecDeque;

use p2p_chat_protocol::ui::{MessageAdded, MessageUpdated, UiEvent};

/// More than a screen's scrollback shows; older texts are forgotten.
const MAX_MESSAGES: usize = 500;

/// The state of things and the conversation, as the events that told them.
#[derive(Default)]
pub(crate) struct Story {
    listening: Option<UiEvent>,
    reachability: Option<UiEvent>,
    connected: Option<UiEvent>,
    /// In the order of their numbers, without gaps.
    messages: VecDeque<MessageAdded>,
    disconnected: Option<UiEvent>,
}

impl Story {
    /// Takes an event in, where it is one that lasts.
    pub(crate) fn record(&mut self, event: &UiEvent) {
        match event {
            UiEvent::Listening(_) => self.listening = Some(event.clone()),
            UiEvent::ReachabilityChanged(_) => self.reachability = Some(event.clone()),
            UiEvent::PeerConnected(_) => {
                self.forget_conversation();
                self.connected = Some(event.clone());
            }
            UiEvent::PeerDisconnected(_) => self.disconnected = Some(event.clone()),
            UiEvent::MessageAdded(message) => {
                if self.messages.len() == MAX_MESSAGES {
                    self.messages.pop_front();
                }
                self.messages.push_back(message.clone());
            }
            UiEvent::MessageUpdated(MessageUpdated { n, status }) => {
                let first = self.messages.front().map_or(0, |message| message.n);
                let at = n.checked_sub(first).and_then(|at| usize::try_from(at).ok());
                if let Some(message) = at.and_then(|at| self.messages.get_mut(at)) {
                    message.status = Some(*status);
                }
            }
            UiEvent::Cleared => self.messages.clear(),
            _ => {}
        }
    }

    /// The last conversation ends where the next thing begins.
    pub(crate) fn forget_conversation(&mut self) {
        self.connected = None;
        self.messages.clear();
        self.disconnected = None;
    }

    /// Nobody listens any more.
    pub(crate) fn forget_listener(&mut self) {
        self.listening = None;
        self.reachability = None;
    }

    /// Whether there are texts that were not cleared.
    pub(crate) fn has_messages(&self) -> bool {
        !self.messages.is_empty()
    }

    /// The same events again, in the order in which they make sense.
    pub(crate) fn replay(&self) -> impl Iterator<Item = UiEvent> + '_ {
        let state = [&self.listening, &self.reachability, &self.connected];
        let messages = self.messages.iter().cloned().map(UiEvent::MessageAdded);
        state
            .into_iter()
            .flatten()
            .cloned()
            .chain(messages)
            .chain(self.disconnected.clone())
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::{Author, Status};

    use super::*;

    fn message(n: u64) -> UiEvent {
        UiEvent::MessageAdded(MessageAdded {
            n,
            from: Author::Me,
            ip: "192.0.2.1".to_owned(),
            text: "text".into(),
            at_ms: 0,
            status: Some(Status::Queued),
        })
    }

    #[test]
    fn the_last_500_messages_are_told_again_as_far_as_they_got() {
        let mut story = Story::default();
        (1..=501).for_each(|n| story.record(&message(n)));
        let status = Status::Sent;
        for n in [1, 2, 501, 900] {
            story.record(&UiEvent::MessageUpdated(MessageUpdated { n, status }));
        }
        let told: Vec<_> = story.replay().collect();
        assert_eq!(told.len(), 500);
        let statuses: Vec<_> = [&told[0], &told[1], &told[499]]
            .iter()
            .map(|event| match event {
                UiEvent::MessageAdded(m) => (m.n, m.status),
                other => panic!("{other:?}"),
            })
            .collect();
        let (sent, queued) = (Some(Status::Sent), Some(Status::Queued));
        assert_eq!(statuses, [(2, sent), (3, queued), (501, sent)]);
    }

    #[test]
    fn a_cleared_conversation_is_not_told_again() {
        let mut story = Story::default();
        story.record(&message(1));
        story.record(&UiEvent::Cleared);
        assert_eq!(story.replay().count(), 0);
    }
}
