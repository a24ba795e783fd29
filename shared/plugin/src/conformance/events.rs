//! What a ui is told: a conversation from the past, and every type of event.

use std::time::Duration;

use serde_json::Value;

use super::subject::Subject;

/// A ui that reads its user's lines does so at once; one that does not is not waited for.
const TYPING_LIMIT: Duration = Duration::from_millis(300);

/// A peer calls.
const BEGINNING: [&str; 2] = [
    r#"{"type":"listening","addresses":["0.0.0.0:8080","[::]:8080"],"own_addresses":["192.168.1.100:8080"],"invite":"p2pc:192.168.1.100:8080"}"#,
    r#"{"type":"peer_connected","address":"198.51.100.2:54321","local_address":"192.168.1.100:8080","direction":"incoming","verification":"insecure"}"#,
];

const OWN_TEXT: &str = r#"{"type":"message_added","n":1,"from":"me","ip":"192.168.1.100","text":"hello","at_ms":1795300000000,"status":"sent"}"#;

const CONVERSATION: [&str; 6] = [
    r#"{"type":"message_updated","n":1,"status":"delivered"}"#,
    r#"{"type":"message_added","n":2,"from":"peer","ip":"198.51.100.2","text":"two\nlines, \"quoted\" \\u{202e} \ud83d\udc4b\ud83c\udffd","at_ms":1795300001000}"#,
    r#"{"type":"message_added","n":3,"from":"me","ip":"192.168.1.100","text":"不","at_ms":1795300002000,"status":"delivered"}"#,
    r#"{"type":"message_added","n":4,"from":"peer","ip":"2001:db8::4","text":" ","at_ms":1795300003000}"#,
    r#"{"type":"message_updated","n":3,"status":"failed"}"#,
    r#"{"type":"replay_finished"}"#,
];

/// The rest: every type, with all of its fields and with those only that must be there.
const OTHERS: [&str; 30] = [
    r#"{"type":"listening","addresses":["127.0.0.1:8080"],"invite":"p2pc:127.0.0.1:8080"}"#,
    r#"{"type":"listening","addresses":["[::1]:8080"],"own_addresses":[],"invite":"p2pc:[::1]:8080#carrot-lemon-koala","passcode":"carrot-lemon-koala","numbers":"181 683 665","expires_ms":1795300600000,"guesses_left":5,"turned_away":3,"asking_router":true}"#,
    r#"{"type":"reachability_changed","external_address":"203.0.113.7:8080","method":"upnp","lease_s":3600}"#,
    r#"{"type":"reachability_changed","external_address":"[2001:db8::4]:8080","method":"pcp","lease_s":3600,"reason":"Only by IPv6."}"#,
    r#"{"type":"reachability_changed","reason":"No UPnP-capable router found.","code":"no_gateway"}"#,
    r#"{"type":"reachability_changed"}"#,
    r#"{"type":"input_needed","what":"invite"}"#,
    r#"{"type":"input_needed","what":"passcode","address":"203.0.113.7:8080"}"#,
    r#"{"type":"connect_failed","code":"connection_refused","message":"Connection refused: nobody listens there."}"#,
    r#"{"type":"connect_failed","code":"a_code_of_tomorrow","message":"Something else."}"#,
    r#"{"type":"passcode_read","passcode":"carrot-lemon-koala","numbers":"181 683 665"}"#,
    r#"{"type":"peer_connected","address":"198.51.100.2:54322","local_address":"192.168.1.100:8080","direction":"incoming","verification":"code","resumed":true}"#,
    r#"{"type":"peer_connected","address":"[2001:db8::4]:8080","local_address":"[2001:db8::1]:54321","direction":"outgoing","verification":"unverified"}"#,
    r#"{"type":"verification_needed","show":"carrot lemon koala","ask":3}"#,
    r#"{"type":"authentication_failed","address":"198.51.100.2:54321","guesses_left":4}"#,
    r#"{"type":"authentication_failed","address":"198.51.100.2:54321"}"#,
    r#"{"type":"authentication_failed","address":"198.51.100.2:54321","handshakes_left":9}"#,
    r#"{"type":"keys_changed","at_ms":1795300000000,"epoch":1}"#,
    r#"{"type":"peer_disconnected","address":"[2001:db8::4]:8080","reason":"cut","redialing":true}"#,
    r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"replaced","redialing":false,"waiting":true}"#,
    r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"cut","redialing":false,"slept_s":3660}"#,
    r#"{"type":"cleared"}"#,
    r#"{"type":"message_updated","n":2,"status":"delivered"}"#,
    r#"{"type":"notice","level":"info","text":"Connecting to 203.0.113.7:8080..."}"#,
    r#"{"type":"notice","level":"error","text":""}"#,
    r#"{"type":"plugin_changed","role":"transport","status":"restarting"}"#,
    r#"{"type":"plugin_changed","role":"nat-helper","status":"given_up"}"#,
    r#"{"type":"ok","reply_to":9007199254740991}"#,
    r#"{"type":"error","reply_to":5,"code":"queue_full","message":"1000 texts wait already."}"#,
    r#"{"type":"error","code":"internal","message":"Something went wrong."}"#,
];

/// A conversation that was there before this start.
pub(super) async fn replay(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    begin_chat(subject).await?;
    subject.tell(&CONVERSATION).await?;
    subject.prove_alive().await
}

/// Each type of event, in no order a supervisor would keep.
pub(super) async fn every_event(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    subject.tell(&OTHERS).await?;
    subject.prove_alive().await
}

pub(super) async fn begin_chat(subject: &mut Subject) -> Result<(), String> {
    subject.tell(&BEGINNING).await?;
    subject.tell(&[OWN_TEXT]).await
}

/// A user in a chat types a line and leaves; what the ui then asks for is judged elsewhere.
pub(super) async fn the_user_types(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    begin_chat(subject).await?;
    subject.tell(&[r#"{"type":"replay_finished"}"#]).await?;
    subject.type_and_leave("hello");
    let sent = |message: &Value| message["type"] == "send_message";
    if subject.wait_for(TYPING_LIMIT, sent).await?.is_some() {
        // It may wait for the reply, which goes out with the next event.
        subject.pulse().await?;
        let quits = |message: &Value| message["type"] == "quit";
        subject.wait_for(TYPING_LIMIT, quits).await?;
    }
    subject.prove_alive().await?;
    subject.end().await.map(drop)
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::read;
    use p2p_chat_protocol::ui::UiEvent;

    use super::*;

    fn all() -> impl Iterator<Item = &'static str> {
        let groups: [&[&str]; 4] = [&BEGINNING, &[OWN_TEXT], &CONVERSATION, &OTHERS];
        groups.into_iter().flatten().copied()
    }

    #[test]
    fn all_that_is_told_is_right_itself() {
        for line in all() {
            let read = read::<UiEvent>(line.as_bytes());
            assert!(read.is_ok(), "{line}: {read:?}");
        }
    }

    #[test]
    fn no_type_of_event_is_left_out() {
        let source = include_str!("../../../protocol/src/ui/mod.rs");
        let list = source.split("UiEvent {").nth(1).expect("the list");
        let list = list.split("\n}").next().expect("its end");
        let kinds = list
            .lines()
            .filter_map(|l| l.trim().strip_prefix('"')?.split('"').next());
        let mut count = 0;
        for kind in kinds.filter(|kind| *kind != "welcome") {
            let tag = format!("{{\"type\":\"{kind}\"");
            assert!(all().any(|line| line.starts_with(&tag)), "{kind}");
            count += 1;
        }
        assert!(count > 10, "{count}");
    }
}
