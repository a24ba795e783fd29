//! Whether every text one side was told is accepted came to the other, once and in order. Pure.

use std::collections::HashSet;

use crate::pair::ledger::Ledger;

/// What became of the texts of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) accepted: usize,
    /// Accepted, and never came.
    pub(crate) lost: Vec<u64>,
    /// Came more than once.
    pub(crate) duplicates: u64,
    /// Whatever else must not be.
    pub(crate) wrong: Vec<String>,
}

impl Verdict {
    /// Whether nothing is wrong with it.
    pub(crate) fn is_good(&self) -> bool {
        self.lost.is_empty() && self.duplicates == 0 && self.wrong.is_empty()
    }
}

/// The texts of `from` as they came to `to`. Those that `from` was told have failed may be missing.
pub(crate) fn compare(from: &Ledger, to: &Ledger) -> Verdict {
    let came: HashSet<_> = to.texts.received.iter().copied().collect();
    let failed: HashSet<_> = from.texts.failed.iter().copied().collect();
    let accepted = from.texts.accepted.iter().copied();
    let lost = accepted.filter(|number| !came.contains(number) && !failed.contains(number));
    let mut wrong = [from, to].map(|ledger| ledger.texts.wrong.clone()).concat();
    let invented = to.texts.received.iter().find(|n| **n > from.asked());
    wrong.extend(invented.map(|number| format!("nobody asked for text {number}")));
    Verdict {
        accepted: from.texts.accepted.len(),
        lost: lost.collect(),
        duplicates: to.texts.duplicates,
        wrong,
    }
}
