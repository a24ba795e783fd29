//! From the start to the hello. Without these, nothing else can be checked.

use p2p_chat_protocol::{Greeting, Role, VERSION, read};
use serde_json::Value;

use super::quote::quote;
use super::subject::Subject;
use crate::HELLO_TIMEOUT;
use crate::free_lines::Line;

/// It can be started, and does not end at once. What it says first is kept for the next two.
pub(super) async fn starts(subject: &mut Subject) -> Result<(), String> {
    subject.launch().await?;
    subject.first_line = subject.hello().await?;
    Ok(())
}

/// It does not wait to be spoken to.
pub(super) async fn speaks_first(subject: &mut Subject) -> Result<(), String> {
    match subject.first_line {
        Some(_) => Ok(()),
        None => Err(format!(
            "it said nothing on stdout for {} s",
            HELLO_TIMEOUT.as_secs()
        )),
    }
}

/// Its first line is the hello of its role.
pub(super) async fn hello(subject: &mut Subject) -> Result<(), String> {
    match &subject.first_line {
        Some(Line::Whole(line)) => judge(subject.role, line),
        Some(Line::TooLong(start)) => Err(format!("it said {}", quote(start))),
        None => Err("it said nothing".to_owned()),
    }
}

fn judge(role: Role, line: &[u8]) -> Result<(), String> {
    // Its own mark is tolerated, like ours.
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let said = || format!("it said {}", quote(line));
    let hello: Value = serde_json::from_slice(line).map_err(|_| said())?;
    if hello["type"] != "hello" {
        return Err(said());
    }
    if hello["protocol"] != VERSION {
        return Err(format!(
            "it speaks protocol {}, not {VERSION}",
            hello["protocol"]
        ));
    }
    if hello["role"] != role.name() {
        return Err(format!(
            "it says that its role is {}, not \"{role}\"",
            hello["role"]
        ));
    }
    match read(line).map(|received| received.message) {
        Ok(Greeting::Hello(hello)) if !hello.name.is_empty() => Ok(()),
        _ => Err(format!("{}, without a name", said())),
    }
}

/// After it was killed, it starts again as if nothing had been.
pub(super) async fn starts_again(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    subject.start().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_that_is_none_is_quoted_or_corrected() {
        for (line, found) in [
            (
                r#"{"type":"hello","protocol":1,"role":"ui","name":"a"}"#,
                Ok(()),
            ),
            ("Hello!", Err("it said Hello!")),
            (r#"{"type":"ok"}"#, Err("it said {\"type\":\"ok\"}")),
            (
                r#"{"type":"hello","protocol":"1","role":"ui","name":"a"}"#,
                Err("it speaks protocol \"1\", not 1"),
            ),
            (
                r#"{"type":"hello","protocol":1,"role":"gui","name":"a"}"#,
                Err("it says that its role is \"gui\", not \"ui\""),
            ),
            (
                r#"{"type":"hello","protocol":1,"role":"ui"}"#,
                Err("it said {\"type\":\"hello\",\"protocol\":1,\"role\":\"ui\"}, without a name"),
            ),
        ] {
            let judged = judge(Role::Ui, line.as_bytes());
            assert_eq!(
                judged.as_ref().map_err(String::as_str),
                found.as_ref().map_err(|s| *s)
            );
        }
    }
}
