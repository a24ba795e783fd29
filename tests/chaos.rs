//! Two chats while everything around them breaks, for as long as you like: `scripts/soak.sh`.
//!
//! Real processes talk without end, at times in bursts, while a schedule kills and stops them, closes
//! their pipes, and cuts, stalls and closes the line between them. At the end every text that was
//! accepted has come once and in order, and nothing is left behind. Start reading in `run.rs`.

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

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schedule::Dice;
use skipped::skipped;

/// How long it goes on, in seconds.
const SECONDS: &str = "P2P_CHAT_SOAK_SECONDS";
/// As long as every change can wait for it.
const SHORT: u64 = 20;
/// The seed of an earlier run.
const SEED: &str = "P2P_CHAT_SOAK_SEED";
/// Set where this program was started again in a network of its own.
const ALONE: &str = "P2P_CHAT_SOAK_ALONE";

#[test]
fn every_accepted_text_comes_once_and_in_order_whatever_breaks() {
    let test = "every_accepted_text_comes_once_and_in_order_whatever_breaks";
    if number(ALONE).is_none() {
        return match namespaces_work() {
            true => run_alone(test),
            false => skipped(test, "this computer permits no network namespace").unwrap_or(()),
        };
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

/// A network with nothing in it but loopback: there a listener can open its port to all, as it must
/// for a router to be asked, and no line leads around the one that is cut.
fn run_alone(test: &str) {
    let myself = std::env::current_exe().expect("this test binary");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-euc"])
        .args(["ip link set lo up; exec \"$@\"", "chaos"])
        .arg(myself)
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .status();
    assert!(status.expect("unshare runs").success());
}

fn namespaces_work() -> bool {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c"])
        .arg("ip link set lo up")
        .output();
    tried.is_ok_and(|output| output.status.success())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
