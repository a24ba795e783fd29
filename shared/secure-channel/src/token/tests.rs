use fernet::Fernet;

use super::*;
use crate::record::INNERS;
use crate::testing::Vectors;

impl Key {
    /// A token of so many zeros in the place of what was encrypted. As a text they end in a padding
    /// only by a chance of 1 in 256.
    pub(crate) fn sign_blocks(&self, length: usize) -> Vec<u8> {
        self.signed(VERSION, length)
    }

    fn signed(&self, version: u8, length: usize) -> Vec<u8> {
        let mut token = vec![0; TEXT_AT + length];
        token[0] = version;
        let tag = self.mac(&token).finalize().into_bytes();
        token.extend_from_slice(&tag);
        URL_SAFE.encode(token).into_bytes()
    }
}

const BYTES: &[u8; 32] = b"16 bytes to sign16 to encrypt...";
/// Any timestamp is fine, the largest included: 60 s of it are Fernet's clock skew, which it adds.
const ANY_TIME: u64 = u64::MAX - 60;

fn sealed(text: &[u8], iv: u8) -> Vec<u8> {
    let mut out = BytesMut::from(&b"before"[..]);
    Key::new(BYTES).seal(text, &[iv; 16], &mut out);
    assert_eq!(out[..6], b"before"[..]);
    out[6..].to_vec()
}

fn fernet() -> Fernet {
    Fernet::new(&URL_SAFE.encode(BYTES)).unwrap()
}

#[test]
fn another_fernet_opens_them_and_its_own_open_here() {
    for length in (0..40).chain(INNERS) {
        let text = vec![0xA5; length];
        let ours = String::from_utf8(sealed(&text, 1)).unwrap();
        let theirs = fernet().encrypt_at_time(&text, 0);
        assert_eq!(ours.len(), theirs.len());
        let opened = fernet().decrypt_at_time(&ours, None, ANY_TIME);
        assert_eq!(opened.as_ref(), Ok(&text));
        assert_eq!(Key::new(BYTES).open(theirs.as_bytes()), Ok(text));
    }
}

#[test]
fn the_iv_is_the_one_given_and_no_clock_goes_over_the_wire() {
    let token = URL_SAFE.decode(sealed(b"a", 7)).unwrap();
    assert_eq!(token[..TEXT_AT], [&[0x80], &[0; 8][..], &[7; 16]].concat());
}

#[test]
fn the_clock_in_a_token_does_not_matter() {
    for time in [1, ANY_TIME, u64::MAX] {
        let token = fernet().encrypt_at_time(b"a", time);
        let opened = Key::new(BYTES).open(token.as_bytes());
        assert_eq!(opened.as_deref(), Ok(&b"a"[..]), "{time}");
    }
}

#[test]
fn every_changed_character_is_a_forgery() {
    let token = sealed(b"a", 1);
    for position in 0..token.len() {
        let mut changed = token.clone();
        changed[position] ^= 1;
        let opened = Key::new(BYTES).open(&changed);
        assert_eq!(opened, Err(OpenError::Forged), "character {position}");
        let opened = Key::new(BYTES).open(&token[..position]);
        assert_eq!(opened, Err(OpenError::Forged), "{position} characters");
    }
}

#[test]
fn what_the_peer_signed_and_is_no_token_is_told_from_a_forgery() {
    let key = || Key::new(BYTES);
    for (version, length, what) in [
        (VERSION, 16, "no padding"),
        (VERSION, 0, "no text"),
        (VERSION, 15, "no whole block"),
        (0x81, 16, "another version"),
    ] {
        let opened = key().open(&key().signed(version, length));
        assert_eq!(opened, Err(OpenError::NoToken), "{what}");
    }
    let short = key().mac(&[VERSION]).finalize().into_bytes();
    let token = URL_SAFE.encode([&[VERSION], &short[..]].concat());
    assert_eq!(key().open(token.as_bytes()), Err(OpenError::NoToken));
}

#[test]
fn they_agree_with_the_specification() {
    let spec = Vectors::read(include_str!("../../tests/vectors/fernet_spec.json"));
    let open = |case: &Vectors| {
        let secret = URL_SAFE.decode(case.text("/secret")).unwrap();
        Key::new(&secret.try_into().unwrap()).open(case.text("/token").as_bytes())
    };
    for case in spec.list("/valid") {
        assert_eq!(open(&case).unwrap(), case.text("/src").as_bytes());
    }
    for case in spec.list("/invalid") {
        assert!(open(&case).is_err(), "{}", case.text("/desc"));
    }
    for case in spec.list("/valid_at_any_time") {
        assert!(open(&case).is_ok(), "{}", case.text("/desc"));
    }
}
