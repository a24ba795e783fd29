//! The frames of records, in pieces as long as the first byte says.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use p2p_chat_secure_channel::take_record;

fuzz_target!(|input: &[u8]| {
    let Some((&first, stream)) = input.split_first() else {
        return;
    };
    let mut buffer = BytesMut::new();
    for piece in stream.chunks(usize::from(first) + 1) {
        buffer.extend_from_slice(piece);
        loop {
            match take_record(&mut buffer) {
                Ok(Some(token)) => {
                    assert!([396, 1420, 5516, 21_900, 87_436].contains(&token.len()));
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(buffer.len() < 4 + 87_436);
    }
});
