//! What the core claims of codes: where they come from, and that nothing begins without one.

use p2p_chat_protocol::transport::{Auth, AuthMode};
use p2p_chat_protocol::ui::{Connect, PasscodeRead};

use super::*;

fn connect(invite: &str, passcode: Option<&str>) -> UiRequest {
    let (invite, passcode) = (invite.into(), passcode.map(Into::into));
    UiRequest::Connect(Connect { invite, passcode })
}

fn auth(out: &[Output]) -> Option<&Auth> {
    match transport_requests(out)[..] {
        [(_, TransportRequest::Connect(connect))] => Some(&connect.auth),
        [(_, TransportRequest::Listen(listen))] => Some(&listen.auth),
        _ => None,
    }
}

fn with_code(code: Option<&str>) -> TransportEvent {
    let TransportEvent::Listening(plain) = listening_on(8080) else {
        panic!("it is one");
    };
    TransportEvent::Listening(transport::Listening {
        passcode: code.map(Into::into),
        numbers: code.map(|_| "1 2 3".into()),
        expires_s: code.map(|_| 3600),
        guesses_left: Some(5),
        ..plain
    })
}

fn listening(out: &[Output]) -> &p2p_chat_protocol::ui::Listening {
    let events = told(out).into_iter();
    let mut listening = events.filter_map(|event| match event {
        UiEvent::Listening(listening) => Some(listening),
        _ => None,
    });
    listening.next().expect("it is told")
}

#[test]
fn the_code_of_a_listener_is_in_its_invite_and_has_an_end() {
    let mut stage = Stage::new(listener_by_code());
    let out = stage.input(Input::PluginReady(Role::Transport));
    assert_eq!(auth(&out), Some(&Auth::code(None)));
    let id = transport_requests(&out)[0].0;
    stage.now.unix_ms = 1000;
    let out = stage.transport(Some(id), with_code(Some("carrot-lemon-koala")));
    let told = listening(&out);
    assert_eq!(told.invite.0, "p2pc:192.168.1.100:8080#carrot-lemon-koala");
    assert_eq!(
        (told.expires_ms, told.guesses_left),
        (Some(3_601_000), Some(5))
    );
    let out = stage.transport(None, with_code(None));
    let told = listening(&out);
    assert_eq!(told.invite.0, "p2pc:192.168.1.100:8080");
    assert_eq!((&told.passcode, told.expires_ms), (&None, None));
}

#[test]
fn a_new_code_is_the_reply_to_who_asked_for_it() {
    let mut stage = Stage::listening(listener_by_code());
    let out = stage.ui(7, UiRequest::NewCode);
    let [(id, TransportRequest::NewCode)] = transport_requests(&out)[..] else {
        panic!("{out:?}");
    };
    let out = stage.transport(Some(id), with_code(Some("a-b-c")));
    assert!(
        matches!(&out[..], [Output::Ui { reply_to: Some(7), event: UiEvent::Listening(l) }] if l.passcode.is_some())
    );
    let mut stage = talking(listener_by_code());
    let out = stage.ui(8, UiRequest::NewCode);
    assert_eq!(refused(&out), Some(ErrorCode::Unavailable));
}

#[test]
fn a_transport_that_dies_takes_its_code_with_it_and_that_is_said() {
    let mut stage = Stage::listening(listener_by_code());
    stage.transport(None, with_code(Some("old-old-old")));
    let status = PluginStatus::Restarting;
    let role = Role::Transport;
    let out = stage.input(Input::PluginStopped { role, status });
    assert_eq!(listening(&out).passcode, None);
    let out = stage.input(Input::PluginReady(Role::Transport));
    assert_eq!(auth(&out), Some(&Auth::code(None)));
    let id = transport_requests(&out)[0].0;
    let out = stage.transport(Some(id), with_code(Some("new-new-new")));
    let events = told(&out);
    let [UiEvent::Notice(said), UiEvent::Listening(now)] = events[..] else {
        panic!("{out:?}");
    };
    assert!(said.text.contains("no longer works"), "{}", said.text);
    assert_eq!(now.passcode, Some("new-new-new".into()));
}

