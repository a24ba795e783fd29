//! What the fuzz targets share: a generator that is the same in every run, and two sides that have
//! met.

use std::convert::Infallible;

use bytes::BytesMut;
use p2p_chat_secure_channel::{Channel, Code, Gate, Message, Proof, connect, take_message};
use rand_core::{TryCryptoRng, TryRng};

/// Counts: no secret is at stake, and a run is repeated by its input alone.
pub struct Counting(pub u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|next| next as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Ok(self.0 ^ (self.0 >> 29))
    }

    fn try_fill_bytes(&mut self, room: &mut [u8]) -> Result<(), Infallible> {
        for chunk in room.chunks_mut(8) {
            let next = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// The code of both sides.
pub fn code() -> Code {
    Code::parse("carrot lemon koala").expect("three words")
}

/// The body of the only message in `bytes`.
pub fn body(message: Message, bytes: &[u8]) -> BytesMut {
    let taken = take_message(message, &mut BytesMut::from(bytes));
    taken.expect("well-formed").expect("whole")
}

/// The connector's and the listener's end of a session.
pub fn met(proof: Proof, gate: &mut Gate) -> [Channel; 2] {
    let rng = &mut Counting(1);
    let (hello_c, waiting_c) = connect(proof, rng).expect("the right role");
    let hello_c = body(Message::HelloC, &hello_c);
    let (hello_l, waiting_l) = gate.answer(&hello_c, 0, rng).expect("well-formed");
    let hello_l = body(Message::HelloL, &hello_l);
    let Ok((auth_c, waiting_c)) = waiting_c.receive(&hello_l) else {
        panic!("refused");
    };
    let auth_c = body(Message::AuthC, &auth_c);
    let admission = gate
        .admit(waiting_l, &auth_c, 0, rng)
        .expect("the right code");
    let auth_l = body(Message::AuthL, &admission.auth_l);
    let connector = waiting_c.receive(&auth_l, 0, rng).expect("the right code");
    [connector, admission.channel]
}
