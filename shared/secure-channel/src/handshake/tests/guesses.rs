//! A code has five tries, whatever the network does.

use super::super::*;
use crate::Message;
use crate::testing::Dice;
use crate::testing::pair::*;

fn attempt(code: crate::Code, gate: &mut Gate, seed: u64) -> HalfWay {
    half_way(Proof::Code(code), gate, 0, seed, |_, _| {}).unwrap()
}

#[test]
fn of_a_hundred_wrong_connectors_at_once_five_are_compared() {
    let mut gate = Gate::with_code(code());
    let waiting: Vec<_> = (0..100)
        .map(|seed| attempt(wrong_code(), &mut gate, seed))
        .collect();
    let friend = attempt(code(), &mut gate, 1000);
    let compared = waiting
        .into_iter()
        .map(|half| half.admit(&mut gate, 0).err().unwrap())
        .filter(|&error| error == HandshakeError::WrongProof);
    assert_eq!(compared.count(), 5);
    assert_eq!(gate.guesses_left(), Some(0));
    assert!(gate.code().is_none() && !gate.is_open());
    // Not even the right code is compared any more, nor is anybody answered.
    let error = friend.admit(&mut gate, 0).err();
    assert_eq!(error, Some(HandshakeError::NoGuessesLeft));
    let error = meet_through(Proof::Code(code()), &mut gate, 0, 2000, |_, _| {}).err();
    assert_eq!(error, Some(HandshakeError::ModeNotTaken));
}

#[test]
fn the_fifth_try_may_be_the_right_one() {
    let mut gate = Gate::with_code(code());
    for seed in 0..4 {
        assert!(
            attempt(wrong_code(), &mut gate, seed)
                .admit(&mut gate, 0)
                .is_err()
        );
    }
    assert_eq!(gate.guesses_left(), Some(1));
    assert!(attempt(code(), &mut gate, 9).admit(&mut gate, 0).is_ok());
}

#[test]
fn a_nonce_that_does_not_open_the_commitment_costs_a_guess() {
    let mut gate = Gate::with_code(code());
    let mut half = attempt(code(), &mut gate, 1);
    half.auth_c[0] ^= 1;
    let error = half.admit(&mut gate, 0).err();
    assert_eq!(error, Some(HandshakeError::WrongProof));
    assert_eq!(gate.guesses_left(), Some(4));
}

#[test]
fn a_bad_point_and_a_bad_key_are_no_guess_and_are_not_answered() {
    let mut gate = Gate::with_code(code());
    for (position, byte, error) in [
        // Ya becomes a number above the field's prime; all others decode or not as they like.
        (1303, 0xff, HandshakeError::BadKey),
        // The encapsulation key begins with a number above 3329.
        (57, 0xff, HandshakeError::BadKey),
    ] {
        let change = |message, body: &mut Vec<u8>| {
            if message == Message::HelloC {
                body[position] = byte;
                body[position - 1] = byte;
            }
        };
        let outcome = meet_through(Proof::Code(code()), &mut gate, 0, 1, change);
        assert_eq!(outcome.err(), Some(error), "byte {position}");
    }
    assert_eq!(gate.guesses_left(), Some(5));
}

#[test]
fn a_new_code_voids_handshakes_of_the_old_one_and_has_five_tries() {
    let mut gate = Gate::with_code(code());
    let old = attempt(code(), &mut gate, 1);
    gate.new_code(wrong_code());
    assert_eq!(
        old.admit(&mut gate, 0).err(),
        Some(HandshakeError::Superseded)
    );
    assert_eq!(gate.guesses_left(), Some(5));
    meet(Proof::Code(wrong_code()), &mut gate, 0, 2);
}

#[test]
fn an_expired_code_compares_nothing() {
    let mut gate = Gate::with_code(code());
    let half = attempt(code(), &mut gate, 1);
    gate.retire();
    assert_eq!(
        half.admit(&mut gate, 0).err(),
        Some(HandshakeError::Superseded)
    );
    assert_eq!(gate.guesses_left(), Some(5), "it did not die of guesses");
}

#[test]
fn the_first_to_prove_the_code_is_the_last() {
    let mut gate = Gate::with_code(code());
    let [first, second] = [1, 2].map(|seed| attempt(code(), &mut gate, seed));
    assert!(second.admit(&mut gate, 0).is_ok());
    assert_eq!(
        first.admit(&mut gate, 0).err(),
        Some(HandshakeError::Superseded)
    );
}

#[test]
fn a_listener_with_the_identity_for_a_point_learns_nothing() {
    let (hello_c, connector) = connect(Proof::Code(code()), &mut Dice::new(1)).unwrap();
    let mut stranger = Gate::with_code(wrong_code());
    let (hello_l, _) = stranger
        .answer(&hello_c[2..], 0, &mut Dice::new(2))
        .unwrap();
    let mut hello_l = body(Message::HelloL, &hello_l);
    hello_l[1160..].fill(0);
    let refused = connector.receive(&hello_l).err().unwrap();
    assert_eq!(refused.error, HandshakeError::Malformed);
    assert!(matches!(refused.proof, Proof::Code(_)));
}
