//! What the core claims of listening and connecting.

use super::*;

#[test]
fn listen_and_connect_wait_their_turn() {
    let connect = |id, stage: &mut Stage| {
        let invite = "192.0.2.1".into();
        stage.ui(
            id,
            UiRequest::Connect(Connect {
                invite,
                passcode: None,
            }),
        )
    };
    let mut stage = Stage::listening(insecure());
    assert_eq!(refused(&connect(2, &mut stage)), Some(ErrorCode::Busy));
    stage.transport(None, connected());
    assert_eq!(refused(&connect(3, &mut stage)), Some(ErrorCode::Busy));
    stage.ui(4, UiRequest::Disconnect);
    assert_eq!(refused(&connect(5, &mut stage)), None);
}

#[test]
fn somebody_who_never_said_a_word_does_not_end_the_waiting() {
    for reason in [
        DisconnectReason::Left,
        DisconnectReason::ProtocolError,
        DisconnectReason::Replaced,
    ] {
        let mut stage = Stage::chatting(from_argv());
        let out = stage.transport(None, gone(reason));
        let [UiEvent::PeerDisconnected(event)] = told(&out)[..] else {
            panic!("{out:?}")
        };
        assert!(event.waiting);
        assert_eq!(stop(&out), None);
    }
}

#[test]
fn a_restarted_transport_listens_again_on_the_same_port() {
    let mut stage = Stage::listening(insecure());
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::Transport,
        status,
    });
    let out = stage.input(Input::PluginReady(Role::Transport));
    let [(_, TransportRequest::Listen(listen))] = transport_requests(&out)[..] else {
        panic!("{out:?}");
    };
    assert_eq!(listen.port, 8080);
}

#[test]
fn a_failure_to_connect_is_told_and_becomes_the_exit_code() {
    for (code, exit) in [
        (ErrorCode::ConnectionRefused, 69),
        (ErrorCode::ConnectionTimedOut, 69),
        (ErrorCode::NameNotFound, 69),
        (ErrorCode::Internal, 1),
    ] {
        let mut stage = Stage::new(Config {
            start: Start::Connect,
            invite: Some(Invite::parse("192.0.2.1").expect("an address")),
            ..insecure()
        });
        stage.input(Input::PluginReady(Role::Transport));
        let failed = TransportEvent::ConnectFailed(Refusal::new(code, "No."));
        let out = stage.transport(None, failed);
        assert_eq!(stop(&out), Some(exit), "{code:?}");
    }
}

#[test]
fn a_listener_inside_windows_is_told_that_nobody_reaches_it() {
    let told = |bind: &str, wsl| {
        let mut stage = Stage::new(Config { wsl, ..from_argv() });
        let out = stage.input(Input::PluginReady(Role::Transport));
        let id = transport_requests(&out)[0].0;
        let up = TransportEvent::Listening(transport::Listening {
            addresses: vec![bind.to_owned()],
            ..transport::Listening::default()
        });
        let out = stage.transport(Some(id), up.clone());
        let first = notices(&out).concat().contains("You are in WSL");
        let again = stage.transport(None, up);
        assert!(notices(&again).is_empty());
        first
    };
    assert!(told("0.0.0.0:8080", true));
    assert!(!told("127.0.0.1:8080", true));
    assert!(!told("0.0.0.0:8080", false));
}

#[test]
fn a_port_in_use_is_said_before_the_program_ends() {
    let mut stage = Stage::new(from_argv());
    let out = stage.input(Input::PluginReady(Role::Transport));
    let id = transport_requests(&out)[0].0;
    let refusal = Refusal::new(
        ErrorCode::AddressInUse,
        "Port 8080 is in use on this computer.",
    );
    let out = stage.transport(Some(id), TransportEvent::Error(refusal));
    let [UiEvent::Notice(notice)] = told(&out)[..] else {
        panic!("{out:?}")
    };
    assert_eq!((notice.level, stop(&out)), (Level::Error, Some(1)));
}

#[test]
fn what_fails_before_a_ui_is_there_is_said_when_it_is() {
    let invite = Some(Invite::parse("192.0.2.1").expect("an address"));
    let start = Start::Connect;
    let mut core = Core::new(Config {
        start,
        invite,
        ..insecure()
    });
    let mut out = Vec::new();
    core.handle(
        Input::PluginReady(Role::Transport),
        Now::default(),
        &mut out,
    );
    let message = TransportEvent::ConnectFailed(Refusal::new(ErrorCode::NameNotFound, "No."));
    let failed = Received {
        id: None,
        reply_to: None,
        message,
    };
    core.handle(Input::Transport(failed), Now::default(), &mut out);
    assert_eq!(stop(&out), None);
    core.handle(Input::PluginReady(Role::Ui), Now::default(), &mut out);
    assert!(
        told(&out)
            .iter()
            .any(|event| matches!(event, UiEvent::ConnectFailed(_)))
    );
    assert_eq!(stop(&out), Some(69));
}

#[test]
fn what_transport_says_of_an_ended_session_does_not_touch_the_next() {
    let mut stage = Stage::menu();
    let connect = |stage: &mut Stage, id, host: &str| {
        let invite = host.into();
        stage.ui(
            id,
            UiRequest::Connect(Connect {
                invite,
                passcode: None,
            }),
        )
    };
    connect(&mut stage, 1, "192.0.2.1");
    let out = stage.ui(2, UiRequest::Disconnect);
    let disconnect = transport_requests(&out)[0].0;
    assert_eq!(
        refused(&out),
        Some(ErrorCode::Unavailable),
        "request 1 is answered"
    );
    connect(&mut stage, 3, "192.0.2.2");
    let late = Refusal::new(ErrorCode::ConnectionTimedOut, "Late.");
    let out = stage.transport(None, TransportEvent::ConnectFailed(late));
    assert_eq!(out, []);
    stage.transport(Some(disconnect), TransportEvent::Ok);
    let out = stage.transport(None, connected());
    assert!(matches!(told(&out)[..], [UiEvent::PeerConnected(_)]));
}

#[test]
fn the_newest_disconnect_is_the_one_that_counts() {
    let mut stage = Stage::menu();
    let ends = |stage: &mut Stage, id, invite: &str| {
        let (invite, passcode) = (invite.into(), None);
        stage.ui(id, UiRequest::Connect(Connect { invite, passcode }));
        let out = stage.ui(id + 1, UiRequest::Disconnect);
        let asked = transport_requests(&out);
        assert!(matches!(asked[..], [(_, TransportRequest::Disconnect)]));
        asked[0].0
    };
    let first = ends(&mut stage, 1, "192.0.2.1");
    let second = ends(&mut stage, 3, "192.0.2.2");
    stage.transport(Some(first), TransportEvent::Ok);
    assert_eq!(stage.transport(None, connected()), [], "of the second call");
    stage.transport(Some(second), TransportEvent::Ok);
    let out = stage.transport(None, connected());
    let asked = transport_requests(&out);
    assert!(
        matches!(asked[..], [(_, TransportRequest::Disconnect)]) && told(&out).is_empty(),
        "nobody is wanted any more: {out:?}"
    );
}
