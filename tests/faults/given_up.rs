//! A plugin that nobody can do without is given up in the middle of a chat: the program ends, and
//! says what was not delivered. And what is asked at an end is answered.

use crate::pair::{Link, Pair, Part, Setup, Who};
use crate::support::all_gone;

/// In 180 s.
const CRASHES: usize = 5;
const TEXTS: u64 = 3;
/// As many as fit into a pipe: what is written later, nobody may read.
const MANY: u64 = 300;
const SHORT: usize = 100;

/// Texts of the connector wait for a line that is stalled.
fn waiting(setup: Setup) -> Pair {
    let pair = Pair::chatting(setup);
    pair.line.stall();
    pair.connector.say(TEXTS, SHORT);
    pair.connector.wait_until_taken();
    pair
}

#[test]
fn five_crashes_of_transport_name_what_waits_and_the_peer_sees_a_cut() {
    let mut pair = waiting(Setup::default());
    for _ in 0..CRASHES {
        pair.connector.kill(Part::Transport);
    }
    assert_eq!(pair.exit_code_of(Who::Connector), Some(70));
    pair.connector.now(|ledger| {
        let texts = &ledger.texts;
        assert_eq!(
            (texts.failed.len(), texts.open()),
            (3, 0),
            "{}",
            ledger.describe()
        );
    });
    let complaint = pair.connector.complaints();
    assert!(
        complaint.contains("the transport does not work"),
        "{complaint}"
    );
    pair.line.cut();
    pair.the_other_ends(Who::Listener);
}

#[test]
fn five_crashes_of_a_ui_name_what_waits_and_the_peer_is_told_who_left() {
    let mut pair = waiting(Setup {
        ui_process: Some(Who::Connector),
        ..Setup::default()
    });
    let family = pair.connector.family();
    for _ in 0..CRASHES {
        pair.connector.kill(Part::Ui);
    }
    assert_eq!(pair.exit_code_of(Who::Connector), Some(70));
    let complaint = pair.connector.complaints();
    let names = (1..=TEXTS).map(|n| format!("\n  \"{n} {}…\"", "x".repeat(58)));
    let names = format!("Not delivered: {TEXTS}.{}\n", names.collect::<String>());
    assert!(complaint.contains(&names), "{complaint}");
    assert!(complaint.contains("the ui does not work"), "{complaint}");
    pair.line.flow();
    let left = Link::Gone("left".to_owned());
    pair.listener
        .wait("it left", |ledger| (ledger.link == left).then_some(()));
    assert_eq!(pair.exit_code_of(Who::Listener), Some(0));
    all_gone(&family);
}

#[test]
fn what_is_asked_after_a_quit_is_answered_and_fails_a_script() {
    for _ in 0..5 {
        let mut pair = Pair::chatting(Setup::default());
        pair.connector.leave_and_say(MANY, SHORT);
        assert_eq!(pair.exit_code_of(Who::Connector), Some(1));
        assert_eq!(pair.exit_code_of(Who::Listener), Some(0));
        pair.connector.now(|ledger| {
            let refused = &ledger.turned_down;
            assert!(refused.iter().all(|code| code == "\"busy\""));
            assert_eq!(refused.len() as u64, MANY);
        });
        pair.nothing_is_wrong();
    }
}
