//! The user's own texts, from the moment they are taken until the other side has them.
//!
//! A text's number is its place among the texts of this side of the conversation, from 1. Cut lines
//! change nothing about it: what is not confirmed is handed to transport again, in the same order
//! and under the same numbers.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use p2p_chat_protocol::Private;

use crate::payload::{Bundle, MAX_TEXTS};

/// What may wait, in bytes: more than anybody types while a line is slow; then the sender is told to
/// wait. [`MAX_TEXTS`] is the same in texts.
const MAX_BYTES: usize = 1 << 20;
/// The payloads that transport holds at once: enough to keep it busy between two turns of the
/// supervisor, few enough that a stalled line shows soon.
const WINDOW: usize = 256;
/// The same in bytes; one text of full size always fits.
const WINDOW_BYTES: usize = 256 * 1024;

/// Texts in the order they were written.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Outbox {
    /// Those the other side has not confirmed.
    texts: VecDeque<Own>,
    bytes: usize,
    /// The number of the last text the other side has confirmed.
    confirmed: u64,
    /// The highest number transport ever was given.
    reached: u64,
    /// How many of `texts`, from the front, transport was given in this session.
    handed: usize,
    /// Those among them it has not answered yet.
    in_flight: VecDeque<InFlight>,
    /// What it was given for lines that are gone, and has not answered yet: it may hold these still.
    stale: VecDeque<InFlight>,
    /// Of both.
    unanswered_bytes: usize,
    /// Whether there is a line to hand them to.
    open: bool,
    /// Whether the other side takes several in one payload.
    bundles: bool,
}

#[cfg_attr(test, derive(Clone))]
struct Own {
    /// Its number in the conversation, as the ui knows it.
    n: u64,
    text: Private,
    payload_bytes: usize,
    /// Whether the ui was told that it is on its way.
    told_sent: bool,
}

#[cfg_attr(test, derive(Clone))]
struct InFlight {
    /// The request that hands them over.
    request: u64,
    first: u64,
    last: u64,
    payload_bytes: usize,
}

/// What transport has answered for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    /// The texts of these numbers.
    Texts(RangeInclusive<u64>),
    /// Texts for a line that is gone; they are handed over again.
    Stale,
}

/// The other side confirmed a text that it was never sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NeverSent;