#[test]
fn nothing_begins_before_the_code_is_there() {
    let config = Config {
        passcode: None,
        ..connector_by_code()
    };
    let mut core = Core::new(config);
    let mut out = Vec::new();
    let mut input = |input| {
        out.clear();
        core.handle(input, Now::default(), &mut out);
        std::mem::take(&mut out)
    };
    assert!(transport_requests(&input(Input::PluginReady(Role::Transport))).is_empty());
    let shown = input(Input::PluginReady(Role::Ui));
    let needed = told(&shown).pop();
    assert!(
        matches!(needed, Some(UiEvent::InputNeeded(n)) if n.address.as_deref() == Some("me.example.net:8080"))
    );
}

#[test]
fn a_code_comes_from_the_prompt_the_invite_or_the_file() {
    let typed = [
        ("192.0.2.1", Some("car lem koa"), "car lem koa"),
        ("p2pc:192.0.2.1:80#a-b-c", None, "a-b-c"),
        ("p2pc:192.0.2.1:80#a-b-c", Some("d e f"), "d e f"),
    ];
    for (invite, passcode, expected) in typed {
        let mut stage = Stage::new(Config::default());
        stage.input(Input::PluginReady(Role::Transport));
        let out = stage.ui(1, connect(invite, passcode));
        assert_eq!(auth(&out), Some(&Auth::code(Some(expected.into()))));
    }
    let mut stage = Stage::new(connector_by_code());
    let out = stage.input(Input::PluginReady(Role::Transport));
    assert_eq!(auth(&out), Some(&Auth::code(Some("car lem koa".into()))));
    let mut stage = Stage::new(Config::default());
    stage.input(Input::PluginReady(Role::Transport));
    for blank in [None, Some(" ")] {
        let out = stage.ui(1, connect("192.0.2.1", blank));
        assert_eq!(refused(&out), Some(ErrorCode::CodeNeeded));
        assert_eq!(auth(&out), None);
    }
}

#[test]
fn a_code_that_is_read_is_shown_before_it_is_used() {
    let mut stage = Stage::new(Config::default());
    stage.input(Input::PluginReady(Role::Transport));
    let out = stage.ui(4, connect("192.0.2.1", Some("car lem koa")));
    assert!(told(&out).is_empty());
    let id = transport_requests(&out)[0].0;
    let read = PasscodeRead {
        passcode: "carrot-lemon-koala".into(),
        numbers: "181 683 665".into(),
    };
    let shown = stage.transport(None, TransportEvent::PasscodeRead(read));
    assert!(matches!(told(&shown)[..], [UiEvent::PasscodeRead(_)]));
    let out = stage.transport(Some(id), TransportEvent::Ok);
    assert_eq!(notices(&out), ["Connecting to 192.0.2.1:8080..."]);
    assert!(
        matches!(
            out[..],
            [
                _,
                Output::Ui {
                    reply_to: Some(4),
                    event: UiEvent::Ok
                }
            ]
        ),
        "{out:?}"
    );
}

#[test]
fn a_code_that_is_none_costs_nothing_and_may_be_typed_again() {
    let mut stage = Stage::new(Config::default());
    stage.input(Input::PluginReady(Role::Transport));
    let out = stage.ui(1, connect("192.0.2.1", Some("karrot")));
    let id = transport_requests(&out)[0].0;
    let refusal = Refusal::new(ErrorCode::BadCode, "\"karrot\" is not a code word.");
    let out = stage.transport(Some(id), TransportEvent::Error(refusal));
    assert_eq!(refused(&out), Some(ErrorCode::BadCode));
    let out = stage.ui(2, connect("192.0.2.1", Some("car lem koa")));
    assert!(auth(&out).is_some());
}

#[test]
fn a_script_that_gives_up_ends_with_the_code_of_what_was_refused() {
    for (tries, terminal, exit) in [
        (&[][..], false, 2),
        (&["not an address at all, but / many words"], false, 2),
        (&[], true, 0),
    ] {
        let mut stage = Stage::new(Config {
            start: Start::Connect,
            terminal,
            ..Config::default()
        });
        stage.input(Input::PluginReady(Role::Transport));
        for invite in tries {
            assert!(refused(&stage.ui(1, connect(invite, None))).is_some());
        }
        assert_eq!(stop(&stage.ui(2, UiRequest::Quit)), Some(exit));
    }
}

