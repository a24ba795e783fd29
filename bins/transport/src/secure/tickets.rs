//! Tickets between the channel, which makes them, and the supervisor, which keeps them beyond
//! the death of this process.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p2p_chat_protocol::transport::Ticket as Told;
use p2p_chat_protocol::{ErrorCode, Refusal, ui};
use p2p_chat_secure_channel::{Ticket, TicketRole, Verification};
use zeroize::Zeroizing;

const INITIATOR: &str = "initiator";
const RESPONDER: &str = "responder";

/// As the supervisor is told.
pub(super) fn tell(ticket: &Ticket) -> Told {
    let role = match ticket.role() {
        TicketRole::Connector => INITIATOR,
        TicketRole::Listener => RESPONDER,
    };
    Told {
        role: role.to_owned(),
        resume_id_b64: STANDARD.encode(ticket.id()),
        resume_secret_b64: STANDARD.encode(ticket.secret()).into(),
        verification: verification(Some(ticket.verification())),
    }
}

/// As the supervisor gave it back. Nothing of the secret is in the refusal.
pub(super) fn read(told: &Told) -> Result<Ticket, Refusal> {
    let role = match told.role.as_str() {
        INITIATOR => TicketRole::Connector,
        RESPONDER => TicketRole::Listener,
        _ => return Err(no_ticket("its role is neither initiator nor responder")),
    };
    let verification = match told.verification {
        ui::Verification::Code => Verification::Code,
        ui::Verification::Words => Verification::Words,
        ui::Verification::Unverified | ui::Verification::Insecure => {
            return Err(no_ticket("its session was never verified"));
        }
    };
    let id = decode(&told.resume_id_b64).ok_or_else(|| no_ticket("its id is not 16 bytes"))?;
    let secret = decode(&told.resume_secret_b64.0);
    let secret = secret.ok_or_else(|| no_ticket("its secret is not 64 bytes"))?;
    Ok(Ticket::new(*id, &secret, role, verification))
}

/// How far a peer is known.
pub(super) fn verification(by: Option<Verification>) -> ui::Verification {
    match by {
        Some(Verification::Code) => ui::Verification::Code,
        Some(Verification::Words) => ui::Verification::Words,
        None => ui::Verification::Unverified,
    }
}

pub(super) fn no_ticket(why: &str) -> Refusal {
    let sentence = format!("This ticket cannot be used: {why}.");
    Refusal::new(ErrorCode::InvalidMessage, sentence)
}

fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        let ticket = Ticket::new([7; 16], &[9; 64], TicketRole::Listener, Verification::Words);
        tell(&ticket)
    }

    #[test]
    fn a_ticket_survives_the_way_to_the_supervisor_and_back() {
        let told = told();
        assert_eq!(told.role, "responder");
        let ticket = read(&told).expect("a ticket");
        assert_eq!(tell(&ticket), told);
        assert_eq!((ticket.id(), ticket.secret()), (&[7; 16], &[9; 64]));
    }

    #[test]
    fn what_is_no_ticket_is_refused_without_its_secret() {
        let spoil: [fn(&mut Told); 5] = [
            |t| t.role = "listener".to_owned(),
            |t| t.resume_id_b64 = "AAAA".to_owned(),
            |t| t.resume_secret_b64 = "c2VjcmV0".into(),
            |t| t.resume_secret_b64 = "not base64!".into(),
            |t| t.verification = ui::Verification::Unverified,
        ];
        for spoil in spoil {
            let mut told = told();
            spoil(&mut told);
            let refusal = read(&told).err().expect("no ticket");
            assert_eq!(refusal.code, ErrorCode::InvalidMessage);
            assert!(!refusal.message.contains(&told.resume_secret_b64.0));
        }
    }
}
