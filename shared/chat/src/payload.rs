//! What two cores say to each other in a secure session. Transport passes it on unread.

use std::borrow::Cow;

use p2p_chat_protocol::{MAX_TEXT, Payload, Private};
use serde::{Deserialize, Serialize};

/// The longest payload a record of the secure channel holds, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 65_506;

/// The most texts that may wait, so that no more can come together.
pub(crate) const MAX_TEXTS: usize = 1000;

/// One thing a peer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// First on every session.
    Hello(Hello),
    /// A text and its number.
    Text(u64, Private),
    /// Several, and the number of the first.
    Texts(u64, Vec<Private>),
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

/// First on every session.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Hello {
    /// The number of the last text it has.
    pub(crate) last: u64,
    /// Whether it takes several texts in one payload; the first version does not.
    #[serde(default)]
    pub(crate) texts: bool,
}

#[derive(Deserialize)]
struct Text {
    n: u64,
    text: Private,
}

#[derive(Deserialize)]
struct Texts {
    n: u64,
    texts: Vec<Private>,
}

#[derive(Deserialize)]
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
        "hello" => serde_json::from_str(json).map(Said::Hello),
        "text" => serde_json::from_str(json).map(|Text { n, text }| Said::Text(n, text)),
        "texts" => serde_json::from_str(json).map(|Texts { n, texts }| Said::Texts(n, texts)),
        "ack" => serde_json::from_str(json).map(|Ack { n }| Said::Ack(n)),
        "addresses" => {
            serde_json::from_str(json).map(|Addresses { addresses }| Said::Addresses(addresses))
        }
        _ => return Ok(Said::Unknown),
    };
    let said = said.map_err(|_| format!("a payload of kind {kind:?} makes no sense"))?;
    let texts = match &said {
        Said::Text(_, text) => std::slice::from_ref(text),
        Said::Texts(_, texts) => texts,
        _ => &[],
    };
    if texts.len() > MAX_TEXTS {
        let count = texts.len();
        return Err(format!(
            "{count} texts came together, more than {MAX_TEXTS}"
        ));
    }
    match texts.iter().map(|text| text.0.len()).max() {
        Some(bytes) if bytes > MAX_TEXT => {
            Err(format!("a text has {bytes} bytes, more than {MAX_TEXT}"))
        }
        _ => Ok(said),
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Saying<'a> {
    Hello { last: u64, texts: bool },
    Text { n: u64, text: &'a str },
    Texts { n: u64, texts: Vec<&'a str> },
    Ack { n: u64 },
    Addresses { addresses: &'a [String] },
}

fn write(saying: &Saying<'_>) -> Payload {
    Payload(serde_json::value::to_raw_value(saying).expect("string keys only, so it is JSON"))
}

/// First on every session.
pub(crate) fn hello(last: u64) -> Payload {
    write(&Saying::Hello { last, texts: true })
}

/// A text.
pub(crate) fn text(n: u64, text: &str) -> Payload {
    write(&Saying::Text { n, text })
}

/// Several texts, of which the first has this number.
pub(crate) fn texts(n: u64, texts: Vec<&str>) -> Payload {
    write(&Saying::Texts { n, texts })
}

/// The frame of a text with the longest number there is.
const LONGEST_FRAME: &str = r#"{"kind":"text","n":18446744073709551615,"text":""}"#;
/// The frame of several.
const LONGEST_FRAME_OF_MANY: &str = r#"{"kind":"texts","n":18446744073709551615,"texts":[]}"#;
/// The body of a record of 16 KiB (README.md of the secure channel, section 5). Larger ones would be
/// faster by little, and nothing of one is shown before all of it has come.
const MOST_TOGETHER: usize = 16_354;

/// How large a payload of several texts is at most.
pub(crate) struct Bundle {
    /// Of the payload: the first text's own, as long as it is alone.
    bytes: usize,
    /// Of all texts in one payload.
    together: usize,
}

impl Bundle {
    /// One with a text whose own payload has so many bytes.
    pub(crate) fn of(payload_bytes: usize) -> Self {
        Self {
            bytes: payload_bytes,
            together: LONGEST_FRAME_OF_MANY.len() + without_frame(payload_bytes),
        }
    }

    /// Adds one more, if there is room for it.
    pub(crate) fn takes(&mut self, payload_bytes: usize) -> bool {
        let together = self.together + without_frame(payload_bytes);
        let fits = together <= MOST_TOGETHER;
        if fits {
            self.together = together;
            self.bytes = together;
        }
        fits
    }

    /// The bytes of the payload.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The text with its quotes and a comma.
fn without_frame(payload_bytes: usize) -> usize {
    (payload_bytes + 3).saturating_sub(LONGEST_FRAME.len())
}

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
            let written = text(u64::MAX, &c);
            assert_eq!(text_bytes(&c), written.0.get().len(), "{c:?}");
        }
    }

    #[test]
    fn the_bytes_of_several_texts_are_known_before_they_are_written() {
        let a = "a\n".repeat(200);
        let mut bundle = Bundle::of(text_bytes(&a));
        let mut together = vec![a.as_str()];
        assert_eq!(bundle.bytes(), text(u64::MAX, &a).0.get().len());
        while bundle.takes(text_bytes(&a)) {
            together.push(&a);
            // The last has no comma behind it.
            let written = texts(u64::MAX, together.clone()).0.get().len();
            assert_eq!(bundle.bytes(), written + 1);
        }
        assert!(bundle.bytes() <= MOST_TOGETHER);
        assert!(bundle.bytes() + text_bytes(&a) > MOST_TOGETHER);
    }

    #[test]
    fn what_is_written_is_what_the_specification_shows() {
        let written = [
            hello(3),
            text(7, "a\n\u{e4}"),
            texts(7, vec!["a", "\u{e4}"]),
            ack(7),
            addresses(&["192.0.2.1:8080".to_owned()]),
        ];
        let expected = [
            r#"{"kind":"hello","last":3,"texts":true}"#,
            "{\"kind\":\"text\",\"n\":7,\"text\":\"a\\n\u{e4}\"}",
            "{\"kind\":\"texts\",\"n\":7,\"texts\":[\"a\",\"\u{e4}\"]}",
            r#"{"kind":"ack","n":7}"#,
            r#"{"kind":"addresses","addresses":["192.0.2.1:8080"]}"#,
        ];
        assert_eq!(written.map(|p| p.0.get().to_owned()), expected);
        let said = Said::Hello(Hello {
            last: 3,
            texts: true,
        });
        assert_eq!(read(&payload(expected[0])), Ok(said));
        let said = Said::Text(7, "a\n\u{e4}".into());
        assert_eq!(read(&payload(expected[1])), Ok(said));
        let said = Said::Texts(7, vec!["a".into(), "\u{e4}".into()]);
        assert_eq!(read(&payload(expected[2])), Ok(said));
    }

    #[test]
    fn every_example_of_the_specification_is_read() {
        let page = include_str!("../../protocol/README.md");
        let examples = page.split("```json Payload\n").nth(1).expect("the block");
        let examples = examples.split("```").next().expect("its end").lines();
        let read: Vec<_> = examples.map(|line| read(&payload(line))).collect();
        assert_eq!(read.len(), 6);
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
            r#"{"kind":"hello","last":0,"texts":"secret"}"#,
            r#"{"kind":"texts","n":1,"texts":"secret"}"#,
            r#"{"kind":"texts","n":1,"texts":["a",{"secret":1}]}"#,
        ] {
            let error = read(&payload(json)).expect_err(json);
            assert!(!error.contains("secret"), "{error}");
        }
        let long = text(1, &"x".repeat(MAX_TEXT + 1));
        assert!(read(&long).is_err());
        let long = "x".repeat(MAX_TEXT + 1);
        assert!(read(&texts(1, vec!["x", &long])).is_err());
        assert!(read(&texts(1, vec![""; 1000])).is_ok());
        assert!(read(&texts(1, vec![""; 1001])).is_err());
    }
}
