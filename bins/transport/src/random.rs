//! The operating system's randomness, the only one there is here.

use p2p_chat_secure_channel::CryptoRng;

/// A source of secrets. A computer that has none left cannot go on: this panics then.
pub(crate) fn random() -> impl CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}
