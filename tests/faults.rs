//! Each fault alone, in every state of a chat, with real processes: what was accepted arrives once
//! and in order, or its sender is told; nobody hangs, and nothing stays behind.
//!
//! The table below has a test for each fault and each state. `states.rs` and `endings.rs` are what goes on meanwhile
//! and what is expected; what breaks is in `support/pair/fault.rs`.

#[path = "support/alone.rs"]
mod alone;
#[path = "faults/backpressure.rs"]
mod backpressure;
#[path = "faults/endings.rs"]
mod endings;
#[path = "faults/figures.rs"]
mod figures;
#[path = "faults/given_up.rs"]
mod given_up;
#[path = "faults/moving.rs"]
mod moving;
#[path = "support/pair/mod.rs"]
mod pair;
#[path = "faults/screen.rs"]
mod screen;
#[path = "support/skipped.rs"]
mod skipped;
#[path = "faults/states.rs"]
mod states;
mod support;
#[path = "faults/wiped.rs"]
mod wiped;

use pair::Fault;
use pair::Part::{NatHelper, Supervisor, Transport, Ui};
use pair::Who::{Connector, Listener};

/// A module for each fault, and in it a test for each state it is tried in.
macro_rules! faults {
    ($($name:ident: $fault:expr, $in:ident::{$($state:ident),+ $(,)?};)+) => {
        $(mod $name {
            use super::*;
            $(#[test]
            fn $state() {
                $in::$state($fault);
            })+
        })+
    };
}

faults! {
    a_killed_transport_of_the_listener: Fault::Killed(Listener, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_killed_transport_of_the_connector: Fault::Killed(Connector, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_killed_ui: Fault::Killed(Connector, Ui), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_killed_nat_helper: Fault::Killed(Listener, NatHelper), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_killed_supervisor_of_the_listener: Fault::Killed(Listener, Supervisor), endings::{
        in_a_handshake_leaves_nothing, in_a_verification_leaves_nothing, is_told_while_idle,
        is_told_in_a_burst, is_told_in_a_resume, is_told_by_who_was_about_to_leave,
    };
    a_killed_supervisor_of_the_connector: Fault::Killed(Connector, Supervisor), endings::{
        in_a_handshake_leaves_nothing, in_a_verification_leaves_nothing, is_told_while_idle,
        is_told_in_a_burst, is_told_in_a_resume, is_told_by_who_was_about_to_leave,
    };
    a_stopped_transport_of_the_listener: Fault::Stopped(Listener, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_stopped_transport_of_the_connector: Fault::Stopped(Connector, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_stopped_ui: Fault::Stopped(Listener, Ui), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_stopped_nat_helper: Fault::Stopped(Listener, NatHelper), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_stopped_supervisor_of_the_listener: Fault::Stopped(Listener, Supervisor), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_stopped_supervisor_of_the_connector: Fault::Stopped(Connector, Supervisor), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_transport_that_closes_its_stdout: Fault::StdoutClosed(Listener, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_transport_that_closes_its_stdin: Fault::StdinClosed(Connector, Transport), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_ui_that_closes_its_stdout: Fault::StdoutClosed(Connector, Ui), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_ui_that_closes_its_stdin: Fault::StdinClosed(Listener, Ui), states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_cut_line: Fault::Cut, states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    // Before there is a ticket the listener can only wait until its own patience ends.
    a_line_that_is_cut_for_the_connector_only: Fault::CutForTheConnector, states::{
        costs_nothing_while_idle, costs_nothing_in_a_burst, costs_nothing_in_a_resume,
        does_not_stop_who_leaves,
    };
    a_stalled_line: Fault::Stalled, states::{
        in_a_handshake_costs_one_try, in_a_verification_costs_one_try, costs_nothing_while_idle,
        costs_nothing_in_a_burst, costs_nothing_in_a_resume, does_not_stop_who_leaves,
    };
    a_redial_that_the_kernel_refuses: Fault::Refused, states::{
        costs_nothing_while_idle, costs_nothing_in_a_burst, costs_nothing_in_a_resume,
        does_not_stop_who_leaves,
    };
    // There is something to redial only in a chat.
    a_refused_redial: Fault::RedialRefused, states::{
        costs_nothing_while_idle, costs_nothing_in_a_burst, costs_nothing_in_a_resume,
        does_not_stop_who_leaves,
    };
}
