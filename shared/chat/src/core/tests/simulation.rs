//! Two cores and a network that cuts, delays, repeats and kills, at random: every text that was taken
//! arrives once and in order, or its author is told that it did not.
//!
//! The claims are asserted after every step (`World::check`), and at the end here. A failure prints
//! its seed; `SIMULATION_SEED=N cargo test -p p2p-chat-chat simulation` repeats it alone.

use p2p_chat_protocol::ui::Status;

use super::super::Ending;
use super::world::{CALLER, LISTENER, Plan, World};

/// Runs of one test: together some seconds.
const RUNS: u64 = 1500;

fn seeds() -> Vec<u64> {
    match std::env::var("SIMULATION_SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        Err(_) => (1..=RUNS).collect(),
    }
}

const CALM: Plan = Plan {
    texts: 12,
    cuts: 0,
    transport_kills: 0,
    ui_kills: 0,
    clears: 0,
    sleeps: 0,
    repeats: false,
    quits: 0,
    supervisor_kills: 0,
};

/// Everything arrived, and both know it.
fn assert_all_delivered(world: &World, seed: u64) {
    for side in [CALLER, LISTENER] {
        let [own, peer] = [side, 1 - side].map(|side| &world.sides[side].screen);
        assert_eq!(own.accepted, peer.received, "seed {seed}, side {side}");
        let delivered = own.count(Status::Delivered);
        assert_eq!(delivered, own.accepted.len(), "seed {seed}, side {side}");
    }
}

/// Runs a plan with every seed; how many texts arrived, and how many cuts were survived.
fn all_arrives(plan: Plan) -> (usize, usize) {
    let (mut texts, mut cuts) = (0, 0);
    for seed in seeds() {
        let mut world = World::new(seed);
        world.connect();
        world.run(plan);
        world.settle();
        for side in &world.sides {
            let said = &side.screen.notices;
            assert!(!side.screen.over, "seed {seed}: it ended. {said:?}");
        }
        assert_all_delivered(&world, seed);
        for side in &world.sides {
            texts += side.screen.received.len();
            cuts += side.screen.cuts;
        }
    }
    (texts, cuts)
}

#[test]
fn in_a_calm_everything_arrives() {
    let (texts, cuts) = all_arrives(CALM);
    assert!(texts > 0 && cuts == 0);
}

#[test]
fn over_cut_lines_everything_arrives() {
    let (texts, cuts) = all_arrives(Plan { cuts: 4, ..CALM });
    assert!(texts > 0 && cuts > 0);
}

#[test]
fn with_killed_transports_everything_arrives() {
    let (texts, cuts) = all_arrives(Plan {
        transport_kills: 4,
        ..CALM
    });
    assert!(texts > 0 && cuts > 0);
}

#[test]
fn what_comes_again_is_shown_once() {
    let (_, cuts) = all_arrives(Plan {
        cuts: 4,
        repeats: true,
        ..CALM
    });
    assert!(cuts > 0);
}

#[test]
fn whatever_goes_wrong_together_everything_arrives() {
    let (_, cuts) = all_arrives(Plan {
        texts: 20,
        cuts: 3,
        transport_kills: 3,
        ui_kills: 3,
        clears: 2,
        sleeps: 2,
        repeats: true,
        ..CALM
    });
    assert!(cuts > 0);
}

/// What became of each text of a side: it was delivered, or it was named as lost, and never both.
fn assert_none_lost_silently(world: &World, seed: u64) {
    // Of one that was killed nobody is told anything more.
    let told = world.sides.iter().enumerate();
    for (at, side) in told.filter(|(_, side)| side.stopped != Some(Ending::Broken)) {
        let told = [Status::Delivered, Status::Failed].map(|status| side.screen.count(status));
        let accepted = side.screen.accepted.len();
        assert_eq!(told[0] + told[1], accepted, "seed {seed}, side {at}");
    }
}

/// Runs a plan that ends badly with every seed; how many texts were named as lost.
fn none_is_lost_silently(plan: Plan) -> usize {
    let mut lost = 0;
    for seed in seeds() {
        let mut world = World::new(seed);
        world.connect();
        world.run(plan);
        world.settle();
        world.wait_for_the_end();
        assert_none_lost_silently(&world, seed);
        let failed = |side: usize| world.sides[side].screen.count(Status::Failed);
        lost += failed(CALLER) + failed(LISTENER);
    }
    lost
}

#[test]
fn when_one_or_both_leave_both_are_told_what_did_not_arrive() {
    for quits in [1, 2] {
        let lost = none_is_lost_silently(Plan {
            cuts: 2,
            transport_kills: 2,
            ui_kills: 1,
            repeats: true,
            quits,
            ..CALM
        });
        assert!(lost > 0, "in none of the runs a text was lost");
    }
}

#[test]
fn when_a_supervisor_is_killed_the_other_is_told_what_did_not_arrive() {
    let lost = none_is_lost_silently(Plan {
        cuts: 1,
        transport_kills: 1,
        supervisor_kills: 1,
        ..CALM
    });
    assert!(lost > 0, "in none of the runs a text was lost");
}

#[test]
fn what_goes_wrong_before_they_meet_loses_no_text() {
    let (mut met, mut ended) = (0, 0);
    for seed in seeds() {
        let mut world = World::new(seed);
        world.run(Plan {
            cuts: 1,
            transport_kills: 1,
            ..CALM
        });
        world.settle();
        world.wait_for_the_end();
        let over = world.sides.iter().any(|side| side.stopped.is_some());
        if over {
            ended += 1;
            assert_none_lost_silently(&world, seed);
        } else if world.sides.iter().all(|side| side.screen.connected) {
            met += 1;
            assert_all_delivered(&world, seed);
        }
    }
    assert!(met > 0 && ended > 0, "{met} met, {ended} ended");
}

#[test]
fn a_full_queue_refuses_and_the_thousand_in_it_arrive() {
    for seed in seeds().into_iter().take(20) {
        let mut world = World::new(seed);
        world.connect();
        for side in [CALLER, LISTENER] {
            world.type_all(side, 1200);
            let screen = &world.sides[side].screen;
            assert_eq!((screen.accepted.len(), screen.refused), (1000, 200));
        }
        world.run(Plan {
            texts: 0,
            cuts: 2,
            transport_kills: 1,
            ..CALM
        });
        world.settle();
        assert_all_delivered(&world, seed);
    }
}
