//! How far the user's own texts got, for a ui that has not been told yet. Pure.
//!
//! What came of a text before anybody was told of it is one event: where it has arrived, nobody
//! needs to hear that it was sent. Texts arrive in the order of their numbers, and are told so.

use std::collections::BTreeMap;

use p2p_chat_protocol::ui::{Author, MessageAdded, MessageUpdated, Status, UiEvent};

/// What is to be told.
#[derive(Default)]
pub(crate) struct Progress {
    /// Of texts that the ui knows.
    updated: BTreeMap<u64, Status>,
    /// Those that it does not know, in order, and which request each answers. Their numbers are
    /// above all that it knows.
    added: Vec<(Option<u64>, MessageAdded)>,
}

impl Progress {
    /// Takes in an event that nobody waits for: a text of the user's on its way, which he knows of.
    /// Any other is given back.
    pub(crate) fn add(&mut self, reply_to: Option<u64>, event: UiEvent) -> Option<UiEvent> {
        match event {
            UiEvent::MessageAdded(added) if added.from == Author::Me => {
                self.added.push((reply_to, added));
            }
            UiEvent::MessageUpdated(update) if update.status != Status::Failed => {
                let MessageUpdated { n, status } = update;
                match self.added.binary_search_by_key(&n, |(_, added)| added.n) {
                    Ok(at) => self.added[at].1.status = Some(status),
                    Err(_) => _ = self.updated.insert(n, status),
                }
            }
            other => return Some(other),
        }
        None
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.updated.len() + self.added.len()
    }

    /// Appends them as lines, and keeps none.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        for (n, status) in std::mem::take(&mut self.updated) {
            let event = UiEvent::MessageUpdated(MessageUpdated { n, status });
            p2p_chat_protocol::write(out, None, None, &event);
        }
        for (reply_to, added) in self.added.drain(..) {
            p2p_chat_protocol::write(out, None, reply_to, &UiEvent::MessageAdded(added));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(n: u64, status: Status) -> UiEvent {
        UiEvent::MessageAdded(MessageAdded {
            n,
            from: Author::Me,
            ip: "192.0.2.1".into(),
            text: "x".into(),
            at_ms: 0,
            status: Some(status),
        })
    }

    fn updated(n: u64, status: Status) -> UiEvent {
        UiEvent::MessageUpdated(MessageUpdated { n, status })
    }

    #[test]
    fn what_became_of_a_text_is_told_at_once_and_in_the_order_of_the_texts() {
        let mut progress = Progress::default();
        for (reply_to, event) in [
            (Some(7), added(3, Status::Queued)),
            (None, updated(2, Status::Sent)),
            (Some(8), added(5, Status::Queued)),
            (None, updated(3, Status::Sent)),
            (None, updated(1, Status::Delivered)),
            (None, updated(2, Status::Delivered)),
            (None, updated(3, Status::Delivered)),
        ] {
            assert_eq!(progress.add(reply_to, event), None);
        }
        let mut expected = Vec::new();
        for (reply_to, event) in [
            (None, updated(1, Status::Delivered)),
            (None, updated(2, Status::Delivered)),
            (Some(7), added(3, Status::Delivered)),
            (Some(8), added(5, Status::Queued)),
        ] {
            p2p_chat_protocol::write(&mut expected, None, reply_to, &event);
        }
        let mut written = Vec::new();
        progress.write(&mut written);
        assert_eq!(
            String::from_utf8_lossy(&written),
            String::from_utf8_lossy(&expected)
        );
        assert_eq!(progress.len(), 0);
    }

    #[test]
    fn what_somebody_waits_for_is_given_back() {
        let mut progress = Progress::default();
        for event in [updated(1, Status::Failed), UiEvent::ReplayFinished] {
            assert_eq!(progress.add(None, event.clone()), Some(event));
        }
    }
}
