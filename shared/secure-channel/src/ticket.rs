//! With a ticket a cut session is resumed: both ends derive it, neither sends it.

use crate::schedule::Keys;
use crate::secret::Secret;

/// The side of the handshake a ticket was issued to. It serves in no other: both ends hold the
/// same secret, and without this rule the network connects a person to himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketRole {
    /// Connects with it.
    Connector,
    /// Listens for it.
    Listener,
}

/// How the two people made sure of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// By a code that one made and the other typed.
    Code,
    /// By words that each read to the other.
    Words,
}

/// What resumes a session. To be kept in memory only.
#[derive(Clone)]
pub struct Ticket {
    id: [u8; 16],
    secret: Secret<64>,
    role: TicketRole,
    verification: Verification,
}

impl Ticket {
    /// The ticket of these keys.
    pub(crate) fn of(keys: &Keys, role: TicketRole, verification: Verification) -> Self {
        Self {
            id: *keys.resume_id.0,
            secret: keys.resume_secret.clone(),
            role,
            verification,
        }
    }

    /// A ticket from what [`Ticket::id`], [`Ticket::secret`] and the rest said once.
    pub fn new(
        id: [u8; 16],
        secret: &[u8; 64],
        role: TicketRole,
        verification: Verification,
    ) -> Self {
        let secret = Secret::copied(secret);
        Self {
            id,
            secret,
            role,
            verification,
        }
    }

    /// Its name on the wire; no secret.
    pub fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// The secret.
    pub fn secret(&self) -> &[u8; 64] {
        &self.secret.0
    }

    /// The side it serves.
    pub fn role(&self) -> TicketRole {
        self.role
    }

    /// How the session it resumes was verified.
    pub fn verification(&self) -> Verification {
        self.verification
    }
}
