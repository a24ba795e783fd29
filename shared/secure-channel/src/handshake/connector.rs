//! The connector's handshake: HELLO_C, then one proof, then the listener's.

use rand_core::CryptoRng;

use super::hello::{AUTH_C, HelloC, HelloL};
use super::{HandshakeError, Mode, framed, pake};
use crate::channel::Channel;
use crate::cpace::Share;
use crate::kdf::th;
use crate::kem::KeyPair;
use crate::passcode::Code;
use crate::schedule::{Prelude, Schedule};
use crate::secret::Secret;
use crate::ticket::{Ticket, TicketRole, Verification};

/// What the connector proves itself with. Not `Clone`: one AUTH_C is sent for each.
pub enum Proof {
    /// Nothing; the people compare words afterwards.
    Words,
    /// The code the user typed.
    Code(Code),
    /// A ticket of role connector.
    Ticket(Ticket),
}

impl Proof {
    fn mode(&self) -> Mode {
        match self {
            Self::Words => Mode::Words,
            Self::Code(_) => Mode::Code,
            Self::Ticket(_) => Mode::Resume,
        }
    }

    fn verification(&self) -> Option<Verification> {
        match self {
            Self::Words => None,
            Self::Code(_) => Some(Verification::Code),
            Self::Ticket(ticket) => Some(ticket.verification()),
        }
    }
}

/// Begins a handshake as the connector: what to send (framed), and the state that awaits
/// HELLO_L. A ticket that was issued to a listener gives `None`.
pub fn connect(proof: Proof, rng: &mut dyn CryptoRng) -> Option<(Vec<u8>, AwaitHelloL)> {
    let resume_id = match &proof {
        Proof::Ticket(ticket) if ticket.role() != TicketRole::Connector => return None,
        Proof::Ticket(ticket) => *ticket.id(),
        Proof::Words | Proof::Code(_) => [0; 16],
    };
    let mut n_c = Secret::zero();
    rng.fill_bytes(&mut n_c.0[..]);
    let key_pair = KeyPair::generate(rng);
    let mut hello_c = HelloC {
        mode: proof.mode(),
        resume_id: &resume_id,
        commit: &commit(&n_c.0),
        ek: &key_pair.ek(),
        ya: &[0; 32],
    }
    .without_ya();
    let share = match &proof {
        Proof::Code(code) => Some(pake::share(code, &hello_c, rng)),
        Proof::Words | Proof::Ticket(_) => None,
    };
    hello_c.extend_from_slice(&share.as_ref().map_or([0; 32], |share| share.point));
    let message = framed(&hello_c);
    let state = AwaitHelloL {
        proof,
        n_c,
        key_pair,
        share,
        hello_c,
    };
    Some((message, state))
}

/// What HELLO_C says of the nonce that AUTH_C shows.
pub(super) fn commit(n_c: &[u8; 32]) -> [u8; 32] {
    th(&[b"P2PC/1 commit", n_c])
}

/// The connector has sent HELLO_C and awaits HELLO_L.
pub struct AwaitHelloL {
    proof: Proof,
    n_c: Secret<32>,
    key_pair: KeyPair,
    share: Option<Share>,
    hello_c: Vec<u8>,
}

impl AwaitHelloL {
    /// HELLO_L is here: gives AUTH_C (framed) to send, and the state that awaits AUTH_L. From
    /// here on the proof is used up, whatever happens. A refusal gives it back for the next
    /// address: nothing that helps guessing has left.
    pub fn receive(self, hello_l: &[u8]) -> Result<(Vec<u8>, AwaitAuthL), Refused> {
        match self.schedule(hello_l) {
            Ok(schedule) => {
                let mut body = [0; AUTH_C];
                body[..32].copy_from_slice(&self.n_c.0[..]);
                body[32..].copy_from_slice(&schedule.tag_c().0[..]);
                let verification = self.proof.verification();
                let state = AwaitAuthL {
                    schedule,
                    verification,
                };
                Ok((framed(&body), state))
            }
            Err(error) => Err(Refused {
                error,
                proof: self.proof,
            }),
        }
    }

    /// The connection ended before HELLO_L: the proof, for the next address.
    pub fn abandon(self) -> Proof {
        self.proof
    }

    fn schedule(&self, hello_l: &[u8]) -> Result<Schedule, HandshakeError> {
        let hello = HelloL::parse(hello_l, self.proof.mode())?;
        let ss = self.key_pair.decapsulate(hello.ct);
        let ss = ss.ok_or(HandshakeError::BadKey)?;
        let auth = match (&self.proof, &self.share) {
            (Proof::Ticket(ticket), _) => Secret::copied(ticket.secret()),
            (_, Some(share)) => pake::key(share, hello.yb, &self.hello_c, hello_l)?,
            (_, None) => Secret::zero(),
        };
        Ok(Prelude::new(&self.hello_c, hello_l, &ss, &auth).with_nonce(&self.n_c.0))
    }
}

/// The other end is no peer of ours; the proof is untouched.
pub struct Refused {
    /// Why.
    pub error: HandshakeError,
    /// For the next address.
    pub proof: Proof,
}

/// The connector has sent AUTH_C and awaits AUTH_L. Whatever ends the connection now is the
/// final answer in the modes words and code.
pub struct AwaitAuthL {
    schedule: Schedule,
    verification: Option<Verification>,
}

impl AwaitAuthL {
    /// AUTH_L is here. With a code or a ticket, hand [`Channel::ticket`] over before the first
    /// record is sent; then call [`Channel::tick`], which sends one at once.
    pub fn receive(
        self,
        auth_l: &[u8],
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<Channel, HandshakeError> {
        if !self.schedule.tag_l().equals(auth_l) {
            return Err(HandshakeError::WrongProof);
        }
        Ok(Channel::new(
            TicketRole::Connector,
            self.verification,
            &self.schedule,
            now_ms,
            rng,
        ))
    }
}
