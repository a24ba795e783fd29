//! The peer's texts, by number: each is taken once, in order, and confirmed.

/// How far the peer's texts have come.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Arrivals {
    /// The number of the last text that was taken; all before it were.
    last: u64,
    /// Whether the peer does not know that yet.
    owed: bool,
    /// The request that tells it now.
    telling: Option<u64>,
}

/// What a text's number says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the next.
    New,
    /// It was taken before.
    Again,
    /// The one before it never came.
    Gap,
}

impl Arrivals {
    /// The number of the last text taken.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Text number `n` has come.
    pub(crate) fn take(&mut self, n: u64) -> Arrival {
        if n > self.last + 1 {
            return Arrival::Gap;
        }
        self.owed = true;
        if n <= self.last {
            return Arrival::Again;
        }
        self.last = n;
        Arrival::New
    }

    /// The number to confirm now, if any; `request` is the one that will tell it. One at a time:
    /// a peer that reads nothing costs nothing.
    pub(crate) fn confirm(&mut self, request: u64) -> Option<u64> {
        if !self.owed || self.telling.is_some() {
            return None;
        }
        self.owed = false;
        self.telling = Some(request);
        Some(self.last)
    }

    /// Request `request` is answered: whether it was the one that confirms.
    pub(crate) fn answered(&mut self, request: u64) -> bool {
        self.telling
            .take_if(|telling| *telling == request)
            .is_some()
    }

    /// The line is gone, and a confirmation may be gone with it. The hello of the next session
    /// tells the same.
    pub(crate) fn close(&mut self) {
        self.owed = false;
        self.telling = None;
    }

    /// The last chance to confirm: the number, where the peer does not know it yet.
    pub(crate) fn confirm_last(&mut self) -> Option<u64> {
        std::mem::take(&mut self.owed).then_some(self.last)
    }

    /// What it holds, for tests that compare states, and the request that waits.
    #[cfg(test)]
    pub(crate) fn shape(&self) -> (String, Option<u64>) {
        (format!("{} {}", self.last, self.owed), self.telling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_taken_once_and_in_order() {
        let mut arrivals = Arrivals::default();
        let taken = [1, 2, 2, 1, 4, 3].map(|n| arrivals.take(n));
        use Arrival::{Again, Gap, New};
        assert_eq!(taken, [New, New, Again, Again, Gap, New]);
        assert_eq!(arrivals.last(), 3);
        assert_eq!(Arrivals::default().take(0), Again);
    }

    #[test]
    fn one_confirmation_is_on_its_way_and_the_next_holds_all_that_came_since() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.confirm(1), None);
        arrivals.take(1);
        assert_eq!(arrivals.confirm(1), Some(1));
        (2..=9).for_each(|n| assert_eq!(arrivals.take(n), Arrival::New));
        assert_eq!(arrivals.confirm(2), None);
        assert!(!arrivals.answered(7));
        assert!(arrivals.answered(1));
        assert_eq!(arrivals.confirm(3), Some(9));
        assert_eq!(arrivals.confirm_last(), None);
    }
}
