//! Somebody does not read: what waits is bounded, the sender is told, and nothing is dropped.

use std::time::Duration;

use rustix::process::Signal;

use crate::pair::{Pair, Part, Setup, Who};
use crate::support::signal;

/// Whoever does not read for 10 s is replaced, and then calls back.
pub(crate) const REPLACED: Duration = Duration::from_secs(60);
/// So that bytes are what fills up.
pub(crate) const LARGE: usize = 32_000;
/// So that their number is what fills up.
const SHORT: usize = 10;

#[test]
fn a_peer_that_reads_nothing_is_waited_for_with_large_texts() {
    a_peer_that_reads_nothing(LARGE);
}

#[test]
fn a_peer_that_reads_nothing_is_waited_for_with_short_texts() {
    a_peer_that_reads_nothing(SHORT);
}

fn a_peer_that_reads_nothing(padding: usize) {
    let pair = Pair::chatting(Setup::default());
    let transport = pair.listener.process(Part::Transport);
    signal(transport, Signal::STOP);
    pair.connector.say_until_full(padding, REPLACED);
    pair.look_at_memory();
    pair.listener.go_on(transport);
    ends_well(pair);
}

#[test]
fn an_own_transport_that_stops_is_replaced_while_large_texts_wait() {
    let pair = Pair::chatting(Setup::default());
    signal(pair.connector.process(Part::Transport), Signal::STOP);
    pair.connector.say_until_full(LARGE, REPLACED);
    ends_well(pair);
}

#[test]
fn an_own_transport_that_stops_may_go_on_while_short_texts_wait() {
    let pair = Pair::chatting(Setup::default());
    let transport = pair.connector.process(Part::Transport);
    signal(transport, Signal::STOP);
    pair.connector.say_until_full(SHORT, REPLACED);
    pair.look_at_memory();
    pair.connector.go_on(transport);
    ends_well(pair);
}

#[test]
fn a_ui_that_draws_nothing_slows_the_sender_of_large_texts() {
    a_ui_that_draws_nothing(LARGE);
}

#[test]
fn a_ui_that_draws_nothing_slows_the_sender_of_short_texts() {
    a_ui_that_draws_nothing(SHORT);
}

fn a_ui_that_draws_nothing(padding: usize) {
    let pair = Pair::chatting(Setup {
        ui_process: Some(Who::Listener),
        ..Setup::default()
    });
    signal(pair.listener.process(Part::Ui), Signal::STOP);
    pair.connector.say_until_full(padding, REPLACED);
    ends_well(pair);
}

/// All of it arrives after all.
fn ends_well(pair: Pair) {
    let arrived = pair.arrives_within(REPLACED);
    arrived.unwrap_or_else(|why| panic!("{why}"));
    pair.goes_on_and_ends_well(Who::Connector);
}