impl Outbox {
    /// Whether one more text of this size may wait.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.len() < MAX_TEXTS && self.bytes + bytes <= MAX_BYTES
    }

    /// How many texts the other side has not confirmed.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Puts a text at the end; `n` is the ui's number of it.
    pub(crate) fn push(&mut self, n: u64, text: Private, payload_bytes: usize) {
        self.bytes += text.0.len();
        self.texts.push_back(Own {
            n,
            text,
            payload_bytes,
            told_sent: false,
        });
    }

    /// There is a line, and the other side has what it confirmed. `bundles`: it takes several texts
    /// in one payload.
    pub(crate) fn open(&mut self, bundles: bool) {
        self.open = true;
        self.bundles = bundles;
    }

    /// The line is gone, with everything that was on its way.
    pub(crate) fn close(&mut self) {
        self.open = false;
        self.handed = 0;
        self.stale.append(&mut self.in_flight);
    }

    /// Transport is gone, and answers nothing that it was given. The line was closed before.
    pub(crate) fn transport_gone(&mut self) {
        self.stale.clear();
        self.unanswered_bytes = 0;
    }

    /// The texts that transport may have now in one payload, and the number of the first; `request` is
    /// the one that will hand them over.
    pub(crate) fn take_next(
        &mut self,
        request: u64,
    ) -> Option<(u64, impl ExactSizeIterator<Item = &str>)> {
        let start = self.handed;
        let own = self.texts.get(start).filter(|_| self.open)?;
        let unanswered = self.in_flight.len() + self.stale.len();
        let bytes = self.unanswered_bytes + own.payload_bytes;
        if unanswered >= WINDOW || bytes > WINDOW_BYTES {
            return None;
        }
        let mut bundle = Bundle::of(own.payload_bytes);
        let behind = self.texts.range(start + 1..);
        let more = behind.take_while(|own| self.bundles && bundle.takes(own.payload_bytes));
        self.handed += 1 + more.count();
        let first = self.confirmed + 1 + start as u64;
        let last = self.confirmed + self.handed as u64;
        self.reached = self.reached.max(last);
        self.unanswered_bytes += bundle.bytes();
        self.in_flight.push_back(InFlight {
            request,
            first,
            last,
            payload_bytes: bundle.bytes(),
        });
        let texts = self.texts.range(start..self.handed);
        Some((first, texts.map(|own| own.text.0.as_str())))
    }

    /// Request `request` is answered: what it handed over.
    pub(crate) fn answered(&mut self, request: u64) -> Option<Handed> {
        // Transport answers in order, so this is the first of them.
        let take = |list: &mut VecDeque<InFlight>| {
            let at = list.iter().position(|t| t.request == request)?;
            list.remove(at)
        };
        let (handed, texts) = match take(&mut self.in_flight) {
            Some(texts) => (Handed::Texts(texts.first..=texts.last), texts),
            None => (Handed::Stale, take(&mut self.stale)?),
        };
        self.unanswered_bytes -= texts.payload_bytes;
        Some(handed)
    }

    /// Text `number` is on its way: the ui's number of it, where that is news.
    pub(crate) fn sent(&mut self, number: u64) -> Option<u64> {
        let own = self.own(number)?;
        let first = !std::mem::replace(&mut own.told_sent, true);
        first.then_some(own.n)
    }

    fn own(&mut self, number: u64) -> Option<&mut Own> {
        // Confirmed already: the answer came after the confirmation.
        let at = number.checked_sub(self.confirmed + 1)?;
        self.texts.get_mut(usize::try_from(at).ok()?)
    }

    /// The other side has everything up to `number`: the ui's numbers of what is new in that.
    pub(crate) fn confirm(&mut self, number: u64) -> Result<Vec<u64>, NeverSent> {
        if number > self.reached {
            return Err(NeverSent);
        }
        let mut delivered = Vec::new();
        while self.confirmed < number {
            let own = self.texts.pop_front().ok_or(NeverSent)?;
            self.bytes -= own.text.0.len();
            self.handed = self.handed.saturating_sub(1);
            self.confirmed += 1;
            delivered.push(own.n);
        }
        Ok(delivered)
    }

    /// Gives up on everything: the ui's numbers of the texts nobody confirmed. Then all is as in a
    /// new conversation.
    pub(crate) fn give_up(&mut self) -> Vec<u64> {
        let Self { texts, .. } = std::mem::take(self);
        texts.into_iter().map(|text| text.n).collect()
    }

    /// What it holds, for tests that compare states: numbers of texts, and requests that wait.
    #[cfg(test)]
    pub(crate) fn shape(&self) -> (String, Vec<u64>) {
        let texts: Vec<_> = self.texts.iter().map(|t| (t.n, t.told_sent)).collect();
        let numbers = self.in_flight.iter().map(|t| t.last).collect::<Vec<_>>();
        let Self {
            confirmed,
            reached,
            handed,
            open,
            bundles,
            ..
        } = self;
        let open = open.then_some(bundles);
        let shape = format!("{texts:?} {numbers:?} {confirmed} {reached} {handed} {open:?}");
        (shape, self.in_flight.iter().map(|t| t.request).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_texts(count: u64) -> Outbox {
        let mut outbox = Outbox::default();
        (1..=count).for_each(|n| outbox.push(n, Private::from("x"), 3));
        outbox.open(false);
        outbox
    }

    fn take_all(outbox: &mut Outbox, first_request: u64) -> Vec<u64> {
        let mut requests = first_request..;
        let mut next = || requests.next().expect("endless");
        std::iter::from_fn(|| outbox.take_next(next()).map(|(number, _)| number)).collect()
    }

    #[test]
    fn the_window_bounds_what_transport_holds_and_keeps_the_order() {
        let mut outbox = with_texts(300);
        let taken = take_all(&mut outbox, 1000);
        assert_eq!(taken, (1..=256).collect::<Vec<_>>());
        assert_eq!(outbox.answered(1000), Some(Handed::Texts(1..=1)));
        assert_eq!(outbox.answered(1000), None);
        assert_eq!(take_all(&mut outbox, 2000), [257]);
        assert_eq!(outbox.confirm(257), Ok((1..=257).collect()));
        assert_eq!(outbox.give_up(), (258..=300).collect::<Vec<_>>());
        assert_eq!(outbox.len(), 0);
    }

    #[test]
    fn what_transport_was_given_for_a_line_that_is_gone_counts_until_it_is_answered() {
        let mut outbox = with_texts(300);
        assert_eq!(take_all(&mut outbox, 1000).len(), 256);
        outbox.close();
        outbox.open(false);
        assert!(
            take_all(&mut outbox, 2000).is_empty(),
            "transport may hold 256 already"
        );
        assert_eq!(outbox.answered(1000), Some(Handed::Stale));
        assert_eq!(take_all(&mut outbox, 3000), [1]);
        outbox.close();
        outbox.transport_gone();
        outbox.open(false);
        let taken = take_all(&mut outbox, 4000);
        assert_eq!(taken, (1..=256).collect::<Vec<_>>());
    }

    #[test]
    fn what_waits_goes_together_to_a_peer_that_takes_it_so() {
        let mut outbox = with_texts(200);
        outbox.push(201, Private("x".repeat(20_000)), 20_050);
        outbox.push(202, Private::from("x"), 3);
        outbox.open(true);
        let mut taken = |request| {
            let (first, texts) = outbox.take_next(request).expect("they wait");
            (first, texts.len())
        };
        assert_eq!(taken(1), (1, 200));
        assert_eq!(taken(2), (201, 1), "alone, as long as it is");
        assert_eq!(taken(3), (202, 1));
        assert_eq!(outbox.answered(1), Some(Handed::Texts(1..=200)));
        outbox.close();
        outbox.open(true);
        assert_eq!(outbox.confirm(150).map(|texts| texts.len()), Ok(150));
        let (first, texts) = outbox.take_next(4).expect("they wait again");
        assert_eq!((first, texts.len()), (151, 50));
    }

    #[test]
    fn a_full_outbox_takes_no_more() {
        let mut outbox = Outbox::default();
        for n in 0..32 {
            assert!(outbox.has_room(32_768), "{n}");
            outbox.push(n, Private(" ".repeat(32_768)), 32_770);
        }
        assert!(!outbox.has_room(1));
        let mut outbox = Outbox::default();
        (0..1000).for_each(|n| outbox.push(n, Private::from(""), 2));
        assert!(!outbox.has_room(0));
    }

    #[test]
    fn what_nobody_confirmed_is_handed_over_again_and_told_once() {
        let mut outbox = with_texts(3);
        take_all(&mut outbox, 1);
        assert_eq!(outbox.answered(1), Some(Handed::Texts(1..=1)));
        assert_eq!([outbox.sent(1), outbox.sent(1)], [Some(1), None]);
        outbox.close();
        assert!(outbox.take_next(10).is_none(), "there is no line");
        outbox.open(false);
        assert_eq!(outbox.confirm(1), Ok(vec![1]));
        assert_eq!(take_all(&mut outbox, 20), [2, 3]);
        assert_eq!(outbox.answered(2), Some(Handed::Stale));
        assert_eq!(outbox.answered(20), Some(Handed::Texts(2..=2)));
    }

    #[test]
    fn an_answer_after_the_confirmation_changes_nothing() {
        let mut outbox = with_texts(2);
        take_all(&mut outbox, 1);
        assert_eq!(outbox.confirm(2), Ok(vec![1, 2]));
        assert_eq!(outbox.confirm(1), Ok(vec![]));
        assert_eq!(outbox.answered(1), Some(Handed::Texts(1..=1)));
        assert_eq!(outbox.sent(1), None);
    }

    #[test]
    fn nobody_can_have_what_was_never_sent() {
        let mut outbox = with_texts(2);
        outbox.take_next(1);
        assert_eq!(outbox.confirm(2), Err(NeverSent));
        assert_eq!(outbox.confirm(1), Ok(vec![1]));
    }
}
