//! What the core claims of a chat without a code: nothing is said before the words matched.

use p2p_chat_protocol::ui::{VerificationNeeded, Verify};

use super::*;

fn unverified(outgoing: bool) -> Stage {
    let mut stage = Stage::new(Config {
        proof: Proof::Words,
        start: if outgoing {
            Start::Connect
        } else {
            Start::Listen
        },
        invite: outgoing.then(|| Invite::parse("192.0.2.1").expect("an address")),
        port: Some(8080),
        ..Config::default()
    });
    let out = stage.input(Input::PluginReady(Role::Transport));
    let id = transport_requests(&out)[0].0;
    let up = if outgoing {
        TransportEvent::Ok
    } else {
        listening_on(8080)
    };
    stage.transport(Some(id), up);
    let out = stage.transport(None, with(outgoing, Verification::Unverified));
    assert_eq!(sayings(&out), [""; 0]);
    let needed = VerificationNeeded {
        show: "carrot lemon koala".into(),
        ask: 3,
    };
    stage.transport(None, TransportEvent::VerificationNeeded(needed));
    stage
}

fn with(outgoing: bool, verification: Verification) -> TransportEvent {
    let TransportEvent::PeerConnected(connected) = secure(outgoing, false) else {
        panic!("it is one");
    };
    TransportEvent::PeerConnected(PeerConnected {
        verification,
        ..connected
    })
}

fn verify(stage: &mut Stage, id: u64) -> u64 {
    let words = "lem koa car".into();
    let out = stage.ui(id, UiRequest::Verify(Verify { words }));
    let [(request, TransportRequest::Verify(_))] = transport_requests(&out)[..] else {
        panic!("{out:?}");
    };
    request
}

