//! Tickets as a supervisor may hand them over, and connectors that come with others: whoever gets
//! an answer has a ticket that the listener holds, of role listener.
#![no_main]

use libfuzzer_sys::fuzz_target;
use p2p_chat_fuzz::{Counting, body};
use p2p_chat_secure_channel::{Gate, Message, Proof, Ticket, TicketRole, Verification, connect};

fuzz_target!(|input: &[u8]| {
    let mut held = Vec::new();
    let mut gate = Gate::with_tickets_only();
    for (n, action) in input.chunks(3).enumerate().take(64) {
        let &[what, id, secret] = action else {
            return;
        };
        let role = if what & 1 == 0 {
            TicketRole::Connector
        } else {
            TicketRole::Listener
        };
        let ticket = Ticket::new([id; 16], &[secret; 64], role, Verification::Words);
        match what >> 6 {
            0 => {
                held.push(ticket);
                gate.set_tickets(held.iter().cloned());
            }
            1 => {
                held.clear();
                gate.set_tickets([]);
            }
            _ => come(&mut gate, ticket, n as u64 * 1000),
        }
        assert!(gate.tickets().count() <= 2);
        assert!(
            gate.tickets()
                .all(|ticket| ticket.role() == TicketRole::Listener)
        );
    }
});

fn come(gate: &mut Gate, ticket: Ticket, now_ms: u64) {
    let held = gate.tickets().any(|held| held.id() == ticket.id());
    let right = gate
        .tickets()
        .find(|held| held.id() == ticket.id())
        .is_some_and(|held| held.secret() == ticket.secret());
    let role = ticket.role();
    let rng = &mut Counting(now_ms);
    let Some((hello_c, connector)) = connect(Proof::Ticket(ticket), rng) else {
        assert!(role == TicketRole::Listener);
        return;
    };
    let hello_c = body(Message::HelloC, &hello_c);
    let answer = gate.answer(&hello_c, now_ms, rng);
    assert_eq!(answer.is_ok(), held);
    let Ok((hello_l, waiting)) = answer else {
        return;
    };
    let Ok((auth_c, _)) = connector.receive(&body(Message::HelloL, &hello_l)) else {
        panic!("an honest answer is refused");
    };
    let admitted = gate.admit(waiting, &body(Message::AuthC, &auth_c), now_ms, rng);
    assert_eq!(admitted.is_ok(), right);
}
