//! Bytes that are erased when dropped and that nothing prints.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret of fixed length, in one place from its first byte to its last: on the heap, so that
/// moving what holds it leaves no copy behind. No `Debug`, no `PartialEq`: see [`Secret::equals`].
#[derive(Clone)]
pub(crate) struct Secret<const N: usize>(pub(crate) Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Room for a secret that is about to be written.
    pub(crate) fn zero() -> Self {
        Self(Box::new([0; N]))
    }

    /// A copy; erasing the original is the caller's.
    pub(crate) fn copied(bytes: &[u8; N]) -> Self {
        let mut secret = Self::zero();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// In constant time.
    pub(crate) fn equals(&self, other: &[u8]) -> bool {
        equal(&self.0[..], other)
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

/// In constant time.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
