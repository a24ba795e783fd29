//! Does a program play its role as the specification asks? For `p2p-chat check`, and for the tests
//! of the plugins here.
//!
//! Every check starts the program anew, so that one fault fails one check. What was tolerated once
//! (fields and types nobody knows) is mixed in at random from then on. Start reading at [`check`]
//! and the list of checks in `list.rs`; then `subject.rs`, the program over all its runs, and
//! `run.rs`, one run of it.

mod ending;
mod events;
mod first_words;
mod grease;
mod list;
mod quote;
mod requests;
mod run;
mod speech;
mod subject;
mod tolerance;

use std::fmt;

use p2p_chat_protocol::Role;

pub use run::Started;

use list::CHECKS;
use subject::Subject;

/// What came of one check. Its `Display` is a line for people.
#[derive(Debug)]
pub struct Outcome {
    /// The check's name.
    pub name: &'static str,
    /// What the specification asks.
    pub claim: &'static str,
    /// What to change where it failed.
    pub advice: &'static str,
    /// Whether the program does it.
    pub verdict: Verdict,
}

/// Whether a program does what a check asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It does this instead.
    Failed(String),
    /// Nobody knows: an earlier check failed that all others need.
    NotChecked,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            claim,
            advice,
            verdict,
        } = self;
        match verdict {
            Verdict::Passed => write!(f, "ok    {name}: {claim}"),
            Verdict::Failed(found) => {
                write!(f, "FAIL  {name}: {}; {advice}", found.trim_end_matches('.'))
            }
            Verdict::NotChecked => write!(f, "-     {name}: not checked, mend the others first"),
        }
    }
}

/// Runs all checks of `role` on the program that `start` starts, and tells each outcome as it
/// comes. The same `seed` mixes in the same unknown fields and types. Returns how many failed.
pub async fn check(
    role: Role,
    seed: u64,
    start: impl FnMut() -> Result<Started, String> + 'static,
    mut tell: impl FnMut(&Outcome),
) -> usize {
    let mut subject = Subject::new(role, seed, Box::new(start));
    let mut failed = 0;
    let mut usable = true;
    for check in CHECKS.iter().filter(|check| check.roles.contains(&role)) {
        let verdict = if usable {
            match (check.run)(&mut subject).await {
                Ok(()) => Verdict::Passed,
                Err(found) => {
                    failed += 1;
                    usable = !check.essential;
                    Verdict::Failed(found)
                }
            }
        } else {
            Verdict::NotChecked
        };
        tell(&Outcome {
            name: check.name,
            claim: check.claim,
            advice: check.advice,
            verdict,
        });
    }
    subject.stop().await;
    failed
}
