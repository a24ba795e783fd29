//! A pass of the parser through a line. One is enough where the line begins as [`super::write`]
//! begins it, with the envelope; any other takes two, and the envelope is known before the second.
//!
//! Whatever looks in any way unusual in the one pass is left to the two, so nothing is taken that
//! they would refuse.

use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::{ID_LIMIT, Messages, Received, describe};

/// Names that belong to the envelope, and to no message.
const RESERVED: [&str; 3] = ["type", "id", "reply_to"];

/// The message; `None` where it takes two passes, or is none.
pub(super) fn read_at_once<M: Messages>(line: &[u8]) -> Option<Received<M>> {
    M::pass(str::from_utf8(line).ok()?, None).ok()
}

/// The message called `kind`. The error is for people.
pub(super) fn read_fields<M: Messages>(kind: &str, line: &[u8]) -> Result<M, String> {
    let line = str::from_utf8(line).map_err(|error| error.to_string())?;
    let read = M::pass(line, Some(kind)).map_err(|error| describe(&error))?;
    Ok(read.message)
}

/// What [`Messages::pass`] does. UTF-8 was looked at once for the whole line: that costs less than
/// for each string of it.
pub(crate) fn pass<M: Messages>(
    line: &str,
    kind: Option<&str>,
) -> Result<Received<M>, serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(line);
    let is = PhantomData;
    let received = parser.deserialize_map(Pass { kind, is })?;
    parser.end()?;
    Ok(received)
}

/// One type for both passes: each message's parser is made once for each type.
struct Pass<'k, M> {
    /// The message's name, where the envelope is known and somewhere among the fields.
    kind: Option<&'k str>,
    is: PhantomData<M>,
}

impl<'de, M: Messages> Visitor<'de> for Pass<'_, M> {
    type Value = Received<M>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Received<M>, A::Error> {
        let front = match self.kind {
            Some(kind) => Front {
                kind,
                ids: [None; 2],
                names: Names::Any,
            },
            None => Front::read(&mut map)?,
        };
        let [id, reply_to] = front.ids;
        let names = front.names;
        let fields = MapAccessDeserializer::new(Fields { map, names });
        Ok(Received {
            id,
            reply_to,
            message: M::take(front.kind, fields)?,
        })
    }
}

/// What is known before the fields are read.
struct Front<'a, 'de> {
    kind: &'a str,
    /// `id` and `reply_to`.
    ids: [Option<u64>; 2],
    names: Names<'de>,
}

impl<'de> Front<'de, 'de> {
    /// The envelope in front of the fields.
    fn read<A: MapAccess<'de>>(map: &mut A) -> Result<Self, A::Error> {
        // A name or type with an escape in it is none that can be borrowed, and thereby unusual.
        if map.next_key()? != Some("type") {
            return Err(unusual());
        }
        let kind = map.next_value()?;
        let mut ahead = map.next_key()?;
        let mut ids = [None; 2];
        for (name, id) in ["id", "reply_to"].into_iter().zip(&mut ids) {
            if ahead == Some(name) {
                let value = map.next_value()?;
                if value >= ID_LIMIT {
                    return Err(unusual());
                }
                *id = Some(value);
                ahead = map.next_key()?;
            }
        }
        let names = Names::Usual(ahead);
        Ok(Self { kind, ids, names })
    }
}

/// The fields of a message.
struct Fields<'de, A> {
    map: A,
    names: Names<'de>,
}

