//! What one side of a chat has asked and was told, line by line. Pure.
//!
//! Each text's words begin with its number, which is also the id of the request that sends it. A
//! refused text gets a new number when it is sent again, so numbers only grow: what comes twice or
//! in another order shows at once.

mod texts;

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

pub(crate) use texts::Texts;

/// Asked at once: some more than p2p-chat lets wait, so that a burst meets its limit.
const MAX_UNANSWERED: usize = 1200;
/// What a failing test shows of the end: of texts, and of all else.
const KEPT_LINES: [usize; 2] = [5, 40];
/// Different warnings that one chat can bring.
const MAX_WARNINGS: usize = 40;
/// Requests that are no texts have ids from here on.
const OTHER_IDS: u64 = 1 << 40;

/// How the peer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nobody was there yet, or only somebody who failed.
    #[default]
    Apart,
    /// There, but the words are still to be compared.
    Unverified,
    /// There.
    Together,
    /// Cut, and it may come back.
    Cut,
    /// Gone for good, for this reason.
    Gone(String),
}

/// All that one side knows.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) texts: Texts,
    pub(crate) link: Link,
    /// How often each type of event came, and the last of each.
    events: HashMap<String, (u64, Value)>,
    /// Texts that are to be sent and were not accepted yet.
    wanted: u64,
    /// How many more characters each has.
    padding: usize,
    /// The number of the last text that was asked for.
    asked: u64,
    unanswered: VecDeque<u64>,
    /// Once a text was refused, only so many more may be asked for as others were delivered.
    credit: Option<u64>,
    /// How often a text was refused because too many wait.
    pub(crate) queue_full: u64,
    /// Refusals of a text for any other reason.
    pub(crate) turned_down: Vec<String>,
    warnings: Vec<String>,
    last_other_id: u64,
    last_lines: [VecDeque<String>; 2],
}

impl Ledger {
    /// Wants `count` more texts sent, each with so much padding.
    pub(crate) fn want(&mut self, count: u64, padding: usize) {
        self.wanted += count;
        self.padding = padding;
    }

    /// Wants no more sent than was asked for already.
    pub(crate) fn want_no_more(&mut self) {
        self.wanted = 0;
    }

