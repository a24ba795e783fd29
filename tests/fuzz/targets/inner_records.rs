//! Inner records, as if the peer had sealed them. The first byte says which side receives them and
//! whether there was a code; then records follow, each as type, length and body. Of types 112 to 127
//! the body is taken for the whole inner record.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use p2p_chat_fuzz::{Counting, code, met};
use p2p_chat_secure_channel::{Event, Gate, Proof};

/// The sizes an inner record may have.
const SIZES: [usize; 5] = [239, 1007, 4079, 16_367, 65_519];
/// A rekey needs two, and a handshake for each input costs as much as many.
const MOST_RECORDS: usize = 64;

fuzz_target!(|input: &[u8]| {
    let Some((&first, mut rest)) = input.split_first() else {
        return;
    };
    let [connector, listener] = match first & 2 {
        0 => met(Proof::Code(code()), &mut Gate::with_code(code())),
        _ => met(Proof::Words, &mut Gate::with_words()),
    };
    let mut channel = if first & 1 == 0 { connector } else { listener };
    let unverified = channel.verification().is_none();
    let mut out = BytesMut::new();
    let rng = &mut Counting(2);
    for _ in 0..MOST_RECORDS {
        let [kind, high, low, behind @ ..] = rest else {
            return;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(behind.len());
        let (body, next) = behind.split_at(length);
        rest = next;
        let inner = match kind & 0xF0 {
            0x70 => body.to_vec(),
            _ => packed(*kind, body),
        };
        if channel.receive_unsealed(inner, 0, rng, &mut out).is_err() {
            return;
        }
        while let Some(event) = channel.poll() {
            match event {
                Event::Received(_) => assert!(!unverified, "nobody is verified"),
                Event::Verified(_) => panic!("our user has typed nothing"),
                _ => {}
            }
        }
    }
});

/// A record as an honest peer packs it, with the number 0.
fn packed(kind: u8, body: &[u8]) -> Vec<u8> {
    let used = 13 + body.len();
    let size = SIZES.into_iter().find(|&size| size >= used).unwrap_or(used);
    let mut inner = vec![kind];
    inner.extend_from_slice(&[0; 8]);
    inner.extend_from_slice(&(body.len() as u32).to_be_bytes());
    inner.extend_from_slice(body);
    inner.resize(size, 0);
    inner
}
