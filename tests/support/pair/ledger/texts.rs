//! The texts of one side of a conversation, own and received, and what must not be.

use std::collections::BTreeMap;

use serde_json::Value;

/// How far an own text got; it only gets further.
const STATUSES: [&str; 4] = ["queued", "sent", "delivered", "failed"];
/// From here on nothing more happens to it.
const FINAL: usize = 2;

/// What a test shows of what must not be; a broken run would fill the memory with it.
const MAX_WRONG: usize = 20;

/// All texts there were.
#[derive(Default)]
pub(crate) struct Texts {
    /// The numbers of own texts, in the order in which they were taken.
    pub(crate) accepted: Vec<u64>,
    /// The numbers of the peer's texts, in the order in which they came.
    pub(crate) received: Vec<u64>,
    /// The numbers of own texts that will not arrive.
    pub(crate) failed: Vec<u64>,
    /// How often a text of the peer's came once more.
    pub(crate) duplicates: u64,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
    /// Own texts that may still be delivered or fail, by their place in the conversation: number
    /// and status.
    open: BTreeMap<u64, (u64, usize)>,
    /// The place of the last text.
    last_n: u64,
    replay: Option<Replay>,
}

/// A ui that was just started is told everything again.
#[derive(Default)]
struct Replay {
    /// The place of the first text it is told.
    first: Option<u64>,
}

impl Texts {
    pub(super) fn begin_replay(&mut self) {
        self.replay = Some(Replay::default());
    }

    pub(super) fn end_replay(&mut self) {
        self.replay = None;
    }

    pub(super) fn begin_conversation(&mut self) {
        if self.replay.is_none() {
            self.last_n = 0;
            self.open.clear();
        }
    }

    /// A text of either side; the number of an own one that is new.
    pub(super) fn added(&mut self, event: &Value) -> Option<u64> {
        let n = event["n"].as_u64().unwrap_or_default();
        let words = event["text"].as_str().unwrap_or_default();
        let number = words.split(' ').next().and_then(|first| first.parse().ok());
        let Some(number) = number else {
            self.wrong(format!("nobody said {words:?}"));
            return None;
        };
        let own = event["from"] == "me";
        let known = n <= self.last_n;
        if let Some(replay) = &mut self.replay {
            // Those before it are forgotten, and nothing more is said of them.
            if replay.first.is_none() {
                replay.first = Some(n);
                self.open = self.open.split_off(&n);
            }
        } else if n != self.last_n + 1 {
            self.wrong(format!("place {n} came after {}", self.last_n));
        }
        if own && !event["status"].is_null() {
            self.follow(n, number, &event["status"]);
        }
        if known {
            return None;
        }
        self.last_n = n;
        let list = if own {
            &mut self.accepted
        } else {
            &mut self.received
        };
        let last = list.last().copied().unwrap_or_default();
        list.push(number);
        if number <= last {
            self.duplicates += u64::from(!own);
            self.wrong(format!("text {number} came after text {last}"));
        }
        own.then_some(number)
    }

    /// An own text got further; whether it arrived.
    pub(super) fn updated(&mut self, event: &Value) -> bool {
        let n = event["n"].as_u64().unwrap_or_default();
        if n > self.last_n {
            self.wrong(format!("place {n} was updated and never told"));
        }
        match self.open.get(&n) {
            Some((number, _)) => self.follow(n, *number, &event["status"]),
            None => false,
        }
    }

    fn follow(&mut self, n: u64, number: u64, status: &Value) -> bool {
        let Some(status) = STATUSES.iter().position(|name| status == name) else {
            self.wrong(format!("text {number} is {status}"));
            return false;
        };
        let before = self.open.insert(n, (number, status));
        if before.is_some_and(|(_, before)| before > status) {
            self.wrong(format!("text {number} went back to {}", STATUSES[status]));
        }
        if status < FINAL {
            return false;
        }
        self.open.remove(&n);
        let delivered = status == FINAL;
        if !delivered && !self.failed.contains(&number) {
            self.failed.push(number);
        }
        delivered
    }

    /// How many own texts may still be delivered or fail.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn wrong(&mut self, what: String) {
        if self.wrong.len() < MAX_WRONG {
            self.wrong.push(what);
        }
    }

    /// For a test that fails.
    pub(super) fn describe(&self) -> String {
        format!(
            "{} accepted, {} of them open, {} failed, {} received, wrong: {:?}",
            self.accepted.len(),
            self.open.len(),
            self.failed.len(),
            self.received.len(),
            self.wrong
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn peers(n: u64, number: u64) -> Value {
        json!({ "n": n, "from": "peer", "text": format!("{number} x") })
    }

    fn own(n: u64, number: u64, status: &str) -> Value {
        json!({ "n": n, "from": "me", "text": format!("{number} x"), "status": status })
    }

    #[test]
    fn a_text_that_comes_twice_is_noticed() {
        let mut texts = Texts::default();
        [peers(1, 1), peers(2, 2)].iter().for_each(|event| {
            texts.added(event);
        });
        assert!(texts.wrong.is_empty(), "{:?}", texts.wrong);
        texts.added(&peers(3, 2));
        assert_eq!(texts.duplicates, 1);
        assert_eq!(texts.received, [1, 2, 2]);
    }

    #[test]
    fn what_a_replay_tells_again_counts_once_and_what_is_new_in_it_counts() {
        let mut texts = Texts::default();
        assert_eq!(texts.added(&own(1, 7, "queued")), Some(7));
        texts.begin_replay();
        assert_eq!(texts.added(&own(1, 7, "delivered")), None);
        assert_eq!(texts.added(&own(2, 8, "sent")), Some(8));
        texts.added(&peers(3, 1));
        texts.end_replay();
        assert_eq!((texts.accepted.len(), texts.open()), (2, 1));
        assert_eq!((texts.received.len(), texts.wrong.len()), (1, 0));
    }

    #[test]
    fn a_status_that_goes_back_is_noticed() {
        let mut texts = Texts::default();
        texts.added(&own(1, 1, "queued"));
        assert!(!texts.updated(&json!({ "n": 1, "status": "sent" })));
        texts.updated(&json!({ "n": 1, "status": "queued" }));
        assert_eq!(texts.wrong.len(), 1);
        assert!(texts.updated(&json!({ "n": 1, "status": "delivered" })));
        assert_eq!(texts.open(), 0);
    }

    #[test]
    fn a_place_that_is_left_out_is_noticed() {
        let mut texts = Texts::default();
        texts.added(&peers(1, 1));
        texts.added(&peers(3, 2));
        assert_eq!(texts.wrong.len(), 1);
    }
}
