use super::*;
use crate::testing::{Dice, Script, Vectors, hex};

#[test]
fn keys_ciphertexts_and_secrets_agree_with_the_vectors_of_the_draft() {
    let draft = Vectors::read(include_str!("../../tests/vectors/x_wing.json"));
    let cases = draft.list("");
    assert!(!cases.is_empty());
    for case in cases {
        let key_pair = KeyPair::generate(&mut Script::new([case.bytes("/seed")]));
        assert_eq!(hex(&key_pair.ek()), case.text("/pk"));
        let drawn = &mut Script::new([case.bytes("/eseed")]);
        let (ct, ss) = encapsulate(&key_pair.ek(), drawn).unwrap();
        assert_eq!(hex(&ct), case.text("/ct"));
        assert_eq!(hex(&ss.0[..]), case.text("/ss"));
        assert_eq!(key_pair.decapsulate(&ct).unwrap().0, ss.0);
    }
}

#[test]
fn a_key_with_a_number_that_is_too_large_is_refused() {
    let mut dice = Dice::new(1);
    let mut ek = KeyPair::generate(&mut dice).ek();
    assert!(encapsulate(&ek, &mut dice).is_some());
    // The first 12 bits: 4095 is not below 3329.
    (ek[0], ek[1]) = (0xff, ek[1] | 0x0f);
    assert!(encapsulate(&ek, &mut dice).is_none());
}

#[test]
fn a_ciphertext_whose_x25519_part_contributes_nothing_is_refused() {
    let mut dice = Dice::new(2);
    let key_pair = KeyPair::generate(&mut dice);
    let (mut ct, _) = encapsulate(&key_pair.ek(), &mut dice).unwrap();
    ct[1088..].fill(0);
    assert!(key_pair.decapsulate(&ct).is_none());
    ct[1088] = 1;
    assert!(key_pair.decapsulate(&ct).is_none());
}

#[test]
fn a_damaged_ciphertext_gives_another_secret() {
    let mut dice = Dice::new(3);
    let key_pair = KeyPair::generate(&mut dice);
    let (mut ct, ss) = encapsulate(&key_pair.ek(), &mut dice).unwrap();
    ct[100] ^= 1;
    assert!(!key_pair.decapsulate(&ct).unwrap().equals(&ss.0[..]));
}