    /// Whether all that was to be sent was, and it is known what became of it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.wanted == 0 && self.unanswered.is_empty() && self.texts.open() == 0
    }

    /// Texts that were asked for and not answered.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// The number of the last text that was asked for.
    pub(crate) fn asked(&self) -> u64 {
        self.asked
    }

    /// Texts that were asked for and are neither accepted nor to be asked for again.
    pub(crate) fn wanted(&self) -> u64 {
        self.wanted
    }

    /// Whether so many texts wait that it asks for no more now.
    pub(crate) fn is_held_back(&self) -> bool {
        self.credit == Some(0)
    }

    /// How often this type of event came.
    pub(crate) fn count(&self, kind: &str) -> u64 {
        self.events.get(kind).map_or(0, |(count, _)| *count)
    }

    /// The last event of this type.
    pub(crate) fn last(&self, kind: &str) -> Option<&Value> {
        self.events.get(kind).map(|(_, event)| event)
    }

    /// The code of the refusal that ended an attempt to connect.
    pub(crate) fn last_failure(&self) -> String {
        let code = self
            .last("connect_failed")
            .and_then(|event| event["code"].as_str());
        code.unwrap_or_default().to_owned()
    }

    /// Whether its user was warned in these words.
    pub(crate) fn warned_of(&self, words: &str) -> bool {
        self.warnings.iter().any(|warning| warning.contains(words))
    }

    /// The next text to ask for, if it is time for one.
    pub(crate) fn next_ask(&mut self) -> Option<Value> {
        let waiting = self.unanswered.len();
        if waiting >= MAX_UNANSWERED || self.wanted <= waiting as u64 || self.credit == Some(0) {
            return None;
        }
        self.credit = self.credit.map(|credit| credit - 1);
        self.asked += 1;
        self.unanswered.push_back(self.asked);
        let text = format!("{} {}", self.asked, "x".repeat(self.padding));
        Some(json!({ "type": "send_message", "id": self.asked, "text": text }))
    }

    /// Any other request, with an id.
    pub(crate) fn ask_other(&mut self, mut request: Value) -> Value {
        self.last_other_id += 1;
        request["id"] = (OTHER_IDS + self.last_other_id).into();
        request
    }

    /// Takes a line in.
    pub(crate) fn hear(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            // The ui was killed in the middle of it.
            return;
        };
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        let of_texts = kind.starts_with("message_") || event["code"] == "queue_full";
        let kept = &mut self.last_lines[usize::from(!of_texts)];
        kept.push_back(line.chars().take(300).collect());
        if kept.len() > KEPT_LINES[usize::from(!of_texts)] {
            kept.pop_front();
        }
        match kind.as_str() {
            "welcome" => {
                self.texts.begin_replay();
                // What the last ui had asked for may never be answered.
                self.unanswered.clear();
            }
            "replay_finished" => {
                self.texts.end_replay();
                self.credit = None;
            }
            "message_added" => self.added(&event),
            "message_updated" => self.updated(&event),
            "error" => self.refused(&event),
            "notice" if event["level"] == "warn" && self.warnings.len() < MAX_WARNINGS => {
                self.warnings.push(event["text"].to_string());
            }
            "peer_connected" => self.connected(&event),
            "peer_disconnected" => self.disconnected(&event),
            _ => {}
        }
        let (count, last) = self.events.entry(kind).or_default();
        *count += 1;
        *last = event;
    }

    fn added(&mut self, event: &Value) {
        if let Some(accepted) = self.texts.added(event) {
            self.wanted = self.wanted.saturating_sub(1);
            self.answered(accepted);
        }
    }

    /// Answers come in order.
    fn answered(&mut self, number: u64) {
        while self.unanswered.front().is_some_and(|n| *n <= number) {
            let unanswered = self.unanswered.pop_front();
            if unanswered != Some(number) {
                let skipped = format!("text {unanswered:?} was never answered");
                self.texts.wrong(skipped);
            }
        }
    }

    fn updated(&mut self, event: &Value) {
        let delivered = u64::from(self.texts.updated(event));
        // With nothing on the way there is room again.
        let open = self.texts.open() > 0;
        self.credit = self
            .credit
            .map(|credit| credit + delivered)
            .filter(|_| open);
    }

    fn refused(&mut self, event: &Value) {
        let number = event["reply_to"].as_u64().unwrap_or(u64::MAX);
        if number > self.asked {
            return;
        }
        self.answered(number);
        if event["code"] == "queue_full" {
            self.queue_full += 1;
            self.credit = Some(0).filter(|_| self.texts.open() > 0);
        } else {
            self.turned_down.push(event["code"].to_string());
            self.wanted = 0;
        }
    }

    fn connected(&mut self, event: &Value) {
        self.link = match event["verification"].as_str() {
            Some("unverified") => Link::Unverified,
            _ => Link::Together,
        };
        if event["resumed"] != true {
            self.texts.begin_conversation();
        }
    }

    fn disconnected(&mut self, event: &Value) {
        self.link = if event["redialing"] == true {
            Link::Cut
        } else if event["waiting"] == true {
            Link::Apart
        } else {
            Link::Gone(event["reason"].as_str().unwrap_or_default().to_owned())
        };
    }

    /// For a test that fails.
    pub(crate) fn describe(&self) -> String {
        let lines = self.last_lines.iter().rev().flatten();
        let lines: Vec<_> = lines.map(String::as_str).collect();
        format!(
            "{:?}, wants {} more, {} unanswered, {}\nIts last lines, and of texts:\n{}",
            self.link,
            self.wanted,
            self.unanswered.len(),
            self.texts.describe(),
            lines.join("\n")
        )
    }
}
