//! How the two come together, if need be after several tries.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::pair::both::{Pair, Restart, Who};
use crate::pair::ledger::{Ledger, Link};
use crate::support::looking::look_for;
use crate::support::{DEADLINE, wait_until};

/// What people can do now.
enum Step {
    /// Type this code for that address.
    TypeCode(String),
    /// Start this one anew.
    StartAgain(Who),
    /// Compare words.
    Compare,
    /// Nothing; they chat.
    Done,
}

/// Whoever gets no answer for so long types his words once more: they went to somebody who closed
/// his ears at that moment.
const PATIENCE: Duration = Duration::from_secs(3);

impl Pair {
    /// Brings them together. Whoever has ended is started again, as people would.
    pub(crate) fn come_together(&mut self) {
        let mut typed = None;
        let mut compared = Instant::now();
        let together = look_for(DEADLINE, || {
            match self.step(&mut typed) {
                Some(Step::Done) => return Some(()),
                Some(Step::TypeCode(code)) => self.type_code(&code),
                Some(Step::StartAgain(who)) => {
                    self.start_again(who);
                    typed = None;
                }
                Some(Step::Compare) => {
                    self.compare_words();
                    compared = Instant::now();
                }
                None if self.setup.words && compared.elapsed() > PATIENCE => {
                    compared = Instant::now();
                    typed = None;
                }
                None => {}
            }
            None
        });
        assert!(
            together.is_some(),
            "they do not come together.\nlistener: {}\nconnector: {}",
            self.listener.now(Ledger::describe),
            self.connector.now(Ledger::describe)
        );
    }

    /// The same, when these have ended; nobody else, and nobody twice.
    pub(crate) fn come_together_after(&mut self, ends: Vec<Restart>) {
        for (who, ..) in &ends {
            wait_until(&format!("the end of the {who:?}"), || {
                self.side(*who).has_ended()
            });
        }
        self.come_together();
        assert_eq!(self.restarts, ends);
    }

    /// Types the code that the listener shows now, once the connector is asked for one.
    pub(crate) fn type_code_when_asked(&self) {
        let code = self.listener.wait("it shows a code", code_of);
        self.connector.wait("it asks for the code", |ledger| {
            (ledger.count("input_needed") > 0).then_some(())
        });
        self.type_code(&code);
    }

    fn type_code(&self, code: &str) {
        let invite = self.line.address();
        let request = json!({ "type": "connect", "invite": invite, "passcode": code });
        self.connector.ask(request);
    }

    /// Each says three words, and the other types them.
    pub(crate) fn compare_words(&self) {
        for (from, to) in [
            (&self.listener, &self.connector),
            (&self.connector, &self.listener),
        ] {
            let words = from.now(|ledger| {
                let needed = ledger.last("verification_needed");
                needed.map(|event| event["show"].clone())
            });
            if let Some(words) = words {
                to.ask(json!({ "type": "verify", "words": words }));
            }
        }
    }

    /// `typed`: the code that was typed last, or empty words that were compared.
    fn step(&self, typed: &mut Option<String>) -> Option<Step> {
        for who in [Who::Listener, Who::Connector] {
            let side = self.side(who);
            if side.has_ended() {
                return Some(Step::StartAgain(who));
            }
        }
        let [listener, connector] =
            [&self.listener, &self.connector].map(|side| side.now(|ledger| ledger.link.clone()));
        if listener == Link::Together && connector == Link::Together {
            return Some(Step::Done);
        }
        if self.setup.words {
            if (&listener, &connector) == (&Link::Apart, &Link::Cut) {
                // Its words were the last to be typed, and the listener broke before it was told:
                // nobody can know that, and it would call in vain for 10 minutes.
                return Some(Step::StartAgain(Who::Connector));
            }
            let both = listener == Link::Unverified && connector == Link::Unverified;
            // A ui that was started again knows nothing of what was typed.
            let shown = |ledger: &Ledger| {
                let words = ledger.last("verification_needed")?;
                Some(format!("{words} {}", ledger.count("welcome")))
            };
            let shows = self.listener.now(shown).zip(self.connector.now(shown));
            let words = shows.map(|(listener, connector)| listener + &connector);
            if !both || words.is_none() || *typed == words {
                return None;
            }
            *typed = words;
            return Some(Step::Compare);
        }
        let asked = self
            .connector
            .now(|ledger| ledger.count("input_needed") > 0);
        let code = self.listener.now(code_of).filter(|_| asked)?;
        if connector != Link::Apart || typed.is_some() {
            return None;
        }
        *typed = Some(code.clone());
        Some(Step::TypeCode(code))
    }
}

/// The code a listener shows now.
fn code_of(ledger: &Ledger) -> Option<String> {
    Some(ledger.last("listening")?["passcode"].as_str()?.to_owned())
}
