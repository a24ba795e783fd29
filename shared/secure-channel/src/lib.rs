//! The secure channel between two peers (P2PC/1): handshake, records, codes and words.
//!
//! Sans-IO: bytes go in, bytes and events come out. No socket, no clock, no logging: `now_ms` is
//! any clock in milliseconds that only moves forward, `rng` is the generator of the OS. README.md
//! says what goes over the wire, byte by byte, and which rule keeps whom out.
//!
//! Where to start reading:
//! 1. [`Code`], and [`SasWords`] for people without a code: what two people tell each other.
//! 2. [`connect`], the connector's handshake, and [`Gate`], the listener's; [`take_message`] cuts
//!    its messages out of the stream.
//! 3. [`Channel`], what a handshake ends in, with [`take_record`] in front of it; its [`Event`]s.
//! 4. [`Ticket`], with which a cut session is resumed.
//!
//! ```text
//! connector                                        listener
//! connect(proof)         -> HELLO_C ->             gate.answer(HELLO_C)
//! AwaitHelloL::receive   <- HELLO_L <-             AwaitAuthC
//! AwaitAuthL             -> AUTH_C ->              gate.admit(AwaitAuthC, AUTH_C)
//! AwaitAuthL::receive    <- AUTH_L <-              Admission
//! Channel                <- records ->             Channel
//! ```
//!
//! No type that holds a secret has `Debug`, and all are erased when dropped.

mod chain;
mod channel;
mod cpace;
mod frame;
mod handshake;
mod kdf;
mod kem;
mod passcode;
mod record;
mod schedule;
mod secret;
#[cfg(test)]
mod testing;
mod ticket;
mod token;

pub use channel::{Channel, CloseReason, Cut, Event, MAX_PAYLOAD, SendError, WordsError};
pub use frame::{BadFrame, Message, looks_like_a_legacy_key, take_message, take_record};
pub use handshake::{
    Admission, AwaitAuthC, AwaitAuthL, AwaitHelloL, Gate, HandshakeError, Mode, Proof, Refused,
    connect,
};
pub use passcode::{Code, EntryError, SasWords, SpentCode, Spoken};
pub use rand_core::CryptoRng;
pub use ticket::{Ticket, TicketRole, Verification};
