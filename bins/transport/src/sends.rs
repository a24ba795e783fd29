//! Requests to send that are not answered yet, in their order. Pure.

use std::collections::VecDeque;

use p2p_chat_protocol::{ErrorCode, Refusal};

/// How many may wait: twice what the supervisor keeps outstanding (256), so that only another
/// program ever meets this limit.
pub(crate) const MAX_SENDS: usize = 512;

/// How many bytes of payload may wait: four times what the supervisor keeps outstanding (about
/// 256 KiB), for the same reason.
const MAX_BYTES: usize = 1_048_576;

/// The unanswered requests to send.
#[derive(Default)]
pub(crate) struct Sends {
    unanswered: VecDeque<(Option<u64>, usize)>,
    bytes: usize,
}

impl Sends {
    /// Takes in a request, if there is room.
    pub(crate) fn accept(&mut self, id: Option<u64>, payload_bytes: usize) -> Result<(), Refusal> {
        let full = self.unanswered.len() >= MAX_SENDS || self.bytes + payload_bytes > MAX_BYTES;
        if full {
            let sentence = format!(
                "{} texts wait to be sent already. Wait until some of them are through.",
                self.unanswered.len()
            );
            return Err(Refusal::new(ErrorCode::QueueFull, sentence));
        }
        self.unanswered.push_back((id, payload_bytes));
        self.bytes += payload_bytes;
        Ok(())
    }

    /// The oldest is done: whom to answer.
    pub(crate) fn done(&mut self) -> Option<u64> {
        let (id, payload_bytes) = self.unanswered.pop_front()?;
        self.bytes -= payload_bytes;
        id
    }

    /// None will be done any more: whom to tell.
    pub(crate) fn abandon(&mut self) -> impl Iterator<Item = Option<u64>> {
        self.bytes = 0;
        self.unanswered.drain(..).map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_sends_are_refused_until_one_is_done() {
        let mut sends = Sends::default();
        for id in 0..MAX_SENDS as u64 {
            assert_eq!(sends.accept(Some(id), 3), Ok(()));
        }
        let refusal = sends.accept(Some(1000), 3).expect_err("no room");
        assert_eq!(refusal.code, ErrorCode::QueueFull);
        assert_eq!(sends.done(), Some(0));
        assert_eq!(sends.accept(Some(1000), 3), Ok(()));
    }

    #[test]
    fn too_many_bytes_are_refused_until_the_queue_is_empty() {
        let mut sends = Sends::default();
        assert_eq!(sends.accept(Some(1), MAX_BYTES), Ok(()));
        assert!(sends.accept(Some(2), 1).is_err());
        assert_eq!(sends.abandon().collect::<Vec<_>>(), [Some(1)]);
        assert_eq!(sends.accept(Some(2), 1), Ok(()));
    }
}
