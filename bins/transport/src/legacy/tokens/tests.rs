//! Token streams, whole, torn and broken.

use std::time::{Duration, Instant};

use super::*;

fn fernet() -> Fernet {
    Fernet::new(&Fernet::generate_key()).expect("a fresh key is a key")
}

/// All texts of a stream that arrives in these pieces.
fn texts(fernet: &Fernet, pieces: &[&[u8]]) -> io::Result<Vec<String>> {
    let mut tokens = Tokens::new(fernet.clone());
    let mut stream = BytesMut::new();
    let mut texts = Vec::new();
    for piece in pieces {
        stream.extend_from_slice(piece);
        while let Some(text) = tokens.decode(&mut stream)? {
            texts.push(text);
        }
    }
    match tokens.decode_eof(&mut stream)? {
        None => Ok(texts),
        Some(text) => panic!("{text:?} was only seen at the end"),
    }
}

/// Text lengths whose tokens have one, two and no padding characters, twice over.
const LENGTHS: [usize; 6] = [0, 16, 32, 48, 64, 80];

fn stream_of_every_padding(fernet: &Fernet) -> (Vec<u8>, Vec<String>) {
    let texts: Vec<String> = LENGTHS.iter().map(|&length| "x".repeat(length)).collect();
    let stream: String = texts.iter().map(|t| fernet.encrypt(t.as_bytes())).collect();
    (stream.into_bytes(), texts)
}

#[test]
fn tokens_of_every_length_arrive_one_by_one_and_all_in_one_read() {
    let fernet = fernet();
    let sent: Vec<String> = (0..=3 * 48).map(|length| "y".repeat(length)).collect();
    let tokens: Vec<String> = sent.iter().map(|t| fernet.encrypt(t.as_bytes())).collect();
    let pieces: Vec<&[u8]> = tokens.iter().map(|token| token.as_bytes()).collect();
    assert_eq!(texts(&fernet, &pieces).expect("tokens"), sent);
    let whole = tokens.concat();
    assert_eq!(texts(&fernet, &[whole.as_bytes()]).expect("tokens"), sent);
}

#[test]
fn tokens_survive_every_place_a_read_may_end() {
    let fernet = fernet();
    let (stream, sent) = stream_of_every_padding(&fernet);
    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        assert_eq!(
            texts(&fernet, &[head, tail]).expect("tokens"),
            sent,
            "cut at {at}"
        );
    }
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(texts(&fernet, &single).expect("tokens"), sent);
}

#[test]
fn an_unpadded_token_is_there_as_soon_as_its_last_byte_is() {
    let fernet = fernet();
    let token = fernet.encrypt(&[b'z'; 32]);
    assert!(!token.ends_with('='));
    assert_eq!(
        texts(&fernet, &[token.as_bytes()]).expect("a token"),
        ["z".repeat(32)]
    );
}

#[test]
fn long_texts_pass_up_to_the_limit_and_not_beyond() {
    let fernet = fernet();
    for length in [1, 3007, 3008, MAX_TEXT] {
        let text = "t".repeat(length);
        let token = fernet.encrypt(text.as_bytes());
        let (head, tail) = token.as_bytes().split_at(token.len() / 2);
        assert_eq!(texts(&fernet, &[head, tail]).expect("a token"), [text]);
    }
    let token = fernet.encrypt(&vec![b't'; MAX_TEXT + 1]);
    let error = texts(&fernet, &[token.as_bytes()]).expect_err("too long");
    assert_eq!(error.to_string(), "a text is too long");
}

#[test]
fn a_token_without_end_is_refused() {
    let fernet = fernet();
    let endless = [b"gA".repeat(MAX_TOKEN / 2), b"gAgA".to_vec()].concat();
    let begun = Instant::now();
    let error = texts(&fernet, &[&endless]).expect_err("too long");
    assert_eq!(error.to_string(), "a token is too long");
    // Here every place looks like the end of a token: the most work a peer can ask for.
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_torn_last_token_is_an_end_in_the_middle() {
    let fernet = fernet();
    let token = fernet.encrypt(b"hello");
    let error = texts(&fernet, &[&token.as_bytes()[..50]]).expect_err("torn");
    assert_ne!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn rubbish_is_refused_again_and_again() {
    let stranger = Fernet::new(&Fernet::generate_key()).expect("a key");
    let foreign = stranger.encrypt(b"hello");
    let cases: [&[u8]; 8] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"\x16\x03\x01",
        b"\n",
        b"gAAA\xff\xff\xff\xff",
        b"gAAA+/==",
        b"gAAAA===",
        foreign.as_bytes(),
    ];
    for case in cases {
        let mut tokens = Tokens::new(fernet());
        let mut stream = BytesMut::from(case);
        for _ in 0..2 {
            let refused = tokens.decode(&mut stream).map_err(|error| error.kind());
            let shown = String::from_utf8_lossy(case);
            assert_eq!(refused, Err(io::ErrorKind::InvalidData), "{shown}");
        }
    }
}

#[test]
fn a_token_before_rubbish_still_arrives_where_it_is_padded() {
    let fernet = fernet();
    let mut stream = BytesMut::from(fernet.encrypt(b"hello").as_bytes());
    stream.extend_from_slice(b"rubbish");
    let mut tokens = Tokens::new(fernet);
    assert_eq!(
        tokens.decode(&mut stream).expect("a token").as_deref(),
        Some("hello")
    );
    assert!(tokens.decode(&mut stream).is_err());
}

#[test]
fn no_clock_matters() {
    let fernet = fernet();
    for time in [0, 1, u64::MAX - 60, u64::MAX] {
        let token = fernet.encrypt_at_time(b"hi", time);
        assert_eq!(
            texts(&fernet, &[token.as_bytes()]).expect("a token"),
            ["hi"]
        );
    }
}

#[test]
fn what_is_not_utf_8_is_replaced() {
    let fernet = fernet();
    let token = fernet.encrypt(b"a\xffb");
    assert_eq!(
        texts(&fernet, &[token.as_bytes()]).expect("a token"),
        ["a\u{fffd}b"]
    );
}
