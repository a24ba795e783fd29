//! The runs in which a rule of README.md section 6 is what keeps two people from being locked out:
//! those that proof/tickets.py finds when the rule is left out, step by step, with the network and
//! the supervisors played here. After each, the connector's ticket still lets it in.

use super::super::*;
use crate::Ticket;
use crate::testing::Dice;
use crate::testing::pair::*;
use bytes::BytesMut;

/// Two people whose session was cut, and what their supervisors hold.
struct World {
    gate: Gate,
    /// The connector's, as its transport has it.
    ticket: Ticket,
    /// What either supervisor would give to the next transport.
    safe: (Ticket, Vec<Ticket>),
    now_ms: u64,
}

impl World {
    fn new() -> Self {
        let mut gate = Gate::with_code(code());
        let mut met = meet(Proof::Code(code()), &mut gate, 0, 1);
        let ticket = met.connector.ticket().unwrap().clone();
        say(&mut met.connector, &mut met.listener, "hi", 0);
        let held = gate.tickets().cloned().collect();
        Self {
            gate,
            safe: (ticket.clone(), held),
            ticket,
            now_ms: 0,
        }
    }

    /// The connector begins an attempt; the listener has answered it.
    fn start(&mut self) -> HalfWay {
        self.now_ms += 1000;
        let proof = Proof::Ticket(self.ticket.clone());
        half_way(proof, &mut self.gate, self.now_ms, self.now_ms, |_, _| {}).unwrap()
    }

    /// AUTH_C arrives. The listener hands its tickets over before AUTH_L leaves.
    fn auth_c(&mut self, half: HalfWay) -> Result<(Vec<u8>, Admitted), HandshakeError> {
        let admitted = half.admit(&mut self.gate, self.now_ms)?;
        self.safe.1 = self.gate.tickets().cloned().collect();
        Ok(admitted)
    }

    /// AUTH_L arrives. The connector hands its ticket over before its first record leaves.
    fn auth_l(&mut self, (auth_l, admitted): (Vec<u8>, Admitted)) -> (Met, BytesMut) {
        let mut met = admitted.finish(&auth_l, self.now_ms).unwrap();
        self.ticket = met.connector.ticket().unwrap().clone();
        self.safe.0 = self.ticket.clone();
        let mut first_record = BytesMut::new();
        met.connector
            .tick(self.now_ms, &mut Dice::new(1), &mut first_record)
            .unwrap();
        assert_eq!(first_record.len(), 400);
        (met, first_record)
    }

    fn first_record(&mut self, met: &mut Met, record: BytesMut) {
        exchange(&mut met.connector, &mut met.listener, record, self.now_ms).unwrap();
        follow(&mut self.gate, &mut met.listener);
        self.safe.1 = self.gate.tickets().cloned().collect();
    }

    fn listeners_transport_is_killed(&mut self) {
        self.gate = Gate::with_tickets_only();
        self.gate.set_tickets(self.safe.1.clone());
    }

    fn connectors_transport_is_killed(&mut self) {
        self.ticket = self.safe.0.clone();
    }

    /// Whatever is cut now, a new attempt succeeds.
    fn can_resume(mut self) {
        let half = self.start();
        let admitted = self.auth_c(half).unwrap();
        let (mut met, record) = self.auth_l(admitted);
        self.first_record(&mut met, record);
        say(
            &mut met.listener,
            &mut met.connector,
            "there you are",
            self.now_ms,
        );
        assert_eq!(self.gate.tickets().count(), 1);
    }
}

#[test]
fn the_ticket_just_used_is_kept_when_auth_l_is_lost_twice() {
    let mut world = World::new();
    for _ in 0..2 {
        let half = world.start();
        world.auth_c(half).unwrap();
    }
    world.can_resume();
}

#[test]
fn an_abandoned_attempt_cannot_overtake_the_one_that_was_let_in() {
    let mut world = World::new();
    let abandoned = world.start();
    let half = world.start();
    let admitted = world.auth_c(half).unwrap();
    let error = world.auth_c(abandoned).err();
    assert_eq!(error, Some(HandshakeError::Superseded));
    world.auth_l(admitted);
    world.can_resume();
}

#[test]
fn a_listener_killed_after_auth_l_has_handed_its_tickets_over() {
    let mut world = World::new();
    let half = world.start();
    let admitted = world.auth_c(half).unwrap();
    world.auth_l(admitted);
    world.listeners_transport_is_killed();
    world.can_resume();
}

#[test]
fn a_connector_killed_after_its_first_record_has_handed_its_ticket_over() {
    let mut world = World::new();
    let half = world.start();
    let admitted = world.auth_c(half).unwrap();
    let (mut met, record) = world.auth_l(admitted);
    world.first_record(&mut met, record);
    world.connectors_transport_is_killed();
    world.can_resume();
}

#[test]
fn the_used_ticket_lives_until_the_first_record() {
    let mut world = World::new();
    let half = world.start();
    world.auth_c(half).unwrap();
    assert_eq!(world.gate.tickets().count(), 2);
    world.can_resume();
}

#[test]
fn and_dies_with_it() {
    let mut world = World::new();
    let old = world.ticket.clone();
    let half = world.start();
    let admitted = world.auth_c(half).unwrap();
    let (mut met, record) = world.auth_l(admitted);
    world.first_record(&mut met, record);
    world.ticket = old;
    let proof = Proof::Ticket(world.ticket.clone());
    let outcome = half_way(proof, &mut world.gate, 9000, 9, |_, _| {});
    assert_eq!(outcome.err(), Some(HandshakeError::UnknownTicket));
}

#[test]
fn a_ticket_is_looked_up_again_when_auth_c_arrives() {
    let mut world = World::new();
    let half = world.start();
    world.gate.set_tickets([]);
    assert_eq!(
        world.auth_c(half).err(),
        Some(HandshakeError::UnknownTicket)
    );
}

#[test]
fn one_resume_is_answered_a_second_and_unknown_tickets_do_not_count() {
    let [connectors, listeners] = tickets();
    let stranger = Ticket::new(
        [9; 16],
        &[2; 64],
        connectors.role(),
        connectors.verification(),
    );
    let mut gate = Gate::with_tickets_only();
    gate.set_tickets([listeners]);
    let mut attempt = |ticket: &Ticket, now_ms| {
        let proof = Proof::Ticket(ticket.clone());
        half_way(proof, &mut gate, now_ms, now_ms, |_, _| {}).map(|_| ())
    };
    assert_eq!(attempt(&stranger, 500), Err(HandshakeError::UnknownTicket));
    assert_eq!(attempt(&connectors, 1000), Ok(()));
    assert_eq!(attempt(&connectors, 1999), Err(HandshakeError::TooSoon));
    assert_eq!(attempt(&connectors, 2000), Ok(()));
}
