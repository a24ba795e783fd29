//! Whatever one bit of a handshake is changed into, nobody is let in and nothing is believed.

use super::super::*;
use crate::Message;
use crate::testing::Dice;
use crate::testing::pair::*;

/// A handshake of each mode, with one body changed on its way.
fn changed(mode: Mode, message: Message, change: impl Fn(&mut [u8])) -> Result<(), HandshakeError> {
    let [connectors, listeners] = tickets();
    let (proof, mut gate) = match mode {
        Mode::Words => (Proof::Words, Gate::with_words()),
        Mode::Code => (Proof::Code(code()), Gate::with_code(code())),
        Mode::Resume => (Proof::Ticket(connectors), Gate::with_tickets_only()),
    };
    gate.set_tickets([listeners]);
    let network = |passing, body: &mut Vec<u8>| {
        if passing == message {
            change(body);
        }
    };
    meet_through(proof, &mut gate, 0, 1, network).map(|_| ())
}

const MODES: [Mode; 3] = [Mode::Words, Mode::Code, Mode::Resume];

#[test]
fn unchanged_each_mode_succeeds() {
    for mode in MODES {
        assert_eq!(changed(mode, Message::AuthL, |_| {}), Ok(()));
    }
}

#[test]
fn every_other_byte_in_a_header_is_refused() {
    for mode in MODES {
        for position in 0..8 {
            for other in 1..=255 {
                let change = |body: &mut [u8]| body[position] ^= other;
                let error = changed(mode, Message::HelloC, change).unwrap_err();
                // Before anything is answered.
                let unanswered = [HandshakeError::Malformed, HandshakeError::UnknownTicket];
                assert!(unanswered.contains(&error), "{error}");
            }
            // The mode's other values are the attack; the rest of the byte is like the others.
            for other in [1, 2, 3, 128] {
                let change = |body: &mut [u8]| body[position] ^= other;
                let outcome = changed(mode, Message::HelloL, change);
                assert_eq!(outcome, Err(HandshakeError::Malformed));
            }
        }
    }
}

#[test]
fn sampled_bits_of_the_hellos_are_refused() {
    for (message, length) in [(Message::HelloC, 1304), (Message::HelloL, 1192)] {
        // 61 is prime to the lengths of the fields: over all modes every kind of byte is met.
        for (n, bit) in (0..length * 8).step_by(61).enumerate() {
            let change = |body: &mut [u8]| body[bit / 8] ^= 1 << (bit % 8);
            let outcome = changed(MODES[n % 3], message, change);
            assert!(outcome.is_err(), "bit {bit} of {message:?}");
        }
    }
}

#[test]
fn every_bit_of_the_proofs_is_refused() {
    for (message, length) in [(Message::AuthC, 64), (Message::AuthL, 32)] {
        for bit in 0..length * 8 {
            let change = |body: &mut [u8]| body[bit / 8] ^= 1 << (bit % 8);
            let outcome = changed(MODES[bit % 3], message, change);
            assert_eq!(
                outcome,
                Err(HandshakeError::WrongProof),
                "bit {bit} of {message:?}"
            );
        }
    }
}

#[test]
fn fields_of_other_modes_must_be_zero() {
    let fill = |range: std::ops::Range<usize>| move |body: &mut [u8]| body[range.clone()].fill(7);
    let clear = |range: std::ops::Range<usize>| move |body: &mut [u8]| body[range.clone()].fill(0);
    let malformed = Err(HandshakeError::Malformed);
    for mode in [Mode::Words, Mode::Code] {
        assert_eq!(changed(mode, Message::HelloC, fill(8..24)), malformed);
    }
    for mode in [Mode::Words, Mode::Resume] {
        assert_eq!(changed(mode, Message::HelloC, fill(1272..1304)), malformed);
        assert_eq!(changed(mode, Message::HelloL, fill(1160..1192)), malformed);
    }
    // Zeros are the identity: with it anybody would know the key.
    assert_eq!(
        changed(Mode::Code, Message::HelloC, clear(1272..1304)),
        malformed
    );
    assert_eq!(
        changed(Mode::Code, Message::HelloL, clear(1160..1192)),
        malformed
    );
}

#[test]
fn a_key_from_the_identity_is_never_made() {
    let share = pake::share(&code(), &[1; 1272], &mut Dice::new(1));
    let [hello_c, hello_l] = [[1; 1304].to_vec(), [2; 1192].to_vec()];
    let key = pake::key(&share, &[0; 32], &hello_c, &hello_l);
    assert_eq!(key.err(), Some(HandshakeError::BadKey));
}

#[test]
fn somebody_who_holds_both_legs_without_the_code_is_refused_on_both() {
    // The one in the middle listens with a guess, and connects with the same guess.
    let mut his_gate = Gate::with_code(wrong_code());
    let mut our_gate = Gate::with_code(code());
    let left = half_way(Proof::Code(code()), &mut his_gate, 0, 1, |_, _| {}).unwrap();
    let right = half_way(Proof::Code(wrong_code()), &mut our_gate, 0, 2, |_, _| {}).unwrap();
    // He passes our friend's proof on to us, and ours, had we one, would go back.
    let spliced = our_gate.admit(right.waiting, &left.auth_c, 0, &mut Dice::new(3));
    assert_eq!(spliced.err(), Some(HandshakeError::WrongProof));
    let alone = his_gate.admit(left.waiting, &left.auth_c, 0, &mut Dice::new(4));
    assert_eq!(alone.err(), Some(HandshakeError::WrongProof));
    assert_eq!(our_gate.guesses_left(), Some(4));
}

#[test]
fn without_a_code_the_words_of_the_two_legs_differ() {
    let legs = [1, 2].map(|seed| meet(Proof::Words, &mut Gate::with_words(), 0, seed));
    let shown = |channel: &crate::Channel| channel.words().unwrap().show().to_owned();
    let [left, right] = &legs;
    assert_ne!(shown(&left.connector), shown(&right.connector));
    assert_ne!(shown(&left.listener), shown(&right.listener));
}

#[test]
fn a_nonce_chosen_after_hello_l_is_refused_with_its_right_tag() {
    // Without a code everybody can make the tag; whoever could choose now would choose the words.
    let half = || half_way(Proof::Words, &mut Gate::with_words(), 0, 1, |_, _| {}).unwrap();
    let mut chosen = [7; 64];
    let tag = half().waiting.unchecked(&chosen).tag_c();
    chosen[32..].copy_from_slice(&tag.0[..]);
    let mut gate = Gate::with_words();
    let mut same = half_way(Proof::Words, &mut gate, 0, 1, |_, _| {}).unwrap();
    same.auth_c = chosen.to_vec();
    let outcome = same.admit(&mut gate, 0);
    assert_eq!(outcome.err(), Some(HandshakeError::WrongProof));
}
