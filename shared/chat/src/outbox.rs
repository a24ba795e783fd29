//! The user's own texts on their way out.

use std::collections::VecDeque;

use p2p_chat_protocol::Private;

/// More than anybody types while a line is slow; then the sender is told to wait.
const MAX_TEXTS: usize = 1000;
/// The same in bytes.
const MAX_BYTES: usize = 1 << 20;
/// What transport holds at once: enough to keep it busy between two turns of the supervisor, few
/// enough that a stalled line shows soon.
const WINDOW_TEXTS: usize = 256;
/// The same in bytes; one text of full size always fits.
const WINDOW_BYTES: usize = 256 * 1024;

/// Texts in the order they were written: some with transport, the rest waiting.
#[derive(Default)]
pub(crate) struct Outbox {
    in_flight: VecDeque<InFlight>,
    queued: VecDeque<Queued>,
    in_flight_bytes: usize,
    queued_bytes: usize,
}

struct InFlight {
    /// The request that sends it.
    request: u64,
    n: u64,
    bytes: usize,
}

struct Queued {
    n: u64,
    text: Private,
}

impl Outbox {
    /// Whether one more text of this size may wait.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.len() < MAX_TEXTS && self.in_flight_bytes + self.queued_bytes + bytes <= MAX_BYTES
    }

    /// How many texts are not sent yet.
    pub(crate) fn len(&self) -> usize {
        self.in_flight.len() + self.queued.len()
    }

    /// Puts text number `n` at the end.
    pub(crate) fn push(&mut self, n: u64, text: Private) {
        self.queued_bytes += text.0.len();
        self.queued.push_back(Queued { n, text });
    }

    /// Takes the next text that transport may have now; `request` is the one that will send it.
    pub(crate) fn take_next(&mut self, request: u64) -> Option<Private> {
        let bytes = self.queued.front()?.text.0.len();
        let full =
            self.in_flight.len() >= WINDOW_TEXTS || self.in_flight_bytes + bytes > WINDOW_BYTES;
        if full {
            return None;
        }
        let Queued { n, text } = self.queued.pop_front()?;
        self.queued_bytes -= bytes;
        self.in_flight_bytes += bytes;
        self.in_flight.push_back(InFlight { request, n, bytes });
        Some(text)
    }

    /// Request `request` is answered: the number of its text, which is no longer ours.
    pub(crate) fn answered(&mut self, request: u64) -> Option<u64> {
        // Transport answers in order, so this is the first of them.
        let at = self.in_flight.iter().position(|t| t.request == request)?;
        let InFlight { n, bytes, .. } = self.in_flight.remove(at)?;
        self.in_flight_bytes -= bytes;
        Some(n)
    }

    /// Gives up on everything: the numbers of the texts that were not sent.
    pub(crate) fn give_up(&mut self) -> Vec<u64> {
        let Self {
            in_flight, queued, ..
        } = std::mem::take(self);
        let sending = in_flight.into_iter().map(|text| text.n);
        sending
            .chain(queued.into_iter().map(|text| text.n))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_bounds_what_transport_holds_and_keeps_the_order() {
        let mut outbox = Outbox::default();
        for n in 1..=300 {
            assert!(outbox.has_room(1));
            outbox.push(n, Private::from("x"));
        }
        let mut requests = 1000..;
        let mut next = || requests.next().expect("endless");
        let taken = std::iter::from_fn(|| outbox.take_next(next())).count();
        assert_eq!(taken, WINDOW_TEXTS);
        assert_eq!(outbox.answered(1000), Some(1));
        assert_eq!(outbox.answered(1000), None);
        assert!(outbox.take_next(7).is_some());
        assert_eq!(outbox.give_up(), (2..=300).collect::<Vec<_>>());
        assert_eq!(outbox.len(), 0);
    }

    #[test]
    fn a_full_outbox_takes_no_more() {
        let mut outbox = Outbox::default();
        for n in 0..32 {
            assert!(outbox.has_room(32_768), "{n}");
            outbox.push(n, Private(" ".repeat(32_768)));
        }
        assert!(!outbox.has_room(1));
        let mut outbox = Outbox::default();
        (0..1000).for_each(|n| outbox.push(n, Private::from("")));
        assert!(!outbox.has_room(0));
    }
}