#[test]
fn nothing_is_sent_or_shown_before_both_have_compared() {
    let mut stage = unverified(true);
    assert_eq!(refused(&stage.say(1, "x")), Some(ErrorCode::NotVerified));
    assert_eq!(
        stage.transport(None, said(r#"{"kind":"text","n":1,"text":"x"}"#)),
        []
    );
    let request = verify(&mut stage, 2);
    let out = stage.transport(Some(request), TransportEvent::Ok);
    assert!(matches!(
        out[..],
        [Output::Ui {
            reply_to: Some(2),
            event: UiEvent::Ok
        }]
    ));
    assert_eq!(refused(&stage.say(3, "x")), Some(ErrorCode::NotVerified));
    let out = stage.transport(None, with(true, Verification::Words));
    assert!(
        matches!(told(&out)[..], [UiEvent::PeerConnected(c)] if c.verification == Verification::Words)
    );
    assert_eq!(sayings(&out), [r#"{"kind":"hello","last":0,"texts":true}"#]);
    assert_eq!(refused(&stage.say(4, "x")), None);
    let late = stage.ui(5, UiRequest::Reject);
    assert_eq!(refused(&late), Some(ErrorCode::Unavailable));
}

#[test]
fn a_wrong_word_is_the_answer_and_the_chat_waits() {
    let mut stage = unverified(false);
    let request = verify(&mut stage, 2);
    let refusal = Refusal::new(ErrorCode::WrongCode, "These are not the words.");
    let out = stage.transport(Some(request), TransportEvent::Error(refusal));
    assert_eq!(
        (refused(&out), stop(&out)),
        (Some(ErrorCode::WrongCode), None)
    );
    verify(&mut stage, 3);
}

#[test]
fn who_rejects_is_done_on_both_sides() {
    let mut stage = unverified(false);
    let out = stage.ui(2, UiRequest::Reject);
    let [(request, TransportRequest::Reject)] = transport_requests(&out)[..] else {
        panic!("{out:?}");
    };
    let out = stage.transport(Some(request), TransportEvent::Ok);
    assert!(
        matches!(told(&out)[..], [UiEvent::Ok, UiEvent::PeerDisconnected(gone)]
        if gone.reason == DisconnectReason::Rejected && !gone.waiting)
    );
    assert_eq!(stop(&out), Some(3));
    let mut stage = unverified(true);
    assert_eq!(
        stop(&stage.transport(None, gone(DisconnectReason::Rejected))),
        Some(3)
    );
}

#[test]
fn who_goes_before_the_words_matched_was_not_the_friend() {
    for reason in [
        DisconnectReason::Cut,
        DisconnectReason::Left,
        DisconnectReason::Idle,
        DisconnectReason::ProtocolError,
    ] {
        let mut stage = unverified(false);
        let out = stage.transport(None, gone(reason));
        assert!(
            matches!(told(&out)[..], [UiEvent::PeerDisconnected(gone)]
            if gone.waiting && !gone.redialing),
            "{reason:?}"
        );
        assert_eq!(stop(&out), None);
        let mut stage = unverified(true);
        assert!(stop(&stage.transport(None, gone(reason))).is_some());
    }
}

#[test]
fn a_new_ui_is_told_the_words_again() {
    let mut stage = unverified(true);
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    let out = stage.input(Input::PluginReady(Role::Ui));
    let shown = |event: &&UiEvent| matches!(event, UiEvent::VerificationNeeded(_));
    assert_eq!(told(&out).into_iter().filter(shown).count(), 1);
    stage.transport(None, with(true, Verification::Words));
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    let out = stage.input(Input::PluginReady(Role::Ui));
    assert_eq!(told(&out).into_iter().filter(shown).count(), 0);
}

#[test]
fn a_listener_that_transport_ended_is_over() {
    let mut stage = Stage::listening(Config {
        proof: Proof::Words,
        ..from_argv()
    });
    let refusal = Refusal::new(
        ErrorCode::Unavailable,
        "Ten came, and none was your friend.",
    );
    let out = stage.transport(None, TransportEvent::Error(refusal));
    assert!(
        matches!(told(&out)[..], [UiEvent::ConnectFailed(f)] if f.message.contains("Ten came"))
    );
    assert_eq!(stop(&out), Some(3));
}

#[test]
fn a_listen_without_a_code_ends_with_its_transport() {
    let (role, status) = (Role::Transport, PluginStatus::Restarting);
    let dies = |stage: &mut Stage| stage.input(Input::PluginStopped { role, status });
    // From the command line, with nobody there, and with somebody who is not verified.
    let listening = || {
        Stage::listening(Config {
            proof: Proof::Words,
            ..from_argv()
        })
    };
    for mut stage in [listening(), unverified(false)] {
        let out = dies(&mut stage);
        let said = |event: &&UiEvent| match event {
            UiEvent::ConnectFailed(failed) => failed.message.contains("listen again"),
            UiEvent::Notice(notice) => notice.text.contains("listen again"),
            _ => false,
        };
        assert_eq!(told(&out).into_iter().filter(said).count(), 1, "{out:?}");
        let waits = |event: &&UiEvent| matches!(event, UiEvent::PeerDisconnected(g) if g.waiting);
        assert!(!told(&out).iter().any(waits), "{out:?}");
        assert_eq!(stop(&out), Some(1));
    }
    // From the menu: nothing is listened for until the user says so.
    let mut stage = Stage::new(Config {
        proof: Proof::Words,
        ..Config::default()
    });
    stage.input(Input::PluginReady(Role::Transport));
    let listen = || UiRequest::Listen(p2p_chat_protocol::ui::Listen { port: None });
    let out = stage.ui(1, listen());
    let id = transport_requests(&out)[0].0;
    stage.transport(Some(id), listening_on(8080));
    let out = dies(&mut stage);
    assert!(
        matches!(told(&out)[..], [.., UiEvent::ConnectFailed(_)]),
        "{out:?}"
    );
    assert_eq!(stop(&out), None);
    let out = stage.input(Input::PluginReady(Role::Transport));
    assert_eq!(transport_requests(&out), []);
    assert_eq!(transport_requests(&stage.ui(2, listen())).len(), 1);
}
