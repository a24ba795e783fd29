//! What people type: a code is read again from its own words and numbers, and no sentence about
//! anything else has a character that a terminal obeys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use p2p_chat_secure_channel::{Code, SpentCode};

fuzz_target!(|typed: &str| {
    match Code::parse(typed) {
        Ok(code) => {
            let spent = SpentCode::of(&code);
            for text in [code.words(), code.numbers()] {
                assert!(Code::parse(&text).is_ok_and(|again| spent.is(&again)));
            }
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(
                sentence.ends_with(['.', '?']) && sentence.len() < 400,
                "{sentence}"
            );
            assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
        }
    }
});
