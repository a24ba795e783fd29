//! What the core claims of a line that is cut: who calls again and when, with what, and how it ends.

use p2p_chat_protocol::transport::AuthMode;

use super::*;

fn cut(stage: &mut Stage) -> Vec<Output> {
    stage.transport(None, gone(DisconnectReason::Cut))
}

/// Lets time pass until the core wants something of transport.
fn until_asked(stage: &mut Stage) -> (Duration, u64, TransportRequest) {
    let begun = stage.now.elapsed;
    loop {
        let at = stage.core.deadline().expect("it waits for something");
        stage.pass(at.saturating_sub(stage.now.elapsed));
        let out = stage.input(Input::Tick);
        if let Some((id, request)) = transport_requests(&out).first() {
            return (stage.now.elapsed - begun, *id, (*request).clone());
        }
        assert_eq!(stop(&out), None, "it ended instead");
    }
}

fn last_cut(out: &[Output]) -> Option<(bool, Option<u64>)> {
    told(out).into_iter().rev().find_map(|event| match event {
        UiEvent::PeerDisconnected(gone) => Some((gone.redialing, gone.slept_s)),
        _ => None,
    })
}

#[test]
fn the_connector_calls_again_after_ever_longer_pauses() {
    let mut stage = talking(connector_by_code());
    stage.transport(
        None,
        said(r#"{"kind":"addresses","addresses":["192.168.1.9:80","127.0.0.1:22","[::1]:22","bad address"]}"#),
    );
    stage.transport(None, tickets(&["2"]));
    assert_eq!(last_cut(&cut(&mut stage)), Some((true, None)));
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        let (waited, id, request) = until_asked(&mut stage);
        assert_eq!(waited, Duration::from_secs(pause));
        let TransportRequest::Connect(connect) = request else {
            panic!("{request:?}");
        };
        assert_eq!(connect.addresses, ["me.example.net:8080", "192.168.1.9:80"]);
        let [ticket] = &connect.auth.tickets[..] else {
            panic!("{:?}", connect.auth);
        };
        assert_eq!(connect.auth.mode, AuthMode::Resume);
        assert_eq!(ticket.resume_id_b64, "2");
        stage.transport(Some(id), TransportEvent::Ok);
        let refusal = Refusal::new(ErrorCode::ConnectionRefused, "No.");
        let out = stage.transport(None, TransportEvent::ConnectFailed(refusal));
        assert_eq!(out, [], "one failed call of many is no news");
    }
}

#[test]
fn an_invite_with_many_addresses_leaves_places_for_those_that_were_told() {
    let many: Vec<_> = (1..=20).map(|n| format!("192.0.2.{n}:80")).collect();
    let invite = Invite::parse(&format!("p2pc:{}", many.join(",")));
    let mut stage = talking(Config {
        invite: Some(invite.expect("an invite")),
        ..connector_by_code()
    });
    let told = r#"{"kind":"addresses","addresses":["192.0.2.1:80","198.51.100.9:80"]}"#;
    stage.transport(None, said(told));
    cut(&mut stage);
    let (_, _, TransportRequest::Connect(connect)) = until_asked(&mut stage) else {
        panic!("it calls");
    };
    assert_eq!(connect.addresses[..19], many[..19]);
    assert_eq!(connect.addresses[19..], ["198.51.100.9:80"]);
}

