//! Sessions, both sides in memory.

mod closing;
mod cuts;
#[cfg(target_os = "linux")]
mod memory;
mod rekeying;
mod rules;
mod times;
mod vectors;
mod verifying;

use bytes::BytesMut;

use super::Channel;
use crate::testing::Dice;
use crate::testing::pair::{Met, code, meet};
use crate::{Gate, Proof};

/// A session verified by a code, and its gate, which has followed nothing yet.
fn session() -> (Met, Gate) {
    let mut gate = Gate::with_code(code());
    (meet(Proof::Code(code()), &mut gate, 0, 1), gate)
}

/// A session whose people have compared nothing yet.
fn unverified() -> Met {
    meet(Proof::Words, &mut Gate::with_words(), 0, 1)
}

/// A record that this side seals, whatever the rules say.
fn sealed(from: &mut Channel, kind: u8, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    from.sending.seal(kind, body, &[0; 16], &mut out).unwrap();
    out
}

/// What `send` seals.
fn sent(from: &mut Channel, text: &str) -> BytesMut {
    let mut out = BytesMut::new();
    from.send(text, 0, &mut Dice::new(1), &mut out).unwrap();
    out
}

/// What `tick` at this time does.
fn ticked(channel: &mut Channel, now_ms: u64) -> Result<BytesMut, crate::Cut> {
    let mut out = BytesMut::new();
    let mut dice = Dice::new(now_ms);
    channel.tick(now_ms, &mut dice, &mut out)?;
    Ok(out)
}
