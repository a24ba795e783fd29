//! Not at random: everything that can happen with two texts, one cut and one killed transport, in
//! every order.
//!
//! What is tried in every order, from the moment the two have met: a side's core reads one line of
//! its transport (and the end of one that was killed); its transport takes one request; one packet
//! arrives; one end of a line is seen; a text is typed on either side, at any moment; the line is
//! cut, once, at any moment; a transport of either side is killed, once, at any moment; and time
//! goes on to the next thing that waits for it.
//!
//! What is not tried twice, since its order makes no difference to anything else: answers and
//! tickets are noted as soon as they are there; what comes over a line that its side no longer cares
//! for is dropped at once; when both texts are typed, a core reads at once all that was said; and
//! when cut and kill are over and both sit on one whole line, one order is followed to its end.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use p2p_chat_protocol::ui::Status;

use super::world::{Plan, World};

/// Does something, and says how the world came about where that fails a claim.
fn told<T>(world: &mut World, work: impl FnOnce(&mut World) -> T) -> T {
    catch_unwind(AssertUnwindSafe(|| work(world))).unwrap_or_else(|failure| {
        eprintln!("it happened after {:?}", world.path());
        resume_unwind(failure)
    })
}

/// A state in so few bytes that all of them fit into the memory. Two of a million that come to the
/// same are as likely as 1 in 10^26.
fn print_of(world: &World, plan: &Plan) -> u128 {
    let shape = format!("{plan:?} {}", world.shape());
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &shape).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// Tries everything; how many different states there are, and in how many nothing can happen any
/// more.
fn explore(plan: Plan) -> (usize, usize) {
    let mut seen = HashSet::new();
    let mut ends = 0;
    let mut stack = vec![(World::met(), plan)];
    while let Some((mut world, plan)) = stack.pop() {
        let mut choices = world.choices(&plan);
        if plan.cuts == 0 && plan.transport_kills == 0 && world.is_calm() {
            choices.truncate(1);
        }
        if choices.is_empty() {
            ends += 1;
            told(&mut world, |world| assert_all_is_well(world));
        }
        for step in choices {
            let (mut next, mut plan) = (world.clone(), plan);
            told(&mut next, |next| next.choose(step, &mut plan));
            if seen.insert(print_of(&next, &plan)) {
                stack.push((next, plan));
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
fn two_texts_a_cut_and_a_killed_transport_in_every_order() {
    let (states, ends) = explore(Plan {
        texts: 2,
        cuts: 1,
        transport_kills: 1,
        ..Plan::default()
    });
    assert!(states > 100_000 && ends > 0, "{states} states, {ends} ends");
}
