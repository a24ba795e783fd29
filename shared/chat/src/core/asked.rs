//! Requests of the ui that only transport can answer, until it does.

use std::collections::VecDeque;

/// More than any ui asks at once; then the next is refused.
const MAX_ASKED: usize = 16;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    NewCode,
    Words,
    Reject,
}

/// The requests, in their order.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Asked(VecDeque<Entry>);

#[cfg_attr(test, derive(Clone))]
struct Entry {
    request: u64,
    what: What,
    /// The ui's id for it, where it wants a reply.
    id: Option<u64>,
}

impl Asked {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_ASKED
    }

    /// Transport's request `request` does what the ui asked with `id`.
    pub(super) fn add(&mut self, request: u64, what: What, id: Option<u64>) {
        self.0.push_back(Entry { request, what, id });
    }

    /// Request `request` is answered: what it was, and whom to tell.
    pub(super) fn answered(&mut self, request: u64) -> Option<(What, Option<u64>)> {
        let at = self.0.iter().position(|entry| entry.request == request)?;
        self.0.remove(at).map(|entry| (entry.what, entry.id))
    }

    /// Nobody will answer them any more: the ids to refuse.
    pub(super) fn abandon(&mut self) -> impl Iterator<Item = u64> + use<> {
        std::mem::take(&mut self.0)
            .into_iter()
            .filter_map(|entry| entry.id)
    }

    /// The ui is gone and waits for no replies.
    pub(super) fn forget_ids(&mut self) {
        self.0.iter_mut().for_each(|entry| entry.id = None);
    }
}
