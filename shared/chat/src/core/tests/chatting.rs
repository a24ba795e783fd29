//! What the core claims of a chat.

use super::*;

#[test]
fn texts_are_numbered_sent_and_confirmed() {
    let mut stage = Stage::chatting(from_argv());
    let out = stage.say(7, "hello");
    let Output::Ui {
        reply_to: Some(7),
        event: UiEvent::MessageAdded(added),
    } = &out[0]
    else {
        panic!("{out:?}");
    };
    assert_eq!(
        (added.n, &*added.ip, added.status),
        (1, "192.168.1.100", Some(Status::Queued))
    );
    let [(id, TransportRequest::Send(send))] = transport_requests(&out)[..] else {
        panic!("{out:?}");
    };
    assert_eq!(send.payload.to_text().as_deref(), Some("hello"));
    let out = stage.transport(Some(id), TransportEvent::Ok);
    let sent = UiEvent::MessageUpdated(MessageUpdated {
        n: 1,
        status: Status::Sent,
    });
    assert_eq!(told(&out), [&sent]);
    let out = stage.transport(None, received("\u{1b}[2Jhi"));
    let [UiEvent::MessageAdded(added)] = told(&out)[..] else {
        panic!("{out:?}")
    };
    assert_eq!((added.n, added.text.0.as_str()), (2, "\\x1b[2Jhi"));
}

#[test]
fn a_burst_waits_in_order_and_the_sender_is_told_when_it_is_too_much() {
    let mut stage = Stage::chatting(from_argv());
    let mut sending = Vec::new();
    for n in 1..=1000 {
        let out = stage.say(n, &n.to_string());
        sending.extend(transport_requests(&out).iter().map(|(id, _)| *id));
    }
    assert_eq!(sending.len(), 256);
    assert_eq!(refused(&stage.say(1001, "x")), Some(ErrorCode::QueueFull));
    let mut next = 256;
    for id in sending {
        next += 1;
        let out = stage.transport(Some(id), TransportEvent::Ok);
        let [(_, TransportRequest::Send(send))] = transport_requests(&out)[..] else {
            panic!("{out:?}");
        };
        assert_eq!(send.payload.to_text(), Some(next.to_string()));
    }
}

#[test]
fn texts_that_cannot_be_sent_are_refused() {
    let mut stage = Stage::menu();
    assert_eq!(refused(&stage.say(1, "x")), Some(ErrorCode::NotConnected));
    let mut stage = Stage::chatting(from_argv());
    assert_eq!(
        refused(&stage.say(1, " \n")),
        Some(ErrorCode::InvalidMessage)
    );
    assert_eq!(
        refused(&stage.say(2, &"x".repeat(32_769))),
        Some(ErrorCode::TooLarge)
    );
    assert_eq!(refused(&stage.say(3, &"x".repeat(32_768))), None);
}

#[test]
fn after_a_chat_the_menu_comes_back_and_the_command_line_ends() {
    let mut stage = Stage::chatting(insecure());
    stage.transport(None, received("bye"));
    let out = stage.transport(None, gone(DisconnectReason::Left));
    assert!(matches!(told(&out)[..], [UiEvent::PeerDisconnected(_)]));
    let requests = transport_requests(&out);
    assert!(
        matches!(requests[..], [(_, TransportRequest::Disconnect)]),
        "{out:?}"
    );
    assert_eq!(stop(&out), None);
    for (reason, code) in [(DisconnectReason::Left, 0), (DisconnectReason::Cut, 1)] {
        let mut stage = Stage::chatting(from_argv());
        stage.transport(None, received("bye"));
        assert_eq!(stop(&stage.transport(None, gone(reason))), Some(code));
    }
}

#[test]
fn what_waits_at_quit_is_sent_for_three_seconds_and_then_lost() {
    let mut stage = Stage::chatting(from_argv());
    let id = transport_requests(&stage.say(1, "last"))[0].0;
    let out = stage.ui(2, UiRequest::Quit);
    assert_eq!(
        (stop(&out), stage.core.deadline()),
        (None, Some(Duration::from_secs(3)))
    );
    assert_eq!(
        stop(&stage.transport(Some(id), TransportEvent::Ok)),
        Some(0)
    );

    let mut stage = Stage::chatting(from_argv());
    stage.say(1, "lost");
    stage.ui(2, UiRequest::Quit);
    stage.now.elapsed = Duration::from_secs(3);
    let out = stage.input(Input::Tick);
    let lost = UiEvent::MessageUpdated(MessageUpdated {
        n: 1,
        status: Status::Failed,
    });
    assert_eq!((told(&out), stop(&out)), (vec![&lost], Some(1)));
}

#[test]
fn a_restarted_ui_is_told_the_same_events_again() {
    let mut stage = Stage::chatting(from_argv());
    stage.say(1, "one");
    stage.transport(None, received("two"));
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    stage.transport(None, received("three"));
    let out = stage.input(Input::PluginReady(Role::Ui));
    let kinds: Vec<_> = told(&out)
        .into_iter()
        .map(p2p_chat_protocol::Messages::kind)
        .collect();
    let expected = [
        "listening",
        "peer_connected",
        "message_added",
        "message_added",
        "message_added",
        "replay_finished",
        "notice",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_text_that_transport_could_not_send_makes_a_script_fail() {
    let mut stage = Stage::chatting(from_argv());
    let id = transport_requests(&stage.say(1, "lost"))[0].0;
    let refusal = Refusal::new(ErrorCode::NotConnected, "The peer is gone.");
    stage.transport(Some(id), TransportEvent::Error(refusal));
    assert_eq!(
        stop(&stage.transport(None, gone(DisconnectReason::Left))),
        Some(1)
    );
}

#[test]
fn the_window_that_still_shows_the_chat_is_mentioned_unless_it_was_cleared() {
    for cleared in [false, true] {
        let mut stage = Stage::chatting(Config {
            terminal: true,
            ..from_argv()
        });
        stage.transport(None, received("secret"));
        if cleared {
            stage.ui(1, UiRequest::Clear);
        }
        let out = stage.input(Input::Stopped {
            router_tidied: true,
        });
        let mentioned = told(&out).iter().any(|event| {
            matches!(event, UiEvent::Notice(notice) if notice.text.contains("Only this window"))
        });
        assert_eq!(mentioned, !cleared);
    }
}

#[test]
fn a_text_longer_than_any_message_is_dropped_and_said() {
    let mut stage = Stage::chatting(from_argv());
    let out = stage.transport(None, received(&"\u{7f}".repeat(32_769)));
    assert!(matches!(told(&out)[..], [UiEvent::Notice(n)] if n.text.contains("32769 bytes")));
}
