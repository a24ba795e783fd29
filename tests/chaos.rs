//! Two chats while everything around them breaks, for as long as you like: `scripts/soak.sh`.
//!
//! Real processes talk without end, at times in bursts, while a schedule kills and stops them, closes
//! their pipes, and cuts, stalls and closes the line between them. At the end every text that was
//! accepted has come once and in order, and nothing is left behind. Start reading in `run.rs`.

#[path = "support/alone.rs"]
mod alone;
#[path = "support/pair/mod.rs"]
mod pair;
#[path = "chaos/run.rs"]
mod run;
#[path = "chaos/schedule.rs"]
mod schedule;
#[path = "support/skipped.rs"]
mod skipped;
mod support;
#[path = "chaos/tally.rs"]
mod tally;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alone::alone;
use schedule::Dice;

/// How long it goes on, in seconds.
const SECONDS: &str = "P2P_CHAT_SOAK_SECONDS";
/// As long as every change can wait for it.
const SHORT: u64 = 20;
/// The seed of an earlier run.
const SEED: &str = "P2P_CHAT_SOAK_SEED";
#[test]
fn every_accepted_text_comes_once_and_in_order_whatever_breaks() {
    let test = "every_accepted_text_comes_once_and_in_order_whatever_breaks";
    // There a listener can open its port to all, as it must for a router to be asked, and no line
    // leads around the one that is cut.
    if !alone(test) {
        return;
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH);
    let chance = clock.map_or(0, |since| u64::from(since.subsec_nanos()));
    let seed = number(SEED).unwrap_or(chance);
    let seconds = number(SECONDS).unwrap_or(SHORT);
    println!("{seconds} s with seed {seed}");
    let tally = run::run(Duration::from_secs(seconds), &mut Dice::new(seed));
    println!("{tally}");
    assert!(tally.is_good(), "see above; seed {seed}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
