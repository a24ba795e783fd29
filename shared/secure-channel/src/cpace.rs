//! CPace: from a code two people share, a key that a listener on the wire cannot guess at.
//! draft-irtf-cfrg-cpace-21, suite CPACE-RISTR255-SHA512, initiator and responder.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;

const DSI: &[u8] = b"CPaceRistretto255";
const DSI_ISK: &[u8] = b"CPaceRistretto255_ISK";
/// Bytes SHA-512 takes in at once; the code is padded to the first block's end.
const BLOCK: usize = 128;

/// One side's secret scalar, and the point it sends. Erased when dropped: `Scalar` has no
/// `Debug` that would help here, and no own erasure.
pub(crate) struct Share {
    scalar: Zeroizing<Scalar>,
    /// Ya or Yb.
    pub(crate) point: [u8; 32],
}

impl Share {
    /// Draws 64 bytes: the scalar, reduced.
    pub(crate) fn draw(prs: &[u8], ci: &[u8], sid: &[u8], rng: &mut dyn CryptoRng) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        rng.fill_bytes(wide.as_mut());
        Self::with_scalar(prs, ci, sid, Scalar::from_bytes_mod_order_wide(&wide))
    }

    fn with_scalar(prs: &[u8], ci: &[u8], sid: &[u8], scalar: Scalar) -> Self {
        let mut generator = generator(prs, ci, sid);
        let point = (generator * scalar).compress().to_bytes();
        generator.zeroize();
        Self {
            scalar: Zeroizing::new(scalar),
            point,
        }
    }

    /// The point both sides come to. `None` when theirs is no point, or the identity: its
    /// encoding is 32 zero bytes, which decodes, and would let anybody in without a code.
    pub(crate) fn agree(&self, theirs: &[u8; 32]) -> Option<Secret<32>> {
        let mut point = CompressedRistretto(*theirs).decompress()?;
        if point.is_identity() {
            return None;
        }
        point *= *self.scalar;
        let k = (!point.is_identity()).then(|| Secret::copied(point.compress().as_bytes()));
        point.zeroize();
        k
    }
}

/// A point as it went over the wire, with the data its sender binds to it.
pub(crate) struct Sent<'a> {
    pub(crate) point: &'a [u8; 32],
    pub(crate) data: &'a [u8],
}

/// The key: ISK, from the point K and what the initiator and the responder sent.
pub(crate) fn isk(
    sid: &[u8],
    k: &Secret<32>,
    initiator: Sent<'_>,
    responder: Sent<'_>,
) -> Secret<64> {
    let mut hash = Sha512::new();
    for part in [DSI_ISK, sid, k.0.as_slice()] {
        with_length(part, |bytes| hash.update(bytes));
    }
    for Sent { point, data } in [initiator, responder] {
        with_length(point, |bytes| hash.update(bytes));
        with_length(data, |bytes| hash.update(bytes));
    }
    let mut output = Secret::zero();
    hash.finalize_into((&mut output.0[..]).into());
    output
}

/// A point that nobody knows the logarithm of, and that depends on the code.
fn generator(prs: &[u8], ci: &[u8], sid: &[u8]) -> RistrettoPoint {
    let mut used = 1;
    with_length(DSI, |bytes| used += bytes.len());
    with_length(prs, |bytes| used += bytes.len());
    let padding = [0; BLOCK];
    let padding = &padding[..BLOCK.saturating_sub(used)];

    let mut hash = Sha512::new();
    for part in [DSI, prs, padding, ci, sid] {
        with_length(part, |bytes| hash.update(bytes));
    }
    let uniform = Zeroizing::new(hash.finalize().into());
    RistrettoPoint::from_uniform_bytes(&uniform)
}

/// Gives `part` with its length in front, as LEB128.
fn with_length(part: &[u8], mut take: impl FnMut(&[u8])) {
    let mut length = part.len();
    while length > 0x7f {
        take(&[length as u8 & 0x7f | 0x80]);
        length >>= 7;
    }
    take(&[length as u8]);
    take(part);
}

#[cfg(test)]
mod tests;
