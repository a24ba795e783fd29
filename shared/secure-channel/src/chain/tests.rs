use super::*;
use crate::record::{INNERS, MAX_BODY, kind};
use crate::testing::Vectors;

impl Chain {
    /// A thief's copy.
    pub(crate) fn copy(&self) -> Self {
        Self {
            key: self.key.clone(),
            seq: self.seq,
        }
    }

    /// A chain that is on its way.
    pub(crate) fn at(key: Secret<32>, seq: u64) -> Self {
        Self { key, seq }
    }

    /// The next record's number, the chain key it is made from, and its own key.
    pub(crate) fn peek(&self) -> (u64, [u8; 32], [u8; 32]) {
        let both = okm::<64>(&self.key, "msg", &self.seq.to_be_bytes());
        (self.seq, *self.key.0, *both.0.last_chunk().unwrap())
    }

    /// Seals what an honest peer never would.
    pub(crate) fn seal_raw(&mut self, inner: &[u8]) -> Vec<u8> {
        let (_, key) = self.step().unwrap();
        key.fernet().encrypt_at_time(inner, 0).into_bytes()
    }

    /// Seals 240 bytes that end in no padding, as no Fernet does: the last block is of zeros, and
    /// what comes of that ends in a padding only by a chance of 1 in 256.
    pub(crate) fn seal_unpadded(&mut self) -> Vec<u8> {
        let (_, key) = self.step().unwrap();
        let mut token = vec![0; 1 + 8 + 16 + 240];
        token[0] = 0x80;
        let mac = Hmac::<Sha256>::new_from_slice(&key.0.0[..16]).unwrap();
        let tag = mac.chain_update(&token).finalize().into_bytes();
        token.extend_from_slice(&tag);
        URL_SAFE.encode(token).into_bytes()
    }
}

fn pair() -> (Chain, Chain) {
    let chain = Chain::new(Secret::copied(&[7; 32]));
    let copy = chain.copy();
    (chain, copy)
}

fn seal(chain: &mut Chain, body: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    chain.seal(kind::DATA, body, &mut out).unwrap();
    assert_eq!(out[..4], (out.len() as u32 - 4).to_be_bytes());
    out.split_off(4).to_vec()
}

fn opened(chain: &mut Chain, token: &[u8]) -> Option<Vec<u8>> {
    chain.open(token).ok().map(|record| record.body)
}

#[test]
fn a_body_of_each_size_arrives_in_the_smallest_record_it_fits_into() {
    let (mut sender, mut receiver) = pair();
    let mut at_least = 0;
    for (inner, token) in INNERS.into_iter().zip(TOKENS) {
        for length in [at_least, inner - 13] {
            let body = vec![0xA5; length];
            let sealed = seal(&mut sender, &body);
            assert_eq!(sealed.len(), token);
            assert!(!sealed.contains(&b'='));
            assert_eq!(opened(&mut receiver, &sealed), Some(body));
        }
        at_least = inner - 13 + 1;
    }
    assert_eq!(at_least, MAX_BODY + 1);
}

#[test]
fn replayed_reordered_dropped_and_changed_records_do_not_open() {
    let open = |tokens: &[&[u8]]| {
        let mut receiver = pair().1;
        let open = |token: &&[u8]| opened(&mut receiver, token).is_some();
        tokens.iter().map(open).collect::<Vec<_>>()
    };
    let mut sender = pair().0;
    let [a, b] = [b"a", b"b"].map(|body| seal(&mut sender, body));
    assert_eq!(open(&[&a, &b]), [true, true]);
    assert_eq!(open(&[&a, &a]), [true, false]);
    assert_eq!(open(&[&b]), [false]);
    for position in 0..a.len() {
        let mut changed = a.clone();
        changed[position] ^= 1;
        assert_eq!(open(&[&changed]), [false], "byte {position}");
    }
}

#[test]
fn a_copied_state_opens_what_comes_and_nothing_that_was() {
    let (mut sender, mut receiver) = pair();
    let tokens: Vec<_> = (0..8).map(|n| seal(&mut sender, &[n])).collect();
    for (n, token) in tokens.iter().enumerate() {
        for old in &tokens[..n] {
            assert!(opened(&mut receiver.copy(), old).is_none());
        }
        assert!(opened(&mut receiver.copy(), token).is_some());
        opened(&mut receiver, token).unwrap();
    }
}

#[test]
fn the_clock_in_a_token_does_not_matter_and_a_forged_one_does_no_harm() {
    let mut sender = pair().0;
    let mut token = URL_SAFE.decode(seal(&mut sender, b"a")).unwrap();
    assert_eq!(token[1..9], [0; 8], "no clock goes over the wire");
    token[1..9].fill(0xff);
    let token = URL_SAFE.encode(token);
    assert!(opened(&mut pair().1, token.as_bytes()).is_none());

    let inner = record::pack(kind::PING, 0, &[]);
    for time in [1, ANY_TIME, u64::MAX] {
        let fernet = pair().0.step().unwrap().1.fernet();
        let token = fernet.encrypt_at_time(&inner, time);
        assert!(opened(&mut pair().1, token.as_bytes()).is_some(), "{time}");
    }
}

#[test]
fn a_chain_ends_before_its_numbers_could_repeat() {
    let mut chain = Chain {
        key: Secret::copied(&[7; 32]),
        seq: MAX_SEQ - 1,
    };
    let mut out = BytesMut::new();
    assert!(chain.seal(kind::PING, &[], &mut out).is_ok());
    assert!(chain.seal(kind::PING, &[], &mut out).is_err());
}

#[test]
fn fernet_agrees_with_its_specification() {
    let spec = Vectors::read(include_str!("../../tests/vectors/fernet_spec.json"));
    let open = |case: &Vectors| {
        let fernet = Fernet::new(case.text("/secret")).unwrap();
        fernet.decrypt_at_time(case.text("/token"), None, ANY_TIME)
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
