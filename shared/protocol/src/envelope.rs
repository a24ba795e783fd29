//! The envelope around every message. `passes.rs` reads a line, `fields.rs` writes a message's own
//! fields.

pub(crate) mod fields;
mod passes;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

pub use fields::is_plain;
pub(crate) use passes::pass;

use fields::append_value;

/// What every message has beside its own fields.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// The message's name.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// On a request: the asker wants exactly one reply.
    pub id: Option<u64>,
    /// On a reply: the `id` of the request that caused it.
    pub reply_to: Option<u64>,
}

/// One direction of a pipe: all messages that may travel in it.
pub trait Messages: Sized {
    /// Whether this direction has a message so called.
    fn has(kind: &str) -> bool;

    /// Takes the message called `kind` from its fields.
    fn take<'de, D: Deserializer<'de>>(kind: &str, fields: D) -> Result<Self, D::Error>;

    /// Takes a message from its line, by the name that is given or found in front. Made once, where
    /// the messages are declared, and not again in every crate that reads some.
    fn pass(line: &str, kind: Option<&str>) -> Result<Received<Self>, serde_json::Error>;

    /// The message's name.
    fn kind(&self) -> &'static str;

    /// Appends the message's own fields as those of a JSON object, each with a comma before it.
    fn write_fields(&self, out: &mut Vec<u8>);
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received<M> {
    /// Present where the sender wants a reply.
    pub id: Option<u64>,
    /// Present where this is a reply.
    pub reply_to: Option<u64>,
    /// The message.
    pub message: M,
}

/// Why a line is no message of this direction.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Not a JSON object with a `type`: never answered, whatever it was.
    Malformed(String),
    /// A type this direction does not have: refused where it has an id, else ignored.
    UnknownType {
        /// The request's id.
        id: Option<u64>,
        /// The name that is not known.
        kind: String,
    },
    /// A known type with wrong fields: refused where it has an id.
    Invalid {
        /// The request's id.
        id: Option<u64>,
        /// The request that it answers.
        reply_to: Option<u64>,
        /// What is wrong, as the JSON parser says it.
        reason: String,
    },
}

/// Ids are integers below 2^53, so that every language's JSON holds them exactly.
const ID_LIMIT: u64 = 1 << 53;

/// Reads one line (without its line end).
pub fn read<M: Messages>(line: &[u8]) -> Result<Received<M>, ReadError> {
    match passes::read_at_once(line) {
        Some(received) => Ok(received),
        None => read_in_two_steps(line),
    }
}

fn read_in_two_steps<M: Messages>(line: &[u8]) -> Result<Received<M>, ReadError> {
    let Envelope { kind, id, reply_to } = peek(line)?;
    if !M::has(&kind) {
        let kind = kind.chars().take(64).collect();
        return Err(ReadError::UnknownType { id, kind });
    }
    match passes::read_fields(&kind, line) {
        Ok(message) => Ok(Received {
            id,
            reply_to,
            message,
        }),
        Err(reason) => Err(ReadError::Invalid {
            id,
            reply_to,
            reason,
        }),
    }
}

fn peek(line: &[u8]) -> Result<Envelope<'_>, ReadError> {
    // serde would take an array for a struct as well.
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err(ReadError::Malformed("not a JSON object".to_owned()));
    }
    let envelope: Envelope<'_> =
        serde_json::from_slice(line).map_err(|e| ReadError::Malformed(describe(&e)))?;
    for number in [envelope.id, envelope.reply_to].into_iter().flatten() {
        if number >= ID_LIMIT {
            let reason = format!("{number} is no id: ids are below 2^53");
            return Err(ReadError::Malformed(reason));
        }
    }
    Ok(envelope)
}

/// The parser's sentence. It may quote a value of the line, so it is cut to what fits a row.
fn describe(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}

/// Room for the envelope, a text of a few lines and its other fields, so that a line is rarely
/// moved while it grows.
const USUAL_LINE: usize = 512;

/// Appends one message as a line, line end included.
pub fn write<M: Messages>(out: &mut Vec<u8>, id: Option<u64>, reply_to: Option<u64>, message: &M) {
    if out.is_empty() {
        out.reserve(USUAL_LINE);
    }
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(message.kind().as_bytes());
    out.push(b'"');
    for (name, value) in [(b",\"id\":".as_slice(), id), (b",\"reply_to\":", reply_to)] {
        if let Some(value) = value {
            out.extend_from_slice(name);
            append_value(out, &value);
        }
    }
    message.write_fields(out);
    out.extend_from_slice(b"}\n");
}
