//! The user's own texts on their way: what is printed of them, and when. Pure.
//!
//! A text is printed when it has arrived, with a check mark, or after a moment without that; what
//! arrives later is one line for all of it, since printed lines never change.

use std::collections::VecDeque;

use p2p_chat_protocol::ui::Status;

use crate::quoted::{beginning, named};
use crate::rows::Line;

/// A text that has not arrived by then is printed all the same: longer than nearly every way
/// there and back, short enough not to be missed.
const SOON_MS: u64 = 300;

/// Where nothing is printed of a text, this long without arrival is worth a sentence.
const LATE_MS: u64 = 5_000;

/// Own texts remembered until they are delivered. The supervisor keeps no more waiting either.
const REMEMBERED: usize = 1000;

/// Behind a text that has arrived.
const ARRIVED: &str = " ✓";

/// Behind one that is printed before it has.
const UNDERWAY: &str = " …";

/// What the user sees of his texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Nothing ever confirms them.
    Unconfirmed {
        /// Whether they are printed: not where what was typed stays on the screen.
        repeats: bool,
    },
    /// The texts with a mark.
    Shown,
    /// Nothing but what goes wrong: what was typed is still on the screen.
    Silent,
}

impl Default for Marks {
    fn default() -> Self {
        Self::Unconfirmed { repeats: true }
    }
}

/// The texts of one conversation.
#[derive(Default)]
pub(crate) struct Delivery {
    pub(crate) marks: Marks,
    /// By number.
    own: VecDeque<Own>,
    pub(crate) counts: Counts,
    /// Beginnings of those that will not arrive, until the screen has named them.
    failed: Vec<String>,
    /// How many arrived since the last sentence after they were printed.
    arrived: usize,
    /// How many were late when that was last said.
    late: usize,
}

/// One of them.
struct Own {
    n: u64,
    status: Status,
    bytes: usize,
    since_ms: u64,
    left: Left,
}

/// What is kept of one.
enum Left {
    /// All of it, to be printed yet.
    Line { mark: String, text: String },
    /// Its beginning, to name it where it will not arrive.
    Beginning(String),
}

impl Own {
    fn is_printed(&self) -> bool {
        matches!(self.left, Left::Beginning(_))
    }

    /// The line to print now, before the text has arrived; `None` where it was printed.
    fn print(&mut self) -> Option<Line> {
        let beginning = Left::Beginning(self.left.beginning().to_owned());
        std::mem::replace(&mut self.left, beginning).into_line(UNDERWAY)
    }
}

impl Left {
    fn beginning(&self) -> &str {
        match self {
            Self::Line { text, .. } => beginning(text),
            Self::Beginning(beginning) => beginning,
        }
    }

    /// The line, with this behind the text.
    fn into_line(self, end: &str) -> Option<Line> {
        match self {
            Self::Line { mark, text } => Some(Line::text(mark, [&text, end].concat())),
            Self::Beginning(_) => None,
        }
    }
}

/// The numbers of `/status`.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) received: u64,
    /// The supervisor has them and the network has not.
    pub(crate) queued: usize,
    /// Of all that are on their way.
    pub(crate) waiting_bytes: usize,
}

impl Delivery {
    /// A text of the user's; what to print now.
    pub(crate) fn added(
        &mut self,
        n: u64,
        mark: String,
        text: String,
        status: Status,
        now_ms: u64,
    ) -> Option<Line> {
        self.counts.queued += 1;
        self.counts.waiting_bytes += text.len();
        let bytes = text.len();
        let (left, line) = match self.marks {
            Marks::Shown => (Left::Line { mark, text }, None),
            marks => {
                let repeats = marks == Marks::Unconfirmed { repeats: true };
                let left = Left::Beginning(beginning(&text).to_owned());
                (left, repeats.then(|| Line::text(mark, text)))
            }
        };
        let own = Own {
            n,
            status: Status::Queued,
            bytes,
            since_ms: now_ms,
            left,
        };
        match self.place(n) {
            Ok(at) => self.own[at] = own,
            Err(at) => self.own.insert(at, own),
        }
        if self.own.len() > REMEMBERED {
            self.forget_oldest();
        }
        self.updated(n, status).or(line)
    }