#[test]
fn a_wrong_code_and_an_old_peer_are_refused_for_safety() {
    for (code, exit) in [
        (ErrorCode::WrongCode, 3),
        (ErrorCode::LegacyPeer, 3),
        (ErrorCode::SecurePeer, 3),
        (ErrorCode::HandshakeFailed, 69),
        (ErrorCode::BadCode, 2),
    ] {
        let mut stage = Stage::new(connector_by_code());
        stage.input(Input::PluginReady(Role::Transport));
        let failed = TransportEvent::ConnectFailed(Refusal::new(code, "No."));
        assert_eq!(stop(&stage.transport(None, failed)), Some(exit), "{code:?}");
    }
}

#[test]
fn a_code_is_not_used_a_second_time_by_the_next_transport() {
    let mut stage = Stage::new(Config::default());
    stage.input(Input::PluginReady(Role::Transport));
    let out = stage.ui(1, connect("192.0.2.1", Some("car lem koa")));
    let id = transport_requests(&out)[0].0;
    let read = PasscodeRead {
        passcode: "carrot-lemon-koala".into(),
        numbers: "181 683 665".into(),
    };
    stage.transport(None, TransportEvent::PasscodeRead(read));
    stage.transport(Some(id), TransportEvent::Ok);
    let (role, status) = (Role::Transport, PluginStatus::Restarting);
    let out = stage.input(Input::PluginStopped { role, status });
    let failed = told(&out).into_iter().find_map(|event| match event {
        UiEvent::ConnectFailed(refusal) => Some(refusal),
        _ => None,
    });
    let failed = failed.expect("it is told");
    assert!(failed.message.contains("may be used up"));
    assert_eq!(failed.code, ErrorCode::WrongCode);
    let out = stage.input(Input::PluginReady(Role::Transport));
    assert_eq!(auth(&out), None);
    // However it is typed; another one is as good as ever.
    for typed in ["car lem koa", "181 683 665"] {
        let out = stage.ui(2, connect("192.0.2.1", Some(typed)));
        assert_eq!(refused(&out), Some(ErrorCode::BadCode), "{typed}");
        assert_eq!(auth(&out), None);
    }
    let out = stage.ui(3, connect("192.0.2.1", Some("car lem kna")));
    assert_eq!(refused(&out), None);
}

#[test]
fn a_code_is_spent_unless_nobody_was_reached() {
    for (code, is_spent) in [
        (ErrorCode::ConnectionRefused, false),
        (ErrorCode::HandshakeFailed, false),
        (ErrorCode::WrongCode, true),
        (ErrorCode::Internal, true),
    ] {
        let mut stage = Stage::new(Config::default());
        stage.input(Input::PluginReady(Role::Transport));
        stage.ui(1, connect("192.0.2.1", Some("1 2 3")));
        let read = PasscodeRead {
            passcode: "a-b-c".into(),
            numbers: "1 2 3".into(),
        };
        stage.transport(None, TransportEvent::PasscodeRead(read));
        stage.transport(
            None,
            TransportEvent::ConnectFailed(Refusal::new(code, "No.")),
        );
        let out = stage.ui(2, connect("192.0.2.1", Some("1 2 3")));
        let expected = is_spent.then_some(ErrorCode::BadCode);
        assert_eq!(refused(&out), expected, "{code:?}");
    }
}

#[test]
fn how_to_prove_oneself_is_chosen_by_the_people_alone() {
    for (proof, mode) in [
        (Proof::Code, AuthMode::Code),
        (Proof::Words, AuthMode::Words),
        (Proof::Insecure, AuthMode::Legacy),
    ] {
        let mut stage = Stage::new(Config {
            proof,
            ..from_argv()
        });
        let out = stage.input(Input::PluginReady(Role::Transport));
        assert_eq!(auth(&out).map(|auth| auth.mode), Some(mode));
        if proof != Proof::Code {
            let mut stage = Stage::new(Config {
                proof,
                ..Config::default()
            });
            stage.input(Input::PluginReady(Role::Transport));
            let out = stage.ui(1, connect("p2pc:192.0.2.1:80#a-b-c", None));
            assert_eq!(refused(&out), Some(ErrorCode::CodeUnwanted));
            let out = stage.ui(2, connect("192.0.2.1", None));
            assert_eq!(auth(&out).map(|auth| auth.mode), Some(mode));
        }
    }
}
