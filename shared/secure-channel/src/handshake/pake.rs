//! CPace as this handshake feeds it: the code, one direction, and both HELLOs bound to the key.

use rand_core::CryptoRng;

use super::HandshakeError;
use super::hello::without_point;
use crate::cpace::{Sent, Share, isk};
use crate::kdf::th;
use crate::passcode::Code;
use crate::secret::Secret;

const CI: &[u8] = b"P2PC/1 connector>listener";

/// A side's share for this handshake. `hello_c` is HELLO_C as far as it stands before Ya.
pub(super) fn share(code: &Code, hello_c: &[u8], rng: &mut dyn CryptoRng) -> Share {
    Share::draw(code.words().as_bytes(), CI, &sid(hello_c), rng)
}

/// The key, from two whole HELLOs.
pub(super) fn key(
    share: &Share,
    theirs: &[u8; 32],
    hello_c: &[u8],
    hello_l: &[u8],
) -> Result<Secret<64>, HandshakeError> {
    let k = share.agree(theirs).ok_or(HandshakeError::BadKey)?;
    let sid = sid(without_point(hello_c));
    Ok(isk(&sid, &k, sent(hello_c), sent(hello_l)))
}

fn sid(hello_c_without_ya: &[u8]) -> [u8; 32] {
    th(&[b"P2PC/1 sid", hello_c_without_ya])
}

/// The point stands at the end of either HELLO.
fn sent(hello: &[u8]) -> Sent<'_> {
    Sent {
        data: without_point(hello),
        point: hello.last_chunk().expect("a HELLO is longer than a point"),
    }
}
