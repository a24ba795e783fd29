//! The peer's texts, by number: each is taken once, in order, and confirmed.

use std::time::Duration;

/// How long a text may wait for its confirmation: nobody sees the difference, and what comes
/// meanwhile is confirmed with it. Sealing a confirmation costs as much as sealing a text.
pub(crate) const SOON: Duration = Duration::from_millis(20);

/// So many texts are confirmed at once, so that a peer who may have 800 under way never waits.
const MANY: u64 = 128;

/// How far the peer's texts have come.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Arrivals {
    /// The number of the last text that was taken; all before it were.
    last: u64,
    /// The last number that the peer was told.
    told: u64,
    /// Since when there is something that the peer was not told.
    owed: Option<Duration>,
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

    /// Text number `n` has come; `now`: on whatever clock.
    pub(crate) fn take(&mut self, n: u64, now: Duration) -> Arrival {
        if n > self.last + 1 {
            return Arrival::Gap;
        }
        self.owed.get_or_insert(now);
        if n <= self.last {
            return Arrival::Again;
        }
        self.last = n;
        Arrival::New
    }

    /// When to confirm, if there is anything. One at a time: a peer that reads nothing costs
    /// nothing.
    pub(crate) fn due(&self) -> Option<Duration> {
        let since = self.owed.filter(|_| self.telling.is_none())?;
        match self.last - self.told {
            MANY.. => Some(since),
            _ => Some(since + SOON),
        }
    }

    /// The number to confirm, now that it is due; `request` is the one that will tell it.
    pub(crate) fn confirm(&mut self, request: u64) -> u64 {
        self.owed = None;
        self.told = self.last;
        self.telling = Some(request);
        self.last
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
        self.owed = None;
        self.told = self.last;
        self.telling = None;
    }

    /// The last chance to confirm: the number, where the peer does not know it yet.
    pub(crate) fn confirm_last(&mut self) -> Option<u64> {
        self.owed.take().map(|_| self.last)
    }

    /// What it holds, for tests that compare states, and the request that waits.
    #[cfg(test)]
    pub(crate) fn shape(&self) -> (String, Option<u64>) {
        (
            format!("{} {}", self.last, self.owed.is_some()),
            self.telling,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1);

    #[test]
    fn each_text_is_taken_once_and_in_order() {
        let mut arrivals = Arrivals::default();
        let taken = [1, 2, 2, 1, 4, 3].map(|n| arrivals.take(n, START));
        use Arrival::{Again, Gap, New};
        assert_eq!(taken, [New, New, Again, Again, Gap, New]);
        assert_eq!(arrivals.last(), 3);
        assert_eq!(Arrivals::default().take(0, START), Again);
    }

    #[test]
    fn one_confirmation_is_on_its_way_and_the_next_holds_all_that_came_since() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.due(), None);
        arrivals.take(1, START);
        assert_eq!(arrivals.due(), Some(START + SOON));
        assert_eq!(arrivals.confirm(1), 1);
        (2..=9).for_each(|n| assert_eq!(arrivals.take(n, START), Arrival::New));
        assert_eq!(arrivals.due(), None);
        assert!(!arrivals.answered(7));
        assert!(arrivals.answered(1));
        assert_eq!(arrivals.due(), Some(START + SOON));
        assert_eq!(arrivals.confirm(3), 9);
        assert_eq!(arrivals.confirm_last(), None);
    }

    #[test]
    fn a_burst_is_confirmed_without_waiting() {
        let mut arrivals = Arrivals::default();
        (1..MANY).for_each(|n| assert_eq!(arrivals.take(n, START), Arrival::New));
        assert_eq!(arrivals.due(), Some(START + SOON));
        arrivals.take(MANY, START);
        assert_eq!(arrivals.due(), Some(START));
        assert_eq!(arrivals.confirm(1), MANY);
    }
}
