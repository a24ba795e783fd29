//! How long it takes.

use std::time::{Duration, Instant};

use crate::pair::{Link, Pair, Setup};

/// From the redial to the first text.
const GOAL: Duration = Duration::from_millis(100);
/// The best of these counts: it is the program's time, the others are the busy computer's.
const CUTS: usize = 3;

#[test]
fn after_a_cut_the_first_text_is_through_within_100_ms_of_the_redial() {
    let pair = Pair::chatting(Setup::default());
    let took = (0..CUTS).map(|_| resume(&pair));
    let best = took.min().expect("there are some");
    assert!(best <= GOAL, "{best:?}");
    pair.goes_on_and_ends_well(crate::pair::Who::Connector);
}

fn resume(pair: &Pair) -> Duration {
    pair.line.cut();
    for side in [&pair.listener, &pair.connector] {
        side.wait("it notices the cut", |ledger| {
            (ledger.link == Link::Cut).then_some(())
        });
    }
    pair.connector.say(1, 10);
    let asked = pair.connector.now(crate::pair::Ledger::asked);
    let came = pair.listener.wait("the text", |ledger| {
        (ledger.texts.received.last() >= Some(&asked)).then(Instant::now)
    });
    came - pair.line.last_call().expect("it called")
}
