use pakery_cpace::{CpaceCiphersuite, CpaceInitiator, CpaceMode, CpaceResponder};
use pakery_crypto::{Ristretto255Group, Sha512Hash};
use rand_core::Rng;

use super::*;
use crate::testing::{Dice, Vectors, hex};

/// The suite as pakery, written by others, has it.
struct Pakery;

impl CpaceCiphersuite for Pakery {
    type Group = Ristretto255Group;
    type Hash = Sha512Hash;
    const DSI: &'static [u8] = DSI;
    const HASH_BLOCK_SIZE: usize = BLOCK;
    const FIELD_SIZE_BYTES: usize = 32;
}

fn scalar(bytes: [u8; 32]) -> Scalar {
    Scalar::from_canonical_bytes(bytes).unwrap()
}

#[test]
fn every_step_agrees_with_the_vectors_of_the_draft() {
    let draft = Vectors::read(include_str!("../../tests/vectors/cpace_draft_21.json"));
    let [prs, ci, sid] = ["/prs", "/ci", "/sid"].map(|name| draft.bytes(name));
    let generator = generator(&prs, &ci, &sid).compress();
    assert_eq!(hex(generator.as_bytes()), draft.text("/generator"));

    let side = |name| Share::with_scalar(&prs, &ci, &sid, scalar(draft.array(name)));
    let (a, b) = (side("/ya"), side("/yb"));
    assert_eq!(hex(&a.point), draft.text("/Ya"));
    assert_eq!(hex(&b.point), draft.text("/Yb"));

    let (ada, adb) = (draft.bytes("/ada"), draft.bytes("/adb"));
    for k in [a.agree(&b.point), b.agree(&a.point)] {
        let k = k.unwrap();
        assert_eq!(hex(&k.0[..]), draft.text("/K"));
        let sent = |point, data| Sent { point, data };
        let isk = isk(&sid, &k, sent(&a.point, &ada), sent(&b.point, &adb));
        assert_eq!(hex(&isk.0[..]), draft.text("/isk"));
    }
}

#[test]
fn a_point_that_is_none_and_the_identity_are_refused() {
    let draft = Vectors::read(include_str!("../../tests/vectors/cpace_draft_21.json"));
    let share = Share {
        scalar: Zeroizing::new(scalar(draft.array("/valid/s"))),
        point: [0; 32],
    };
    let k = share.agree(&draft.array("/valid/X")).unwrap();
    assert_eq!(hex(&k.0[..]), draft.text("/valid/result"));
    for invalid in ["/invalid/0", "/invalid/1"] {
        assert!(share.agree(&draft.array(invalid)).is_none(), "{invalid}");
    }
    // The identity in every way a sloppy decoder would take it: p, and with the sign bit set.
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    let mut negative = [0; 32];
    negative[31] = 0x80;
    assert!(share.agree(&p).is_none());
    assert!(share.agree(&negative).is_none());
}

/// Inputs of all lengths, so that each way of padding and of writing a length is met.
fn inputs(round: u64) -> [Vec<u8>; 5] {
    let mut dice = Dice::new(round);
    std::array::from_fn(|_| {
        let mut length = [0; 2];
        dice.fill_bytes(&mut length);
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length)) % 400];
        dice.fill_bytes(&mut bytes);
        bytes
    })
}

#[test]
fn on_random_inputs_it_agrees_with_another_implementation_in_both_roles() {
    for round in 0..100 {
        let [prs, ci, sid, ada, adb] = inputs(round);
        let mut dice = Dice::new(round + 1000);
        let sent = |point, data| Sent { point, data };

        let ours = Share::draw(&prs, &ci, &sid, &mut dice);
        let (yb, theirs) = CpaceResponder::<Pakery>::respond(
            &ours.point,
            &prs,
            &ci,
            &sid,
            &ada,
            &adb,
            CpaceMode::InitiatorResponder,
            &mut dice,
        )
        .unwrap();
        let yb = yb.try_into().unwrap();
        let k = ours.agree(&yb).unwrap();
        let isk_ours = isk(&sid, &k, sent(&ours.point, &ada), sent(&yb, &adb));
        assert_eq!(isk_ours.0[..], *theirs.isk.as_bytes(), "initiator {round}");

        let (ya, theirs) =
            CpaceInitiator::<Pakery>::start(&prs, &ci, &sid, &ada, &mut dice).unwrap();
        let ya = ya.try_into().unwrap();
        let ours = Share::draw(&prs, &ci, &sid, &mut dice);
        let k = ours.agree(&ya).unwrap();
        let isk_ours = isk(&sid, &k, sent(&ya, &ada), sent(&ours.point, &adb));
        let theirs = theirs
            .finish(&ours.point, &adb, CpaceMode::InitiatorResponder)
            .unwrap();
        assert_eq!(isk_ours.0[..], *theirs.isk.as_bytes(), "responder {round}");
    }
}

#[test]
fn another_code_gives_another_key() {
    let mut dice = Dice::new(5);
    let a = Share::draw(b"carrot-lemon-koala", b"ci", b"sid", &mut dice);
    let b = Share::draw(b"carrot-lemon-koalb", b"ci", b"sid", &mut dice);
    let (at_a, at_b) = (a.agree(&b.point).unwrap(), b.agree(&a.point).unwrap());
    assert!(!at_a.equals(&at_b.0[..]));
}