#[test]
fn the_listener_waits_and_asks_for_nothing() {
    let mut stage = talking(listener_by_code());
    assert_eq!(last_cut(&cut(&mut stage)), Some((true, None)));
    stage.say(1, "waits");
    stage.pass(Duration::from_secs(599));
    assert_eq!(transport_requests(&stage.input(Input::Tick)), []);
    let out = stage.transport(None, secure(false, true));
    assert!(matches!(told(&out)[..], [UiEvent::PeerConnected(c)] if c.resumed));
    let out = stage.transport(None, said(r#"{"kind":"hello","last":0}"#));
    assert_eq!(sayings(&out), [r#"{"kind":"text","n":1,"text":"waits"}"#]);
}

#[test]
fn what_the_other_has_is_not_sent_again() {
    let mut stage = talking(connector_by_code());
    for n in 1..=3 {
        stage.say(n, &n.to_string());
    }
    stage.transport(None, said(r#"{"kind":"text","n":1,"text":"x"}"#));
    cut(&mut stage);
    let out = stage.transport(None, secure(true, true));
    assert_eq!(sayings(&out), [r#"{"kind":"hello","last":1,"texts":true}"#]);
    let out = stage.transport(None, said(r#"{"kind":"hello","last":2}"#));
    assert_eq!(sayings(&out), [r#"{"kind":"text","n":3,"text":"3"}"#]);
}

#[test]
fn after_ten_minutes_it_is_over_and_what_waits_is_named() {
    for config in [connector_by_code(), listener_by_code()] {
        let mut stage = talking(config);
        stage.say(1, "lost");
        cut(&mut stage);
        stage.pass(Duration::from_secs(599));
        assert_eq!(last_cut(&stage.input(Input::Tick)), None);
        stage.pass(Duration::from_secs(1));
        let out = stage.input(Input::Tick);
        let lost = MessageUpdated {
            n: 1,
            status: Status::Failed,
        };
        assert!(told(&out).contains(&&UiEvent::MessageUpdated(lost)));
        assert_eq!((last_cut(&out), stop(&out)), (Some((false, None)), Some(1)));
        let asked = transport_requests(&out);
        assert!(
            asked
                .iter()
                .any(|(_, r)| matches!(r, TransportRequest::Disconnect))
        );
    }
}

#[test]
fn a_killed_transport_is_replaced_and_the_chat_goes_on_by_ticket() {
    let (role, status) = (Role::Transport, PluginStatus::Restarting);
    for config in [connector_by_code(), listener_by_code()] {
        let connects = config.start == Start::Connect;
        let mut stage = talking(config);
        let out = stage.input(Input::PluginStopped { role, status });
        assert_eq!(last_cut(&out), Some((true, None)));
        let out = stage.input(Input::PluginReady(role));
        let auth = transport_requests(&out)
            .into_iter()
            .find_map(|(_, r)| match r {
                TransportRequest::Connect(connect) if connects => Some(&connect.auth),
                TransportRequest::Listen(listen) if !connects => Some(&listen.auth),
                _ => None,
            });
        let auth = auth.expect("it is asked at once");
        assert_eq!((auth.mode, auth.tickets.len()), (AuthMode::Resume, 1));
    }
}

#[test]
fn a_listener_whose_port_is_taken_meanwhile_tries_again() {
    let (role, status) = (Role::Transport, PluginStatus::Restarting);
    let mut stage = talking(listener_by_code());
    stage.input(Input::PluginStopped { role, status });
    let mut out = stage.input(Input::PluginReady(role));
    for pause in [2, 4] {
        let id = transport_requests(&out)[0].0;
        let refusal = Refusal::new(ErrorCode::AddressInUse, "Taken.");
        stage.transport(Some(id), TransportEvent::Error(refusal));
        let (waited, id, request) = until_asked(&mut stage);
        assert_eq!(waited, Duration::from_secs(pause));
        out = vec![Output::Transport { id, request }];
    }
    let id = transport_requests(&out)[0].0;
    stage.transport(Some(id), listening_on(8080));
    let out = stage.transport(None, secure(false, true));
    assert!(matches!(told(&out)[..], [UiEvent::PeerConnected(_)]));
}

#[test]
fn without_a_ticket_a_cut_is_the_end() {
    let mut stage = talking(connector_by_code());
    stage.transport(None, tickets(&[]));
    let out = cut(&mut stage);
    assert_eq!((last_cut(&out), stop(&out)), (Some((false, None)), Some(1)));
}

#[test]
fn who_left_does_not_come_back() {
    let mut stage = talking(listener_by_code());
    stage.core.config.start = Start::Menu;
    let out = stage.transport(None, gone(DisconnectReason::Left));
    assert_eq!(last_cut(&out), Some((false, None)));
    assert!(stage.core.tickets.is_empty());
    assert_eq!(refused(&stage.say(1, "x")), Some(ErrorCode::NotConnected));
}

#[test]
fn who_quits_while_the_line_is_cut_tries_at_once_and_for_three_seconds() {
    let mut stage = talking(connector_by_code());
    stage.say(1, "last");
    cut(&mut stage);
    let out = stage.ui(2, UiRequest::Quit);
    assert!(matches!(
        transport_requests(&out)[..],
        [(_, TransportRequest::Connect(_))]
    ));
    stage.pass(Duration::from_secs(3));
    let out = stage.input(Input::Tick);
    let lost = MessageUpdated {
        n: 1,
        status: Status::Failed,
    };
    assert!(told(&out).contains(&&UiEvent::MessageUpdated(lost)));
    assert_eq!(stop(&out), Some(1));
}

#[test]
fn while_the_line_is_cut_a_thousand_texts_wait_and_the_next_is_refused() {
    let mut stage = talking(connector_by_code());
    cut(&mut stage);
    for n in 1..=1000 {
        assert_eq!(refused(&stage.say(n, "x")), None);
    }
    assert_eq!(refused(&stage.say(1001, "x")), Some(ErrorCode::QueueFull));
}

#[test]
fn a_new_ui_is_told_that_the_line_is_cut() {
    let mut stage = talking(connector_by_code());
    stage.say(1, "waits");
    cut(&mut stage);
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    let out = stage.input(Input::PluginReady(Role::Ui));
    assert_eq!(last_cut(&out), Some((true, None)));
    stage.transport(None, secure(true, true));
    stage.input(Input::PluginStopped {
        role: Role::Ui,
        status,
    });
    let out = stage.input(Input::PluginReady(Role::Ui));
    assert_eq!(last_cut(&out), None);
}