    /// Where the text is, or would be.
    fn place(&self, n: u64) -> Result<usize, usize> {
        self.own.binary_search_by_key(&n, |own| own.n)
    }

    /// A text got further, or failed; what to print now.
    pub(crate) fn updated(&mut self, n: u64, status: Status) -> Option<Line> {
        let at = self.place(n).ok()?;
        let own = &mut self.own[at];
        let before = std::mem::replace(&mut own.status, status);
        if before == Status::Queued && status != Status::Queued {
            self.counts.queued -= 1;
            if status != Status::Failed {
                self.counts.sent += 1;
            }
        }
        // Nothing confirms a text of the old program: it will not get further.
        let last = match status {
            Status::Queued => false,
            Status::Sent => matches!(self.marks, Marks::Unconfirmed { .. }),
            Status::Delivered | Status::Failed => true,
        };
        let own = last.then(|| self.own.remove(at)).flatten()?;
        self.counts.waiting_bytes -= own.bytes;
        // They arrive in order, so this was the one that waited longest.
        self.late = self.late.saturating_sub(1);
        if own.is_printed() && status == Status::Delivered && self.marks == Marks::Shown {
            self.arrived += 1;
        }
        match status {
            Status::Failed => self.failed.push(own.left.beginning().to_owned()),
            Status::Delivered => self.counts.delivered += 1,
            _ => {}
        }
        let end = match status {
            Status::Delivered => ARRIVED,
            _ => UNDERWAY,
        };
        own.left.into_line(end)
    }

    /// What to print because of the time.
    pub(crate) fn due(&mut self, now_ms: u64) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.marks == Marks::Silent {
            let late = self.waiting_since(now_ms, LATE_MS);
            if late > std::mem::replace(&mut self.late, late) {
                lines.push(Line::note(format!("[!] Not delivered yet: {late}")));
            }
            return lines;
        }
        for own in &mut self.own {
            if own.since_ms + SOON_MS <= now_ms && !own.is_printed() {
                lines.extend(own.print());
            }
        }
        lines
    }

    /// When [`Delivery::due`] has something to say next.
    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.marks {
            Marks::Unconfirmed { .. } => None,
            Marks::Shown => {
                let unseen = self.own.iter().find(|own| !own.is_printed());
                unseen.map(|own| own.since_ms + SOON_MS)
            }
            Marks::Silent => {
                let next = self.own.get(self.late);
                next.map(|own| own.since_ms + LATE_MS)
            }
        }
    }

    /// How many arrived after they were printed, since this was last asked.
    pub(crate) fn take_arrived(&mut self) -> usize {
        std::mem::take(&mut self.arrived)
    }

    /// How many are on their way.
    pub(crate) fn waiting(&self) -> usize {
        self.own.len()
    }

    /// How many of them the user has seen go and not arrive.
    pub(crate) fn visibly_waiting(&self) -> usize {
        match self.marks {
            Marks::Shown => self.own.iter().filter(|own| own.is_printed()).count(),
            Marks::Silent => self.late,
            Marks::Unconfirmed { .. } => 0,
        }
    }

    fn waiting_since(&self, now_ms: u64, at_least: u64) -> usize {
        let late = |own: &&Own| own.since_ms + at_least <= now_ms;
        self.own.iter().filter(late).count()
    }

    fn forget_oldest(&mut self) {
        if let Some(own) = self.own.pop_front() {
            self.counts.queued -= usize::from(own.status == Status::Queued);
            self.counts.waiting_bytes -= own.bytes;
        }
    }

    /// Nothing more is told: what did not arrive so far is taken for lost.
    pub(crate) fn give_up(&mut self) {
        let own = std::mem::take(&mut self.own).into_iter();
        self.failed
            .extend(own.map(|own| own.left.beginning().to_owned()));
    }

    /// Names the texts that will not arrive, once: `Not delivered: 1. "see you"`.
    pub(crate) fn take_failed(&mut self) -> Option<String> {
        let failed = std::mem::take(&mut self.failed);
        let names = named(&failed);
        (!failed.is_empty()).then(|| format!("Not delivered: {}. {names}", failed.len()))
    }
}

#[cfg(test)]
mod tests;
