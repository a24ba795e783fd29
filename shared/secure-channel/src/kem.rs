//! X-Wing (X25519 and ML-KEM-768), with the two checks its crate leaves to the caller.

use rand_core::CryptoRng;
use x_wing::{
    Ciphertext, DecapsulationKeyRejectNonContrib, Decapsulator, Encapsulate, EncapsulationKey,
    Generate, KeyExport, TryDecapsulate,
};
use zeroize::Zeroize;

use crate::secret::Secret;

/// Bytes of an encapsulation key.
pub(crate) const EK: usize = 1216;
/// Bytes of a ciphertext.
pub(crate) const CT: usize = 1120;

/// A fresh key pair. The secret half refuses an X25519 part that contributes nothing.
pub(crate) struct KeyPair(Box<DecapsulationKeyRejectNonContrib>);

impl KeyPair {
    /// Draws 32 bytes.
    pub(crate) fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(Box::new(
            DecapsulationKeyRejectNonContrib::generate_from_rng(rng),
        ))
    }

    /// The public half.
    pub(crate) fn ek(&self) -> [u8; EK] {
        self.0.encapsulation_key().to_bytes().into()
    }

    /// `None` where the ciphertext's X25519 part contributes nothing. A damaged ML-KEM part gives
    /// a secret that nobody else has.
    pub(crate) fn decapsulate(&self, ct: &[u8; CT]) -> Option<Secret<32>> {
        let mut ss = self.0.try_decapsulate(&Ciphertext::from(*ct)).ok()?;
        let secret = Secret::copied(ss.as_ref());
        ss.as_mut_slice().zeroize();
        Some(secret)
    }
}

/// Draws 64 bytes. `None` where the ML-KEM part of the key fails the check of FIPS 203.
pub(crate) fn encapsulate(
    ek: &[u8; EK],
    rng: &mut dyn CryptoRng,
) -> Option<([u8; CT], Secret<32>)> {
    let ek = EncapsulationKey::try_from(ek.as_slice()).ok()?;
    let (ct, mut ss) = ek.encapsulate_with_rng(rng);
    let secret = Secret::copied(ss.as_ref());
    ss.as_mut_slice().zeroize();
    Some((ct.into(), secret))
}

#[cfg(test)]
mod tests;
