//! The frames of a handshake, in pieces: the first byte says which message is awaited.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use p2p_chat_secure_channel::{Message, looks_like_a_legacy_key, take_message};

fuzz_target!(|input: &[u8]| {
    let Some((&first, stream)) = input.split_first() else {
        return;
    };
    let (message, length) = [
        (Message::HelloC, 1304),
        (Message::HelloL, 1192),
        (Message::AuthC, 64),
        (Message::AuthL, 32),
    ][usize::from(first % 4)];
    looks_like_a_legacy_key(stream);
    let mut buffer = BytesMut::new();
    for piece in stream.chunks(usize::from(first / 4) + 1) {
        buffer.extend_from_slice(piece);
        match take_message(message, &mut buffer) {
            Ok(Some(body)) => assert_eq!(body.len(), length),
            Ok(None) => assert!(buffer.len() < 2 + length),
            Err(_) => return,
        }
    }
});
