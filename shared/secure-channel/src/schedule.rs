//! The key schedule of a handshake and of a rekey (README.md, sections 3 and 5).

use crate::kdf::{extract, okm, tag, th};
use crate::secret::Secret;

/// What both sides have after the two HELLOs.
pub(crate) struct Prelude {
    th1: [u8; 32],
    prk: Secret<32>,
}

impl Prelude {
    /// From both messages, X-Wing's secret, and what only the right peer knows.
    pub(crate) fn new(hello_c: &[u8], hello_l: &[u8], ss: &Secret<32>, auth: &Secret<64>) -> Self {
        let th1 = th(&[b"P2PC/1 hello", hello_c, hello_l]);
        let prk = extract(&th1, &[&ss.0[..], &auth.0[..]]);
        Self { th1, prk }
    }

    /// The connector's nonce is open.
    pub(crate) fn with_nonce(self, n_c: &[u8; 32]) -> Schedule {
        Schedule {
            th2: th(&[b"P2PC/1 auth", &self.th1, n_c]),
            prk: self.prk,
        }
    }
}

/// All a handshake derives.
pub(crate) struct Schedule {
    th2: [u8; 32],
    prk: Secret<32>,
}

impl Schedule {
    /// The tag of AUTH_C.
    pub(crate) fn tag_c(&self) -> Secret<32> {
        tag(&okm(&self.prk, "confirm C", &self.th2), &self.th2)
    }

    /// The tag of AUTH_L.
    pub(crate) fn tag_l(&self) -> Secret<32> {
        tag(&okm(&self.prk, "confirm L", &self.th2), &self.th2)
    }

    /// What the people compare when there was no code.
    pub(crate) fn sas(&self) -> Secret<16> {
        okm(&self.prk, "sas", &self.th2)
    }

    /// The keys of the session.
    pub(crate) fn keys(&self) -> Keys {
        Keys::derive(&self.prk, &self.th2)
    }
}

/// The keys of one epoch.
pub(crate) struct Keys {
    /// Chain of the connector's records.
    pub(crate) c2l: Secret<32>,
    /// Chain of the listener's records.
    pub(crate) l2c: Secret<32>,
    /// For the next rekey.
    pub(crate) root: Secret<32>,
    /// Of the ticket.
    pub(crate) resume_secret: Secret<64>,
    /// Of the ticket.
    pub(crate) resume_id: Secret<16>,
}

impl Keys {
    fn derive(prk: &Secret<32>, context: &[u8; 32]) -> Self {
        Self {
            c2l: okm(prk, "c2l", context),
            l2c: okm(prk, "l2c", context),
            root: okm(prk, "root", context),
            resume_secret: okm(prk, "resume", context),
            resume_id: okm(prk, "resume id", context),
        }
    }

    /// The keys after a rekey: `epoch` is the number of the new epoch, 1 at the first.
    pub(crate) fn renewed(
        root: &Secret<32>,
        epoch: u64,
        ek: &[u8],
        ct: &[u8],
        ss: &Secret<32>,
    ) -> Self {
        let th3 = th(&[b"P2PC/1 rekey", &epoch.to_be_bytes(), ek, ct]);
        Self::derive(&extract(&root.0, &[&ss.0[..]]), &th3)
    }
}
