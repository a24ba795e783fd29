//! Bytes that are erased when dropped and that nothing prints.

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

/// A secret of fixed length. No `Debug`, no `PartialEq`: see [`Secret::equals`].
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct Secret<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> Secret<N> {
    /// Room for a secret that is about to be written.
    pub(crate) fn zero() -> Self {
        Self([0; N])
    }

    /// In constant time.
    pub(crate) fn equals(&self, other: &[u8]) -> bool {
        equal(&self.0, other)
    }
}

/// In constant time.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
