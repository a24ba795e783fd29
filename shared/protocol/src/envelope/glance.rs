//! The envelope of a line that begins as [`super::write`] begins it, without parsing the line.
//!
//! Half the work of a short message is to find its type. Whatever looks in any way unusual is left
//! to the parser, so nothing is taken here that it would refuse.

use std::borrow::Cow;

use super::Envelope;

/// Names that belong to the envelope, as they stand behind the opening quote of a key.
const RESERVED: [&[u8]; 3] = [b"type\"", b"id\"", b"reply_to\""];

/// More digits might not be below 2^53.
const MOST_DIGITS: usize = 15;

/// The envelope; `None` where only parsing can tell.
pub(super) fn glance(line: &[u8]) -> Option<Envelope<'_>> {
    let rest = line.strip_prefix(b"{\"type\":\"")?;
    let (kind, rest) = split(rest, |b| b.is_ascii_lowercase() || b == b'_');
    let mut envelope = Envelope {
        kind: Cow::Borrowed(str::from_utf8(kind).ok()?),
        id: None,
        reply_to: None,
    };
    let mut rest = rest.strip_prefix(b"\"")?;
    for (name, place) in [
        (b",\"id\":".as_slice(), &mut envelope.id),
        (b",\"reply_to\":", &mut envelope.reply_to),
    ] {
        if let Some(value) = rest.strip_prefix(name) {
            let (digits, behind) = split(value, |b| b.is_ascii_digit());
            *place = Some(number(digits)?);
            rest = behind;
        }
    }
    let ends = matches!(rest.first(), Some(b',' | b'}'));
    (ends && !may_name_reserved(rest)).then_some(envelope)
}

fn split(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&b| !belongs(b));
    bytes.split_at(end.unwrap_or(bytes.len()))
}

fn number(digits: &[u8]) -> Option<u64> {
    (digits.len() <= MOST_DIGITS).then_some(())?;
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a name of the envelope may come again; with an escape it could hide.
fn may_name_reserved(rest: &[u8]) -> bool {
    rest.iter().enumerate().any(|(at, b)| match b {
        b'\\' => true,
        b'"' => RESERVED.iter().any(|name| rest[at + 1..].starts_with(name)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: &str) -> Option<(String, Option<u64>, Option<u64>)> {
        let Envelope { kind, id, reply_to } = glance(line.as_bytes())?;
        Some((kind.into_owned(), id, reply_to))
    }

    #[test]
    fn what_this_program_writes_is_seen_at_a_glance() {
        let envelope = |kind: &str, id, reply_to| Some((kind.to_owned(), id, reply_to));
        assert_eq!(seen(r#"{"type":"quit"}"#), envelope("quit", None, None));
        let request = r#"{"type":"send_message","id":7,"text":"hi"}"#;
        assert_eq!(seen(request), envelope("send_message", Some(7), None));
        let reply = r#"{"type":"ok","reply_to":12}"#;
        assert_eq!(seen(reply), envelope("ok", None, Some(12)));
    }

    #[test]
    fn what_is_unusual_is_left_to_the_parser() {
        for line in [
            r#" {"type":"quit"}"#,
            r#"{"id":7,"type":"quit"}"#,
            r#"{"type" : "quit"}"#,
            r#"{"type":"quit","colour":1,"id":7}"#,
            r#"{"type":"quit","type":"clear"}"#,
            r#"{"type":"quit","\u0069d":7}"#,
            r#"{"type":"quit","id":9007199254740992}"#,
            r#"{"type":"quit","id":7.5}"#,
            r#"{"type":"quit","id":null}"#,
            r#"{"type":"quit""#,
            r#"{"type":"quit"#,
        ] {
            assert_eq!(seen(line), None, "{line}");
        }
    }
}
