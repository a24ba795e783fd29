//! What goes on while something breaks that can be mended or replaced. Afterwards the chat goes on
//! and ends well.

use crate::pair::{Fault, Link, Pair, Part, Restart, Setup, Who};
use crate::support::{DEADLINE, all_gone, wait_until};

/// More than fits into any pipe or window at once.
const BURST: u64 = 1000;
/// So much of it has come when something breaks.
const BEGUN: usize = 100;
/// Some more characters than a number has.
const SHORT: usize = 10;

pub(crate) fn in_a_handshake_costs_one_try(fault: Fault) {
    let mut pair = handshake(fault);
    let broken = fault.begins(&pair);
    if !matches!(fault, Fault::Stalled) {
        pair.line.flow();
    }
    broken.mend(&pair);
    wait_until_replaced(&pair, fault);
    pair.come_together_after(restarts_in_a_handshake(fault));
    // Of the code that worked: its own try, and none for what was cut.
    let left = pair.listener.now(|ledger| {
        let listening = ledger.last("listening");
        listening.and_then(|event| event["guesses_left"].as_u64())
    });
    assert_eq!(left, Some(4));
    pair.look_at_memory();
    pair.goes_on_and_ends_well(Who::Connector);
}

/// Who has to start again, how it ended, and what it was told.
fn restarts_in_a_handshake(fault: Fault) -> Vec<Restart> {
    let connector = |code, told: &str| vec![(Who::Connector, Some(code), told.to_owned())];
    match fault {
        Fault::Cut | Fault::Killed(Who::Listener, Part::Transport) => {
            connector(69, "handshake_failed")
        }
        // Nobody knows who has seen the code, so it counts as used.
        Fault::Killed(Who::Connector, Part::Transport)
        | Fault::StdoutClosed(Who::Listener, Part::Transport) => connector(3, "wrong_code"),
        _ => Vec::new(),
    }
}

pub(crate) fn in_a_verification_costs_one_try(fault: Fault) {
    let mut pair = verification(fault);
    fault.begins(&pair).mend(&pair);
    if matches!(fault, Fault::StdinClosed(_, Part::Transport)) {
        // Nobody notices before something is asked.
        pair.compare_words();
    }
    wait_until_replaced(&pair, fault);
    pair.come_together_after(restarts_in_a_verification(fault));
    pair.look_at_memory();
    pair.goes_on_and_ends_well(Who::Listener);
}

/// Without a code a listener ends with its transport, and nobody is known well enough to come back.
fn restarts_in_a_verification(fault: Fault) -> Vec<Restart> {
    let ended = |who, told: &str| (who, Some(1), told.to_owned());
    match fault {
        Fault::Killed(Who::Listener, Part::Transport)
        | Fault::StdoutClosed(Who::Listener, Part::Transport) => {
            vec![ended(Who::Listener, ""), ended(Who::Connector, "")]
        }
        Fault::Cut => vec![ended(Who::Connector, "")],
        Fault::Killed(Who::Connector, Part::Transport)
        | Fault::StdinClosed(Who::Connector, Part::Transport) => {
            vec![ended(Who::Connector, "unavailable")]
        }
        _ => Vec::new(),
    }
}

pub(crate) fn costs_nothing_while_idle(fault: Fault) {
    let pair = Pair::chatting(fault.setup());
    let broken = fault.begins(&pair);
    pair.both_say(3, SHORT);
    wait_until_taken(&pair, fault);
    broken.mend(&pair);
    pair.goes_on_and_ends_well(Who::Connector);
}

pub(crate) fn costs_nothing_in_a_burst(fault: Fault) {
    let pair = burst(fault);
    let broken = fault.begins(&pair);
    wait_until_taken(&pair, fault);
    broken.mend(&pair);
    pair.goes_on_and_ends_well(Who::Listener);
}

pub(crate) fn costs_nothing_in_a_resume(fault: Fault) {
    let pair = resume(fault);
    let broken = fault.begins(&pair);
    if !matches!(fault, Fault::Stalled) {
        pair.line.flow();
    }
    broken.mend(&pair);
    pair.goes_on_and_ends_well(Who::Connector);
}

