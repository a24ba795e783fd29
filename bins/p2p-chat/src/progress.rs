//! How far the user's own texts got, for a ui that has not been told yet. Pure.

use p2p_chat_protocol::ui::UiEvent;

/// Events in their order, and which request each answers. What came of a text before anybody was
/// told of it becomes one event: where it has arrived, nobody needs to hear that it was sent.
#[derive(Default)]
pub(crate) struct Progress(Vec<(Option<u64>, UiEvent)>);

impl Progress {
    /// Adds an event.
    pub(crate) fn add(&mut self, reply_to: Option<u64>, event: UiEvent) {
        if let UiEvent::MessageUpdated(update) = &event {
            // The latest first: most are of a text that was just taken.
            for (_, earlier) in self.0.iter_mut().rev() {
                match earlier {
                    UiEvent::MessageAdded(added) if added.n == update.n => {
                        added.status = Some(update.status);
                        return;
                    }
                    UiEvent::MessageUpdated(before) if before.n == update.n => {
                        before.status = update.status;
                        return;
                    }
                    _ => {}
                }
            }
        }
        self.0.push((reply_to, event));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends them as lines, and keeps none.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        for (reply_to, event) in self.0.drain(..) {
            p2p_chat_protocol::write(out, None, reply_to, &event);
        }
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::{Author, MessageAdded, MessageUpdated, Status};

    use super::*;

    fn added(n: u64, status: Status) -> UiEvent {
        UiEvent::MessageAdded(MessageAdded {
            n,
            from: Author::Me,
            ip: "192.0.2.1".to_owned(),
            text: "x".into(),
            at_ms: 0,
            status: Some(status),
        })
    }

    fn updated(n: u64, status: Status) -> UiEvent {
        UiEvent::MessageUpdated(MessageUpdated { n, status })
    }

    #[test]
    fn a_text_and_what_became_of_it_are_told_at_once_and_in_order() {
        let mut progress = Progress::default();
        progress.add(None, updated(1, Status::Sent));
        progress.add(Some(7), added(2, Status::Queued));
        progress.add(Some(8), added(3, Status::Queued));
        progress.add(None, updated(2, Status::Sent));
        progress.add(None, updated(1, Status::Delivered));
        progress.add(None, updated(2, Status::Delivered));
        let told = [
            (None, updated(1, Status::Delivered)),
            (Some(7), added(2, Status::Delivered)),
            (Some(8), added(3, Status::Queued)),
        ];
        assert_eq!(progress.0, told);
    }
}
