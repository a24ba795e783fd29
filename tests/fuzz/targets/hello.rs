//! HELLO_C at listeners of each mode, and HELLO_L at their connectors. The input is laid over a
//! message that is right, from the place its first two bytes say: what is laid over nothing is right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use p2p_chat_fuzz::{Counting, body, code};
use p2p_chat_secure_channel::{Gate, Message, Proof, Ticket, TicketRole, Verification, connect};

fuzz_target!(|input: &[u8]| {
    let [mode, high, low, over @ ..] = input else {
        return;
    };
    let place = usize::from(u16::from_be_bytes([*high, *low]));
    let ticket = |role| Ticket::new([1; 16], &[2; 64], role, Verification::Code);
    let (proof, mut gate) = match mode % 3 {
        0 => (Proof::Words, Gate::with_words()),
        1 => (Proof::Code(code()), Gate::with_code(code())),
        _ => (
            Proof::Ticket(ticket(TicketRole::Connector)),
            Gate::with_tickets_only(),
        ),
    };
    gate.set_tickets([ticket(TicketRole::Listener)]);
    let rng = &mut Counting(1);
    let (hello_c, connector) = connect(proof, rng).expect("the right role");
    let right_c = body(Message::HelloC, &hello_c).to_vec();

    // Raw bytes, of any length, on either side.
    let _ = gate.answer(over, 0, rng);
    let Ok((hello_l, _)) = gate.answer(&laid_over(&right_c, place, over), 1000, rng) else {
        // Refused. So the connector's turn, with the right answer to the right question.
        let (hello_l, _) = gate.answer(&right_c, 2000, rng).expect("well-formed");
        let right_l = body(Message::HelloL, &hello_l).to_vec();
        let _ = connector.receive(&laid_over(&right_l, place, over));
        return;
    };
    let _ = connector.receive(&body(Message::HelloL, &hello_l));
});

fn laid_over(right: &[u8], place: usize, over: &[u8]) -> Vec<u8> {
    let mut bytes = right.to_vec();
    let place = place % bytes.len();
    for (byte, new) in bytes[place..].iter_mut().zip(over) {
        *byte = *new;
    }
    bytes
}