pub(crate) fn does_not_stop_who_leaves(fault: Fault) {
    let (mut pair, leaves) = leaving(fault);
    let families = [pair.listener.family(), pair.connector.family()].concat();
    let broken = fault.begins(&pair);
    if !matches!(fault, Fault::Stalled) {
        pair.line.flow();
    }
    broken.mend(&pair);
    let code = pair.exit_code_of(leaves);
    let (failed, open) = pair.side(leaves).now(|ledger| {
        let texts = &ledger.texts;
        (texts.failed.len(), texts.open())
    });
    assert_eq!(code, Some(i32::from(failed > 0)), "{failed} texts failed");
    // A ui that broke was told nothing more; then the exit code alone says that all is well.
    let ui_broke = fault.hits().is_some_and(|(_, part)| part == Part::Ui);
    assert!(open == 0 || ui_broke, "{open} texts: nobody knows of them");
    pair.the_other_ends(leaves.other());
    all_gone(&families);
    pair.nothing_is_wrong();
}

/// Somebody calls, and nothing is answered yet.
pub(crate) fn handshake(fault: Fault) -> Pair {
    let pair = Pair::start(fault.setup());
    pair.line.stall();
    pair.type_code_when_asked();
    wait_until("it calls", || pair.line.calls() > 0);
    pair
}

/// They are connected, and nobody has typed a word yet.
pub(crate) fn verification(fault: Fault) -> Pair {
    let pair = Pair::start(Setup {
        words: true,
        ..fault.setup()
    });
    for side in [&pair.listener, &pair.connector] {
        side.wait("it shows words", |ledger| {
            (ledger.count("verification_needed") > 0).then_some(())
        });
    }
    pair
}

/// Both have much to say.
pub(crate) fn burst(fault: Fault) -> Pair {
    let pair = Pair::chatting(fault.setup());
    pair.both_say(BURST, SHORT);
    for side in [&pair.listener, &pair.connector] {
        side.wait("it has begun", |ledger| {
            (ledger.texts.received.len() >= BEGUN).then_some(())
        });
    }
    pair
}

/// The line was cut, texts wait, and the connector has called again.
pub(crate) fn resume(fault: Fault) -> Pair {
    let pair = Pair::chatting(fault.setup());
    let calls = pair.line.calls();
    pair.line.stall();
    pair.line.cut();
    for side in [&pair.listener, &pair.connector] {
        side.wait("it notices the cut", |ledger| {
            (ledger.link == Link::Cut).then_some(())
        });
    }
    pair.both_say(3, SHORT);
    wait_until("it calls again", || pair.line.calls() > calls);
    pair
}

/// Somebody leaves, and texts of his wait for a line that is stalled.
pub(crate) fn leaving(fault: Fault) -> (Pair, Who) {
    let pair = Pair::chatting(fault.setup());
    let leaves = fault.victim().unwrap_or(Who::Connector);
    pair.line.stall();
    let side = pair.side(leaves);
    side.say(3, SHORT);
    side.wait_until_taken();
    side.leave();
    (pair, leaves)
}

/// A stopped side takes nothing.
fn wait_until_taken(pair: &Pair, fault: Fault) {
    for who in [Who::Listener, Who::Connector] {
        if fault.victim() != Some(who) {
            pair.side(who).wait_until_taken();
        }
    }
}

/// A transport that lives and cannot be heard is found out after 5 s, and replaced or its program
/// ends.
fn wait_until_replaced(pair: &Pair, fault: Fault) {
    let Fault::StdoutClosed(who, Part::Transport) = fault else {
        return;
    };
    for status in ["restarting", "started"] {
        // The error is the end of the program; how it ended is looked at later.
        let _ = pair.side(who).try_wait(DEADLINE, |ledger| {
            let change = ledger.last("plugin_changed")?;
            (change["status"] == status).then_some(())
        });
    }
}
