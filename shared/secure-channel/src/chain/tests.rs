use super::*;
use crate::record::{INNERS, MAX_BODY, kind};

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
        let mut token = BytesMut::new();
        self.step().unwrap().1.seal(inner, &[0; 16], &mut token);
        token.to_vec()
    }

    /// Seals 240 bytes that end in no padding.
    pub(crate) fn seal_unpadded(&mut self) -> Vec<u8> {
        self.step().unwrap().1.sign_blocks(240)
    }
}

fn pair() -> (Chain, Chain) {
    let chain = Chain::new(Secret::copied(&[7; 32]));
    let copy = chain.copy();
    (chain, copy)
}

fn seal(chain: &mut Chain, body: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    chain.seal(kind::DATA, body, &[0; 16], &mut out).unwrap();
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
fn a_chain_ends_before_its_numbers_could_repeat() {
    let mut chain = Chain {
        key: Secret::copied(&[7; 32]),
        seq: MAX_SEQ - 1,
    };
    let mut out = BytesMut::new();
    assert!(chain.seal(kind::PING, &[], &[0; 16], &mut out).is_ok());
    assert!(chain.seal(kind::PING, &[], &[0; 16], &mut out).is_err());
}
