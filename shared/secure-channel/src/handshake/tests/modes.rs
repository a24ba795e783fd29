//! What each mode proves, and to whom.

use super::super::*;
use crate::testing::Dice;
use crate::testing::pair::*;
use crate::{Ticket, TicketRole, Verification};

#[test]
fn with_a_code_both_sides_agree() {
    let mut gate = Gate::with_code(code());
    let Met {
        mut connector,
        mut listener,
    } = meet(Proof::Code(code()), &mut gate, 0, 1);
    say(&mut connector, &mut listener, "hi", 0);
    say(&mut listener, &mut connector, "hello", 0);
    for side in [&connector, &listener] {
        assert_eq!(side.verification(), Some(Verification::Code));
        assert!(side.words().is_none());
    }
    let (c, l) = (connector.ticket().unwrap(), listener.ticket().unwrap());
    assert_eq!((c.id(), c.secret()), (l.id(), l.secret()));
    assert_eq!(
        (c.role(), l.role()),
        (TicketRole::Connector, TicketRole::Listener)
    );
}

#[test]
fn without_a_code_both_sides_have_words_for_each_other_and_no_ticket() {
    let mut gate = Gate::with_words();
    let Met {
        connector,
        listener,
    } = meet(Proof::Words, &mut gate, 0, 1);
    let shown = |side: &crate::Channel| side.words().unwrap().show().to_owned();
    assert_ne!(shown(&connector), shown(&listener));
    for side in [&connector, &listener] {
        assert_eq!(side.verification(), None);
        assert!(side.ticket().is_none());
    }
    assert_eq!(gate.tickets().count(), 0);
}

#[test]
fn a_ticket_resumes_with_new_keys_and_the_same_verification() {
    let mut gate = Gate::with_code(code());
    let first = meet(Proof::Code(code()), &mut gate, 0, 1);
    let proof = proof_of(&first.connector);
    let Met {
        mut connector,
        mut listener,
    } = meet(proof, &mut gate, 2000, 2);
    say(&mut connector, &mut listener, "again", 2000);
    assert_eq!(connector.verification(), Some(Verification::Code));
    assert_ne!(
        connector.ticket().unwrap().secret(),
        first.connector.ticket().unwrap().secret()
    );
}

#[test]
fn a_wrong_code_is_refused_by_both_sides() {
    let mut gate = Gate::with_code(code());
    let wrong = || Proof::Code(wrong_code());
    let error = meet_through(wrong(), &mut gate, 0, 1, |_, _| {}).err();
    assert_eq!(error, Some(HandshakeError::WrongProof));
    assert_eq!(gate.guesses_left(), Some(4));

    // A listener who does not know the code answers as well as he can.
    let mut stranger = Gate::with_code(code());
    let half = half_way(wrong(), &mut stranger, 0, 2, |_, _| {}).unwrap();
    let auth_l = half.waiting.unchecked(&half.auth_c).tag_l();
    let error = half
        .connector
        .receive(&auth_l.0[..], 0, &mut Dice::new(9))
        .err();
    assert_eq!(error, Some(HandshakeError::WrongProof));
}

#[test]
fn a_wrong_resume_secret_is_refused_and_invalidates_nothing() {
    let [_, ours] = tickets();
    let [theirs, _] = tickets();
    let mut secret = *theirs.secret();
    secret[63] ^= 1;
    let wrong = Ticket::new(*theirs.id(), &secret, theirs.role(), theirs.verification());
    let mut gate = Gate::with_tickets_only();
    gate.set_tickets([ours]);
    let error = meet_through(Proof::Ticket(wrong), &mut gate, 0, 1, |_, _| {}).err();
    assert_eq!(error, Some(HandshakeError::WrongProof));
    meet(Proof::Ticket(theirs), &mut gate, 1000, 2);
}

#[test]
fn a_ticket_serves_only_the_role_it_was_issued_in() {
    let [connectors, listeners] = tickets();
    assert!(connect(Proof::Ticket(listeners), &mut Dice::new(1)).is_none());

    // Both ends hold the same secret: without the role the network would connect a person to himself.
    let mut gate = Gate::with_tickets_only();
    gate.set_tickets([connectors.clone()]);
    assert_eq!(gate.tickets().count(), 0);
    let error = meet_through(Proof::Ticket(connectors), &mut gate, 0, 2, |_, _| {}).err();
    assert_eq!(error, Some(HandshakeError::UnknownTicket));
}

#[test]
fn only_the_mode_of_the_listen_and_tickets_are_taken() {
    let with_ticket = |mut gate: Gate| {
        let [_, ticket] = tickets();
        gate.set_tickets([ticket]);
        gate
    };
    let proofs = || {
        let [ticket, _] = tickets();
        [Proof::Words, Proof::Code(code()), Proof::Ticket(ticket)]
    };
    for (gate, taken) in [
        (with_ticket(Gate::with_words()), [true, false, true]),
        (with_ticket(Gate::with_code(code())), [false, true, true]),
        (with_ticket(Gate::with_tickets_only()), [false, false, true]),
        (Gate::with_code(code()), [false, true, false]),
        (Gate::with_tickets_only(), [false, false, false]),
    ] {
        let mut gate = gate;
        let answered = proofs().map(|proof| {
            let (hello_c, _) = connect(proof, &mut Dice::new(3)).unwrap();
            gate.answer(&hello_c[2..], 0, &mut Dice::new(4)).is_ok()
        });
        assert_eq!(answered, taken);
    }
}

#[test]
fn after_the_first_session_only_its_ticket_is_taken() {
    let mut gate = Gate::with_code(code());
    let met = meet(Proof::Code(code()), &mut gate, 0, 1);
    assert!(gate.code().is_none());
    let error = meet_through(Proof::Code(code()), &mut gate, 0, 2, |_, _| {}).err();
    assert_eq!(error, Some(HandshakeError::ModeNotTaken));
    meet(proof_of(&met.connector), &mut gate, 0, 3);
}

#[test]
fn a_proof_comes_back_as_long_as_nothing_of_it_was_sent() {
    let mut dice = Dice::new(1);
    let (_, waiting) = connect(Proof::Code(code()), &mut dice).unwrap();
    let Err(refused) = waiting.receive(&[0; 1192]) else {
        panic!("taken");
    };
    assert_eq!(refused.error, HandshakeError::Malformed);
    let (_, waiting) = connect(refused.proof, &mut dice).unwrap();
    let mut gate = Gate::with_code(code());
    meet(waiting.abandon(), &mut gate, 0, 2);
}

#[test]
fn every_state_may_move_to_another_thread() {
    fn sendable<T: Send>() {}
    sendable::<(AwaitHelloL, AwaitAuthL, AwaitAuthC, Gate, Admission)>();
    sendable::<(crate::Channel, crate::Event, Ticket, crate::Code)>();
}
