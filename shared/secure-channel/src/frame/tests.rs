use super::*;

fn buffer(bytes: &[u8]) -> BytesMut {
    BytesMut::from(bytes)
}

#[test]
fn a_message_of_its_one_length_is_taken_and_what_stands_behind_stays() {
    let mut bytes = buffer(&[0, 32]);
    bytes.extend_from_slice(&[7; 32]);
    bytes.extend_from_slice(b"rest");
    let auth_l = take_message(Message::AuthL, &mut bytes).unwrap().unwrap();
    assert_eq!((&auth_l[..], &bytes[..]), (&[7; 32][..], &b"rest"[..]));
}

#[test]
fn every_other_length_is_refused_by_the_first_two_bytes() {
    for (message, right) in [
        (Message::HelloC, 1304),
        (Message::HelloL, 1192),
        (Message::AuthC, 64),
        (Message::AuthL, 32),
    ] {
        for length in 0..=u16::MAX {
            let outcome = take_message(message, &mut buffer(&length.to_be_bytes()));
            let refused = Err(BadFrame::Length(length.into()));
            assert_eq!(outcome, if length == right { Ok(None) } else { refused });
        }
    }
}

#[test]
fn a_connector_that_speaks_before_its_turn_is_refused() {
    for (message, length) in [(Message::HelloC, 1304_u16), (Message::AuthC, 64)] {
        let mut bytes = buffer(&length.to_be_bytes());
        bytes.resize(2 + usize::from(length), 1);
        let whole = take_message(message, &mut bytes.clone());
        assert!(whole.unwrap().is_some());
        bytes.extend_from_slice(&[1]);
        assert_eq!(take_message(message, &mut bytes), Err(BadFrame::OutOfTurn));
    }
}

#[test]
fn a_record_is_of_one_of_five_lengths_or_refused_before_room_is_made() {
    for length in (0..100_000).chain([0xFFFF_FFFF, 0x8000_018C]) {
        let mut bytes = buffer(&u32::to_be_bytes(length));
        let outcome = take_record(&mut bytes);
        if [396, 1420, 5516, 21_900, 87_436].contains(&length) {
            assert_eq!(outcome, Ok(None));
            assert!(bytes.capacity() >= 4 + length as usize);
        } else {
            assert_eq!(outcome, Err(BadFrame::Length(length)));
            assert!(bytes.capacity() < 100);
        }
    }
}

#[test]
fn the_key_of_the_old_program_is_known_and_begins_no_message_of_ours() {
    let key = b"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    assert!(looks_like_a_legacy_key(key));
    for message in [
        Message::HelloC,
        Message::HelloL,
        Message::AuthC,
        Message::AuthL,
    ] {
        assert!(take_message(message, &mut buffer(key)).is_err());
    }
    for other in [&key[1..], &key[..43], b"", &[b'='; 44], &[0; 44]] {
        assert!(!looks_like_a_legacy_key(other));
    }
    let mut longer = key.to_vec();
    longer.push(b'=');
    assert!(!looks_like_a_legacy_key(&longer));
}
