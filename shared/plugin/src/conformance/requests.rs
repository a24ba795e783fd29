//! What transport and nat-helper answer, and what they never answer.
//!
//! No router and no network is asked for anything: a listener on this computer's own loopback is
//! the most that happens.

use p2p_chat_protocol::Role;
use serde_json::Value;

use super::subject::{PULSE_IDS, Subject};

/// A request without its id: its type, and its other fields with a comma before each.
type Request = (&'static str, &'static str);

const LISTEN: Request = (
    "listen",
    r#","port":0,"bind":"127.0.0.1","auth":{"mode":"legacy"}"#,
);

fn with_id((kind, fields): Request, id: u64) -> String {
    format!(r#"{{"type":"{kind}","id":{id}{fields}}}"#)
}

/// Requests that need nobody else, and the types of their replies.
fn plain_requests(role: Role) -> &'static [(Request, &'static str)] {
    match role {
        Role::Ui => &[],
        Role::Transport => &[
            (("disconnect", ""), "ok"),
            (("stop_listening", ""), "ok"),
            (("send", r#","payload":"x""#), "error"),
        ],
        Role::NatHelper => &[(("unmap_port", r#","port":8080"#), "ok")],
    }
}

/// The first reply in this run that nobody asked for: to an id that is not `asked`, or to none.
pub(super) fn unasked<'a>(subject: &'a Subject, asked: &[u64]) -> Option<&'a Value> {
    subject.ears.heard.iter().find(|message| {
        let names_nobody = matches!(message["type"].as_str(), Some("ok" | "error"));
        match &message["reply_to"] {
            Value::Null => names_nobody,
            reply_to => !reply_to
                .as_u64()
                .is_some_and(|id| asked.contains(&id) || PULSE_IDS.contains(&id)),
        }
    })
}

/// How often `id` was answered, now that it has ended.
fn replies_to(subject: &Subject, id: u64) -> usize {
    let heard = subject.ears.heard.iter();
    heard.filter(|m| m["reply_to"].as_u64() == Some(id)).count()
}

/// Each request is answered once, by the right type.
pub(super) async fn replies(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    let asked: Vec<_> = (1_u64..).zip(plain_requests(subject.role)).collect();
    for (id, (request, expected)) in &asked {
        let line = with_id(*request, *id);
        let reply = subject.ask(*id, &line).await?;
        if reply["type"] != **expected {
            return Err(format!(
                "it answered {line} with {reply}, not with {expected}"
            ));
        }
    }
    // Whether it ends is a check of its own; here the end only shows that nothing more comes.
    let _ = subject.end().await;
    for (id, (request, _)) in &asked {
        let times = replies_to(subject, *id);
        if times != 1 {
            return Err(format!(
                "it answered {} {times} times",
                with_id(*request, *id)
            ));
        }
    }
    Ok(())
}

/// `reply_to` is the id as it was, from the smallest to the largest.
pub(super) async fn ids(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    let Some((request, _)) = plain_requests(subject.role).first() else {
        return Ok(());
    };
    for id in [0, 1, (1 << 53) - 1] {
        subject.ask(id, &with_id(*request, id)).await?;
    }
    Ok(())
}

pub(super) async fn unknown_request(subject: &mut Subject) -> Result<(), String> {
    refuses_once(subject, ("x_dance", ""), "unknown_type").await
}

pub(super) async fn invalid_request(subject: &mut Subject) -> Result<(), String> {
    let request = match subject.role {
        Role::NatHelper => ("unmap_port", r#","port":"80a""#),
        Role::Transport | Role::Ui => ("listen", r#","port":"80a","auth":{"mode":"legacy"}"#),
    };
    refuses_once(subject, request, "invalid_message").await
}

async fn refuses_once(subject: &mut Subject, request: Request, code: &str) -> Result<(), String> {
    const ID: u64 = 21;
    subject.start().await?;
    let line = with_id(request, ID);
    let reply = subject.ask(ID, &line).await?;
    expect_refusal(&line, &reply, code)?;
    subject.prove_alive().await?;
    let _ = subject.end().await;
    match replies_to(subject, ID) {
        1 => Ok(()),
        times => Err(format!("it answered {line} {times} times")),
    }
}

fn expect_refusal(line: &str, reply: &Value, code: &str) -> Result<(), String> {
    if reply["type"] == "error" && reply["code"] == code {
        return Ok(());
    }
    Err(format!(
        "it answered {line} with {reply}, not with the error {code}"
    ))
}

/// What is no message is never answered, and harms nothing.
pub(super) async fn garbage(subject: &mut Subject) -> Result<(), String> {
    const GARBAGE: [&[u8]; 8] = [
        b"hello",
        b"[\"probe\",31]",
        b"{}",
        b"{\"id\":32}",
        b"\"send\"",
        b"{\"type\":7,\"id\":33}",
        b"{\"type\":\"x",
        b"\xff\xfe",
    ];
    subject.start().await?;
    subject
        .write([GARBAGE.join(&b'\n'), b"\n".to_vec()].concat())
        .await?;
    stays_silent(subject).await
}

/// Who gives no id wants no reply.
pub(super) async fn requests_without_id(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    for ((kind, fields), _) in plain_requests(subject.role) {
        subject
            .tell(&[&format!(r#"{{"type":"{kind}"{fields}}}"#)])
            .await?;
    }
    stays_silent(subject).await
}

async fn stays_silent(subject: &mut Subject) -> Result<(), String> {
    subject.prove_alive().await?;
    let _ = subject.end().await;
    match unasked(subject, &[]) {
        Some(answer) => Err(format!("it answered {answer}")),
        None => Ok(()),
    }
}

/// Port 0 is a free one, and the reply says which; afterwards it can be done again.
pub(super) async fn listening(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    for id in [41, 42] {
        let reply = subject.ask(id, &with_id(LISTEN, id)).await?;
        let address = reply["addresses"][0].as_str().unwrap_or_default();
        let port = address
            .strip_prefix("127.0.0.1:")
            .and_then(|p| p.parse::<u16>().ok());
        if reply["type"] != "listening" || !matches!(port, Some(1..)) {
            return Err(format!("it answered {} with {reply}", with_id(LISTEN, id)));
        }
        subject.pulse().await?;
    }
    Ok(())
}

/// One listener at a time.
pub(super) async fn busy(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    subject.ask(51, &with_id(LISTEN, 51)).await?;
    let second = with_id(LISTEN, 52);
    let reply = subject.ask(52, &second).await?;
    expect_refusal(&second, &reply, "busy")
}

/// Something to be ended in the midst of.
pub(super) async fn begin_something(subject: &mut Subject) -> Result<(), String> {
    match subject.role {
        Role::Transport => subject.ask(61, &with_id(LISTEN, 61)).await.map(drop),
        Role::NatHelper | Role::Ui => subject.pulse().await,
    }
}
