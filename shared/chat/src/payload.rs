//! What two cores say to each other in a secure session. Transport passes it on unread.

use std::borrow::Cow;

use p2p_chat_protocol::{MAX_TEXT, Payload, Private};
use serde::{Deserialize, Serialize};

/// The longest payload a record of the secure channel holds, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 65_506;

/// One thing a peer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// First on every session: the number of the last text it has.
    Hello(u64),
    /// A text and its number.
    Text(u64, Private),
    /// It has everything up to this number.
    Ack(u64),
    /// Where it is reached when the line is cut, `host:port` each, as it says.
    Addresses(Vec<String>),
    /// Something a newer version knows.
    Unknown,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Hello {
    last: u64,
}

#[derive(Deserialize)]
struct Text {
    n: u64,
    text: Private,
}

#[derive(Serialize, Deserialize)]
struct Ack {
    n: u64,
}

#[derive(Deserialize)]
struct Addresses {
    addresses: Vec<String>,
}

/// Reads a payload. The error says, without any of its words, which rule it breaks.
pub(crate) fn read(payload: &Payload) -> Result<Said, String> {
    let json = payload.0.get();
    // An array would pass for a struct.
    if !json.trim_start().starts_with('{') {
        return Ok(Said::Unknown);
    }
    let Ok(Kind { kind }) = serde_json::from_str(json) else {
        return Ok(Said::Unknown);
    };
    let said = match &*kind {
        "hello" => serde_json::from_str(json).map(|Hello { last }| Said::Hello(last)),
        "text" => serde_json::from_str(json).map(|Text { n, text }| Said::Text(n, text)),
        "ack" => serde_json::from_str(json).map(|Ack { n }| Said::Ack(n)),
        "addresses" => {
            serde_json::from_str(json).map(|Addresses { addresses }| Said::Addresses(addresses))
        }
        _ => return Ok(Said::Unknown),
    };
    match said {
        Ok(Said::Text(_, text)) if text.0.len() > MAX_TEXT => Err(format!(
            "a text has {} bytes, more than {MAX_TEXT}",
            text.0.len()
        )),
        Ok(said) => Ok(said),
        Err(_) => Err(format!("a payload of kind {kind:?} makes no sense")),
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Saying<'a> {
    Hello { last: u64 },
    Text { n: u64, text: &'a str },
    Ack { n: u64 },
    Addresses { addresses: &'a [String] },
}

fn write(saying: &Saying<'_>) -> Payload {
    Payload(serde_json::value::to_raw_value(saying).expect("string keys only, so it is JSON"))
}

/// First on every session.
pub(crate) fn hello(last: u64) -> Payload {
    write(&Saying::Hello { last })
}

/// A text.
pub(crate) fn text(n: u64, text: &Private) -> Payload {
    write(&Saying::Text { n, text: &text.0 })
}

/// The frame of a text with the longest number there is.
const LONGEST_FRAME: &str = r#"{"kind":"text","n":18446744073709551615,"text":""}"#;

/// How many bytes the payload of a text has at most, whatever its number; without making it. What
/// JSON escapes: RFC 8259, section 7.
pub(crate) fn text_bytes(text: &str) -> usize {
    let written = match p2p_chat_protocol::is_plain(text) {
        true => text.len(),
        false => text.bytes().map(written_bytes).sum(),
    };
    LONGEST_FRAME.len() + written
}

fn written_bytes(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | 0x08 | 0x09 | 0x0a | 0x0c | 0x0d => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// Everything up to `n` is here.
pub(crate) fn ack(n: u64) -> Payload {
    write(&Saying::Ack { n })
}

/// Where we are reached.
pub(crate) fn addresses(addresses: &[String]) -> Payload {
    write(&Saying::Addresses { addresses })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(json: &str) -> Payload {
        Payload(serde_json::from_str(json).expect("JSON"))
    }

    #[test]
    fn the_bytes_of_a_text_are_known_before_it_is_written() {
        for c in ('\0'..='\u{ff}').chain(['\u{2028}', '\u{1f525}']) {
            let c = c.to_string();
            let written = text(u64::MAX, &c.as_str().into());
            assert_eq!(text_bytes(&c), written.0.get().len(), "{c:?}");
        }
    }

    #[test]
    fn what_is_written_is_what_the_specification_shows() {
        let written = [
            hello(3),
            text(7, &"a\n\u{e4}".into()),
            ack(7),
            addresses(&["192.0.2.1:8080".to_owned()]),
        ];
        let expected = [
            r#"{"kind":"hello","last":3}"#,
            "{\"kind\":\"text\",\"n\":7,\"text\":\"a\\n\u{e4}\"}",
            r#"{"kind":"ack","n":7}"#,
            r#"{"kind":"addresses","addresses":["192.0.2.1:8080"]}"#,
        ];
        assert_eq!(written.map(|p| p.0.get().to_owned()), expected);
        assert_eq!(read(&payload(expected[0])), Ok(Said::Hello(3)));
        let text = Said::Text(7, "a\n\u{e4}".into());
        assert_eq!(read(&payload(expected[1])), Ok(text));
    }

    #[test]
    fn every_example_of_the_specification_is_read() {
        let page = include_str!("../../protocol/README.md");
        let examples = page.split("```json Payload\n").nth(1).expect("the block");
        let examples = examples.split("```").next().expect("its end").lines();
        let read: Vec<_> = examples.map(|line| read(&payload(line))).collect();
        assert_eq!(read.len(), 4);
        assert!(!read.contains(&Ok(Said::Unknown)), "{read:?}");
        assert!(read.iter().all(Result::is_ok), "{read:?}");
    }

    #[test]
    fn what_a_newer_version_says_is_ignored() {
        for json in [
            "\"text\"",
            "7",
            "[1,2]",
            "[\"text\"]",
            "{}",
            r#"{"kind":"typing","n":"x"}"#,
            r#"{"kind":7}"#,
        ] {
            assert_eq!(read(&payload(json)), Ok(Said::Unknown), "{json}");
        }
        let more = r#"{"kind":"ack","n":7,"of":{"deep":[1]}}"#;
        assert_eq!(read(&payload(more)), Ok(Said::Ack(7)));
    }

    #[test]
    fn what_breaks_the_rules_is_named_without_its_words() {
        for json in [
            r#"{"kind":"text","n":-1,"text":"secret"}"#,
            r#"{"kind":"text","n":1.5,"text":"secret"}"#,
            r#"{"kind":"text","text":"secret"}"#,
            r#"{"kind":"hello","last":"secret"}"#,
        ] {
            let error = read(&payload(json)).expect_err(json);
            assert!(!error.contains("secret"), "{error}");
        }
        let long = text(1, &Private("x".repeat(MAX_TEXT + 1)));
        assert!(read(&long).is_err());
    }
}
