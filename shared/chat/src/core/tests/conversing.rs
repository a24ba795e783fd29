//! What the core claims of a secure conversation: numbers, confirmations, and peers that break the
//! rules.

use p2p_chat_protocol::nat::{NatEvent, PortMapped};

use super::*;
use crate::arrivals::SOON;

fn text(n: u64) -> TransportEvent {
    said(&format!(r#"{{"kind":"text","n":{n},"text":"text {n}"}}"#))
}

fn shown(out: &[Output]) -> Vec<&str> {
    let events = told(out).into_iter();
    events
        .filter_map(|event| match event {
            UiEvent::MessageAdded(added) => Some(added.text.0.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_text_is_delivered_when_the_other_side_says_so() {
    let mut stage = talking(listener_by_code());
    let out = stage.say(1, "hello");
    assert_eq!(sayings(&out), [r#"{"kind":"text","n":1,"text":"hello"}"#]);
    let id = transport_requests(&out)[0].0;
    let status = |out: &[Output]| match told(out)[..] {
        [UiEvent::MessageUpdated(update)] => Some(update.status),
        _ => None,
    };
    let out = stage.transport(Some(id), TransportEvent::Ok);
    assert_eq!(status(&out), Some(Status::Sent));
    let out = stage.transport(None, said(r#"{"kind":"ack","n":1}"#));
    assert_eq!(status(&out), Some(Status::Delivered));
}

fn a_text(text: &str) -> UiRequest {
    UiRequest::SendMessage(SendMessage { text: text.into() })
}

/// What is sent of texts that were typed together, to a side with this hello.
fn typed_together(hello: &str) -> Vec<Output> {
    let mut stage = talking(listener_by_code());
    stage.transport(None, said(hello));
    let mut out = stage.ui_together(["one", "two", "three"].map(a_text));
    stage.core.hand_over(&mut out);
    out
}

#[test]
fn texts_that_were_typed_together_are_sent_together_to_who_takes_that() {
    let out = typed_together(r#"{"kind":"hello","last":0,"texts":true}"#);
    let together = r#"{"kind":"texts","n":1,"texts":["one","two","three"]}"#;
    assert_eq!(sayings(&out), [together]);
    let out = typed_together(r#"{"kind":"hello","last":0}"#);
    assert_eq!(sayings(&out).len(), 3, "each alone");
}

#[test]
fn what_was_typed_before_anything_else_is_sent_before_it() {
    let mut stage = talking(listener_by_code());
    let out = stage.ui_together([a_text("x"), UiRequest::Disconnect]);
    let asked = transport_requests(&out);
    let [(_, first), (_, second)] = asked[..] else {
        panic!("{asked:?}");
    };
    assert!(matches!(first, TransportRequest::Send(_)), "{first:?}");
    assert_eq!(second, &TransportRequest::Disconnect);
}

#[test]
fn texts_that_came_together_are_shown_each_and_confirmed_once() {
    let mut stage = talking(listener_by_code());
    stage.transport(None, text(1));
    let texts = r#"{"kind":"texts","n":1,"texts":["again","two","three"]}"#;
    let out = stage.transport(None, said(texts));
    assert_eq!(shown(&out), ["two", "three"]);
    let out = said_in_a_moment(&mut stage);
    assert_eq!(sayings(&out), [r#"{"kind":"ack","n":3}"#]);
    assert_eq!(
        stage.transport(None, said(r#"{"kind":"texts","n":9,"texts":[]}"#)),
        []
    );
}

#[test]
fn nothing_but_the_hello_is_sent_before_the_others_hello() {
    let mut stage = Stage::listening(listener_by_code());
    stage.transport(None, tickets(&["1"]));
    let out = stage.transport(None, secure(false, false));
    let addresses = r#"{"kind":"addresses","addresses":["192.168.1.100:8080"]}"#;
    assert_eq!(
        sayings(&out),
        [r#"{"kind":"hello","last":0,"texts":true}"#, addresses]
    );
    assert_eq!(sayings(&stage.say(1, "x")), [""; 0]);
    assert_eq!(
        stage.transport(None, text(1)),
        [],
        "it was of a session before"
    );
    let out = stage.transport(None, said(r#"{"kind":"hello","last":0}"#));
    assert_eq!(sayings(&out), [r#"{"kind":"text","n":1,"text":"x"}"#]);
}

/// What is said a moment later, when nobody says anything.
fn said_in_a_moment(stage: &mut Stage) -> Vec<Output> {
    stage.pass(SOON);
    stage.input(Input::Tick)
}

#[test]
fn what_came_within_a_moment_is_confirmed_together() {
    let mut stage = talking(listener_by_code());
    for n in 1..=3 {
        let out = stage.transport(None, text(n));
        assert_eq!((shown(&out).len(), sayings(&out).len()), (1, 0));
    }
    let out = said_in_a_moment(&mut stage);
    assert_eq!(sayings(&out), [r#"{"kind":"ack","n":3}"#]);
    assert_eq!(said_in_a_moment(&mut stage), []);
}

#[test]
fn a_burst_is_confirmed_while_it_comes() {
    let mut stage = talking(listener_by_code());
    let acks = (1..=130).filter_map(|n| {
        let out = stage.transport(None, text(n));
        sayings(&out).first().map(|ack| (n, ack.to_string()))
    });
    let expected = r#"{"kind":"ack","n":128}"#.to_owned();
    assert_eq!(acks.collect::<Vec<_>>(), [(128, expected)]);
}

#[test]
fn a_text_that_comes_again_is_confirmed_and_not_shown() {
    let mut stage = talking(listener_by_code());
    stage.transport(None, text(1));
    let ack = said_in_a_moment(&mut stage);
    let id = transport_requests(&ack)[0].0;
    stage.transport(Some(id), TransportEvent::Ok);
    assert_eq!(stage.transport(None, text(1)), []);
    let out = said_in_a_moment(&mut stage);
    assert_eq!(sayings(&out), [r#"{"kind":"ack","n":1}"#]);
}

#[test]
fn who_breaks_the_rules_is_talked_to_no_more() {
    for broken in [
        r#"{"kind":"text","n":2,"text":"a gap"}"#,
        r#"{"kind":"ack","n":1}"#,
        r#"{"kind":"hello","last":1}"#,
        r#"{"kind":"text","n":"1","text":"x"}"#,
        r#"{"kind":"texts","n":2,"texts":["a gap","x"]}"#,
        r#"{"kind":"texts","n":18446744073709551615,"texts":["a gap","x"]}"#,
    ] {
        let mut stage = talking(listener_by_code());
        let out = stage.transport(None, said(broken));
        assert!(notices(&out)[0].contains("broke the rules"), "{broken}");
        let asked = transport_requests(&out);
        assert!(
            matches!(asked[..], [(_, TransportRequest::Disconnect)]),
            "{asked:?}"
        );
        assert_eq!(stop(&out), Some(1), "{broken}");
    }
    let long = format!(r#"{{"kind":"text","n":1,"text":"{}"}}"#, "x".repeat(32_769));
    let out = talking(listener_by_code()).transport(None, said(&long));
    assert_eq!((shown(&out).len(), stop(&out)), (0, Some(1)));
}

#[test]
fn what_nobody_knows_is_ignored() {
    let mut stage = talking(listener_by_code());
    for unknown in [r#"{"kind":"typing"}"#, "7", r#"["text"]"#, "\"legacy\""] {
        assert_eq!(stage.transport(None, said(unknown)), [], "{unknown}");
    }
}

#[test]
fn a_text_whose_payload_is_too_long_is_refused_with_its_size() {
    let mut stage = talking(listener_by_code());
    let out = stage.say(1, &"\u{1}".repeat(20_000));
    assert_eq!(refused(&out), Some(ErrorCode::TooLarge));
    assert!(
        out.iter()
            .all(|output| !matches!(output, Output::Transport { .. }))
    );
    assert_eq!(refused(&stage.say(2, &"\u{1}".repeat(10_000))), None);
    assert_eq!(refused(&stage.say(3, &"x".repeat(32_768))), None);
}

#[test]
fn what_was_left_undelivered_is_named_and_fails_a_script() {
    let mut stage = talking(listener_by_code());
    stage.say(1, "one");
    stage.say(2, "two");
    stage.transport(None, said(r#"{"kind":"ack","n":1}"#));
    let out = stage.transport(None, gone(DisconnectReason::Left));
    let lost = UiEvent::MessageUpdated(MessageUpdated {
        n: 2,
        status: Status::Failed,
    });
    let events = told(&out);
    assert!(matches!(events[..], [first, UiEvent::PeerDisconnected(_)] if *first == lost));
    assert_eq!(stop(&out), Some(1));
}

#[test]
fn a_peer_that_is_left_is_told_first_what_came_from_it() {
    let mut stage = talking(listener_by_code());
    stage.transport(None, text(1));
    let out = stage.ui(1, UiRequest::Quit);
    assert_eq!(sayings(&out), [r#"{"kind":"ack","n":1}"#]);
    assert!(matches!(out.last(), Some(Output::Stop(Ending::Fine))));
}

#[test]
fn whoever_listens_tells_where_it_is_reached_whenever_that_changes() {
    let mut stage = talking(Config {
        ask_router: true,
        ..listener_by_code()
    });
    let out = stage.input(Input::Nat(Received {
        id: None,
        reply_to: None,
        message: NatEvent::PortMapped(PortMapped {
            port: 8080,
            external_address: "203.0.113.7:8080".to_owned(),
            method: "upnp".to_owned(),
            ..PortMapped::default()
        }),
    }));
    let addresses = r#"{"kind":"addresses","addresses":["203.0.113.7:8080","192.168.1.100:8080"]}"#;
    assert_eq!(sayings(&out), [addresses]);
    assert_eq!(sayings(&stage.transport(None, listening_on(8080))), [""; 0]);
}

#[test]
fn without_a_ui_only_so_many_texts_are_taken_and_the_next_ui_sees_them_all() {
    let mut stage = talking(listener_by_code());
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    for n in 1..=500 {
        assert!(stage.core.takes_more(true), "{n}");
        stage.transport(None, text(n));
    }
    assert!(!stage.core.takes_more(true));
    let out = stage.input(Input::PluginReady(Role::Ui));
    assert_eq!(shown(&out).len(), 500);
    assert!(stage.core.takes_more(true));
}

#[test]
fn a_ui_that_hears_nothing_keeps_nobody_who_leaves_from_hearing_that_all_arrived() {
    let mut stage = talking(listener_by_code());
    stage.say(1, "x");
    assert!(!stage.core.takes_more(false));
    stage.ui(2, UiRequest::Quit);
    assert!(stage.core.takes_more(false));
    let out = stage.transport(None, said(r#"{"kind":"ack","n":1}"#));
    assert!(out.contains(&Output::Stop(Ending::Fine)), "{out:?}");
}