/// What the fields may be called.
enum Names<'de> {
    /// Nothing with an escape, and nothing of the envelope, which is behind us. The first name had
    /// to be read to see that.
    Usual(Option<&'de str>),
    /// Anything.
    Any,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Names::Usual(ahead) = &mut self.names else {
            return self.map.next_key_seed(seed);
        };
        let ahead = match ahead.take() {
            None => self.map.next_key()?,
            ahead => ahead,
        };
        let Some(name) = ahead else {
            return Ok(None);
        };
        if RESERVED.contains(&name) {
            return Err(unusual());
        }
        let name = BorrowedStrDeserializer::new(name);
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Nobody sees it: the line is read again in two passes.
fn unusual<E: Error>() -> E {
    E::custom("unusual")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{ReadError, read_in_two_steps};
    use crate::ui::{SendMessage, UiEvent, UiRequest};

    fn taken(line: &str) -> Option<Received<UiRequest>> {
        read_at_once(line.as_bytes())
    }

    #[test]
    fn what_this_program_writes_is_taken_at_once() {
        let message = |id, reply_to, message| {
            Some(Received {
                id,
                reply_to,
                message,
            })
        };
        assert_eq!(
            taken(r#"{"type":"quit"}"#),
            message(None, None, UiRequest::Quit)
        );
        let text = UiRequest::SendMessage(SendMessage {
            text: "say \"hi\"\n".into(),
        });
        assert_eq!(
            taken(r#"{"type":"send_message","id":7,"text":"say \"hi\"\n"}"#),
            message(Some(7), None, text)
        );
        assert_eq!(
            taken(r#"{"type":"reject","reply_to":12,"colour":{"id":[]}}"#),
            message(None, Some(12), UiRequest::Reject)
        );
    }

    #[test]
    fn what_is_unusual_takes_two_steps() {
        for line in [
            r#"["quit"]"#,
            r#"{"id":7,"type":"quit"}"#,
            r#"{"type":"dance"}"#,
            r#"{"type":"qu\u0069t"}"#,
            r#"{"type":"quit","colour":1,"id":7}"#,
            r#"{"type":"quit","reply_to":7,"id":7}"#,
            r#"{"type":"quit","type":"clear"}"#,
            r#"{"type":"quit","\u0069d":7}"#,
            r#"{"type":"quit","id":9007199254740992}"#,
            r#"{"type":"quit","id":7.5}"#,
            r#"{"type":"quit","id":null}"#,
            r#"{"type":"send_message","id":1}"#,
            r#"{"type":"quit"} {"#,
            r#"{"type":"quit""#,
            r#"{"type":"quit"#,
        ] {
            assert_eq!(taken(line), None, "{line}");
        }
        assert_eq!(
            read_at_once::<UiRequest>(b"{\"type\":\"quit\",\"x\":\"\xff\"}"),
            None
        );
    }

    #[test]
    fn what_is_not_utf_8_is_refused_wherever_it_stands() {
        for line in [
            b"{\"type\":\"send_message\",\"id\":1,\"text\":\"\xff\"}".as_slice(),
            b"{\"type\":\"quit\",\"id\":1,\"colour\":\"\xff\"}",
        ] {
            let read = read_in_two_steps::<UiRequest>(line);
            let Err(ReadError::Invalid { id, reason, .. }) = read else {
                panic!("{read:?}");
            };
            assert_eq!((id, reason.contains("utf-8")), (Some(1), true), "{reason}");
        }
    }

    #[test]
    fn nothing_is_taken_otherwise_than_in_two_steps() {
        let mut taken = 0;
        let mut compare = |line: &[u8]| {
            if let Some(received) = read_at_once::<UiEvent>(line) {
                let line_text = line.escape_ascii();
                assert_eq!(read_in_two_steps(line), Ok(received), "{line_text}");
                taken += 1;
            }
        };
        for line in [
            r#"{"type":"message_added","reply_to":4,"n":1,"from":"me","ip":"::1","text":"ä","at_ms":1,"status":"sent"}"#,
            r#"{"type":"message_updated","id":1,"n":12,"status":"delivered"}"#,
            r#"{"type":"ok","id":1,"reply_to":12,"ie":[{"id":1}],"reply_tp":{}}"#,
        ] {
            for at in 0..line.len() {
                for byte in *b"\"\\,:{}[]0-. idoty\n\xff" {
                    for behind in [at, at + 1] {
                        let (before, behind) = (&line.as_bytes()[..at], &line.as_bytes()[behind..]);
                        compare(&[before, &[byte], behind].concat());
                    }
                }
            }
        }
        assert!(taken > 1_000, "{taken}");
    }
}
