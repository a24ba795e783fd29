//! Not at random: everything that can happen with two texts, one cut and one killed transport, in
//! every order, one line and one packet at a time.

use std::collections::{HashSet, VecDeque};

use p2p_chat_protocol::ui::Status;

use super::world::{Plan, Step, World};

/// Says how a world came about, when a claim about it fails.
struct Telling(Vec<Step>);

impl Drop for Telling {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it happened after {:?}", self.0);
        }
    }
}

/// Tries everything; how many different states there are, and in how many nothing can happen any
/// more.
fn explore(plan: Plan) -> (usize, usize) {
    let mut seen = HashSet::new();
    let mut ends = 0;
    let mut queue = VecDeque::from([(World::met(), plan)]);
    while let Some((world, plan)) = queue.pop_front() {
        let mut choices = world.choices(&plan);
        if plan.cuts == 0 && plan.transport_kills == 0 && world.is_calm() {
            choices.truncate(1);
        }
        if choices.is_empty() {
            ends += 1;
            let _telling = Telling(world.path().to_vec());
            assert_all_is_well(&world);
        }
        for step in choices {
            let (mut next, mut plan) = (world.clone(), plan);
            let mut path = world.path().to_vec();
            path.push(step);
            let _telling = Telling(path);
            next.choose(step, &mut plan);
            if seen.insert(format!("{plan:?} {}", next.shape())) {
                queue.push_back((next, plan));
            }
        }
    }
    (seen.len(), ends)
}

/// Nothing can happen any more: everything has arrived, and its author knows.
fn assert_all_is_well(world: &World) {
    for (own, peer) in [(0, 1), (1, 0)] {
        let [own, peer] = [own, peer].map(|side| &world.sides[side].screen);
        assert!(!own.over);
        assert_eq!(own.accepted, peer.received);
        assert_eq!(own.count(Status::Delivered), own.accepted.len());
    }
}

#[test]
fn two_texts_and_one_cut_in_every_order() {
    let (states, ends) = explore(Plan {
        texts: 2,
        cuts: 1,
        ..Plan::default()
    });
    assert!(states > 1000 && ends > 0, "{states} states, {ends} ends");
}

#[test]
fn two_texts_and_one_killed_transport_in_every_order() {
    let (states, ends) = explore(Plan {
        texts: 2,
        transport_kills: 1,
        ..Plan::default()
    });
    assert!(states > 1000 && ends > 0, "{states} states, {ends} ends");
}

#[test]
fn a_text_a_cut_and_a_killed_transport_in_every_order() {
    let (states, ends) = explore(Plan {
        texts: 1,
        cuts: 1,
        transport_kills: 1,
        ..Plan::default()
    });
    assert!(states > 1000 && ends > 0, "{states} states, {ends} ends");
}

#[test]
#[ignore = "takes minutes: one and a half million states"]
fn two_texts_a_cut_and_a_killed_transport_in_every_order() {
    let (states, ends) = explore(Plan {
        texts: 2,
        cuts: 1,
        transport_kills: 1,
        ..Plan::default()
    });
    assert!(states > 100_000 && ends > 0, "{states} states, {ends} ends");
}
