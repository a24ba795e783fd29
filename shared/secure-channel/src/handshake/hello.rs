//! HELLO_C and HELLO_L, byte by byte (README.md, section 3).

use super::{HandshakeError, Mode};
use crate::kem::{CT, EK};

/// Bytes of the four bodies.
pub(crate) const HELLO_C: usize = HEADER + 16 + 32 + EK + POINT;
pub(crate) const HELLO_L: usize = HEADER + 32 + CT + POINT;
pub(crate) const AUTH_C: usize = 32 + 32;
pub(crate) const AUTH_L: usize = 32;

const HEADER: usize = 8;
const POINT: usize = 32;
const MAGIC: [u8; 4] = *b"P2PC";
const VERSION: u8 = 1;
/// X-Wing, CPace over ristretto255, SHA-256, Fernet. There is no other.
const SUITE: u8 = 1;

impl Mode {
    fn byte(self) -> u8 {
        match self {
            Self::Words => 0,
            Self::Code => 1,
            Self::Resume => 2,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Words, Self::Code, Self::Resume]
            .into_iter()
            .find(|mode| mode.byte() == byte)
    }
}

fn header(mode: Mode) -> [u8; HEADER] {
    let [a, b, c, d] = MAGIC;
    [a, b, c, d, VERSION, SUITE, mode.byte(), 0]
}

/// A well-formed HELLO_C.
pub(crate) struct HelloC<'a> {
    pub(crate) mode: Mode,
    /// Zero unless the mode is resume.
    pub(crate) resume_id: &'a [u8; 16],
    /// To the connector's nonce.
    pub(crate) commit: &'a [u8; 32],
    pub(crate) ek: &'a [u8; EK],
    /// Zero unless the mode is code.
    pub(crate) ya: &'a [u8; POINT],
}

impl<'a> HelloC<'a> {
    /// Refuses whatever an honest connector does not send, keys and points aside.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, HandshakeError> {
        if body.len() != HELLO_C {
            return Err(HandshakeError::Malformed);
        }
        let mut rest = body;
        let sent = field::<HEADER>(&mut rest);
        let mode = Mode::of(sent[6]).ok_or(HandshakeError::Malformed)?;
        let hello = Self {
            mode,
            resume_id: field(&mut rest),
            commit: field(&mut rest),
            ek: field(&mut rest),
            ya: field(&mut rest),
        };
        let stray_id = mode != Mode::Resume && *hello.resume_id != [0; 16];
        if *sent != header(mode) || stray_id || !point_fits(hello.ya, mode) {
            return Err(HandshakeError::Malformed);
        }
        Ok(hello)
    }

    /// All of HELLO_C before Ya, which depends on it.
    pub(crate) fn without_ya(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HELLO_C);
        bytes.extend_from_slice(&header(self.mode));
        bytes.extend_from_slice(self.resume_id);
        bytes.extend_from_slice(self.commit);
        bytes.extend_from_slice(self.ek);
        bytes
    }
}

/// A well-formed HELLO_L.
pub(crate) struct HelloL<'a> {
    pub(crate) n_l: &'a [u8; 32],
    pub(crate) ct: &'a [u8; CT],
    /// Zero unless the mode is code.
    pub(crate) yb: &'a [u8; POINT],
}

impl<'a> HelloL<'a> {
    /// Refuses whatever an honest listener does not answer to a HELLO_C of this mode.
    pub(crate) fn parse(body: &'a [u8], mode: Mode) -> Result<Self, HandshakeError> {
        if body.len() != HELLO_L {
            return Err(HandshakeError::Malformed);
        }
        let mut rest = body;
        let sent = field::<HEADER>(&mut rest);
        let hello = Self {
            n_l: field(&mut rest),
            ct: field(&mut rest),
            yb: field(&mut rest),
        };
        if *sent != header(mode) || !point_fits(hello.yb, mode) {
            return Err(HandshakeError::Malformed);
        }
        Ok(hello)
    }

    /// All of HELLO_L before Yb, which depends on it.
    pub(crate) fn without_yb(&self, mode: Mode) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HELLO_L);
        bytes.extend_from_slice(&header(mode));
        bytes.extend_from_slice(self.n_l);
        bytes.extend_from_slice(self.ct);
        bytes
    }
}

/// The hello without the point at its end: what the point's sender binds to it.
pub(crate) fn without_point(body: &[u8]) -> &[u8] {
    &body[..body.len() - POINT]
}

/// A point where the mode has one, zeros where it has none. Zeros are the identity's encoding.
fn point_fits(point: &[u8; POINT], mode: Mode) -> bool {
    (*point != [0; POINT]) == (mode == Mode::Code)
}

/// Cuts the next field off. The caller has checked the length of the whole.
fn field<'a, const N: usize>(rest: &mut &'a [u8]) -> &'a [u8; N] {
    let (field, behind) = rest.split_first_chunk().expect("the length was checked");
    *rest = behind;
    field
}
