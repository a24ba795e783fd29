//! What goes on while a supervisor is killed: with it everything it knew is gone, and the other
//! side is told.

use crate::pair::{Fault, Link, Pair, Who};
use crate::states;
use crate::support::all_gone;

pub(crate) fn in_a_handshake_leaves_nothing(fault: Fault) {
    let mut pair = states::handshake(fault);
    kill(&pair, fault);
    pair.line.flow();
    pair.come_together();
    pair.goes_on_and_ends_well(Who::Connector);
}

pub(crate) fn in_a_verification_leaves_nothing(fault: Fault) {
    let mut pair = states::verification(fault);
    kill(&pair, fault);
    pair.come_together();
    pair.goes_on_and_ends_well(Who::Connector);
}

pub(crate) fn is_told_while_idle(fault: Fault) {
    let pair = Pair::chatting(fault.setup());
    kill(&pair, fault);
    the_other_is_told(pair, fault);
}

pub(crate) fn is_told_in_a_burst(fault: Fault) {
    let pair = states::burst(fault);
    kill(&pair, fault);
    the_other_is_told(pair, fault);
}

pub(crate) fn is_told_in_a_resume(fault: Fault) {
    let pair = states::resume(fault);
    kill(&pair, fault);
    pair.line.flow();
    the_other_is_told(pair, fault);
}

pub(crate) fn is_told_by_who_was_about_to_leave(fault: Fault) {
    let (pair, _) = states::leaving(fault);
    kill(&pair, fault);
    pair.line.flow();
    the_other_is_told(pair, fault);
}

/// Kills it; its plugins end by themselves, and close the port.
fn kill(pair: &Pair, fault: Fault) {
    let victim = pair.side(fault.victim().expect("a supervisor is somebody's"));
    let family = victim.family();
    fault.begins(pair);
    all_gone(&family);
    pair.no_port_is_open();
}

/// Nobody can tell that a line was cut for ever: the other side waits, until its user leaves and is
/// told what was not delivered.
fn the_other_is_told(mut pair: Pair, fault: Fault) {
    let stays = fault.victim().expect("a supervisor is somebody's").other();
    let families = pair.side(stays).family();
    pair.side(stays).say(1, 0);
    pair.side(stays).wait("it is cut", |ledger| {
        (ledger.link == Link::Cut).then_some(())
    });
    pair.side(stays).leave();
    assert_eq!(
        pair.exit_code_of(stays),
        Some(1),
        "a text was not delivered"
    );
    all_gone(&families);
    pair.side(stays).now(|ledger| {
        assert_eq!(ledger.texts.open(), 0, "{}", ledger.describe());
        assert!(!ledger.texts.failed.is_empty(), "{}", ledger.describe());
    });
    for side in [&pair.listener, &pair.connector] {
        side.now(|ledger| assert!(ledger.texts.wrong.is_empty(), "{}", ledger.describe()));
    }
}
