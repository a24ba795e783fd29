//! What the core claims of the router: each of its changes is told once, to the ui and to a peer.

use p2p_chat_protocol::nat::{NatEvent, NatRequest, PortLost, PortMapped};

use super::*;

const RESTARTED: &str = "The router was restarted; the port is open again.";
const BEFORE: &str = "p2pc:203.0.113.7:8080,192.168.1.100:8080";

fn with_router() -> Config {
    Config {
        ask_router: true,
        ..from_argv()
    }
}

fn mapped() -> PortMapped {
    PortMapped {
        port: 8080,
        external_address: "203.0.113.7:8080".to_owned(),
        method: "upnp".to_owned(),
        lease_s: 3600,
        took_ms: 12,
        ..PortMapped::default()
    }
}

fn nat(stage: &mut Stage, reply_to: Option<u64>, message: NatEvent) -> Vec<Output> {
    let id = None;
    stage.input(Input::Nat(Received {
        id,
        reply_to,
        message,
    }))
}

/// The router opened the port, as the reply to the request for it.
fn granted(stage: &mut Stage, mapped: PortMapped) -> Vec<Output> {
    let out = stage.input(Input::PluginReady(Role::NatHelper));
    let id = out.iter().find_map(|output| match output {
        Output::Nat {
            id,
            request: NatRequest::MapPort(map),
        } if map.port == 8080 => Some(*id),
        _ => None,
    });
    assert!(id.is_some(), "{out:?}");
    nat(stage, id, NatEvent::PortMapped(mapped))
}

/// The invite and the reason that were told, where anything was.
fn news(out: &[Output]) -> Option<(&str, Option<&str>)> {
    match told(out)[..] {
        [] => None,
        [
            UiEvent::Listening(listening),
            UiEvent::ReachabilityChanged(changed),
        ] => Some((&listening.invite.0, changed.reason.as_deref())),
        _ => panic!("{out:?}"),
    }
}

fn goodbye(stage: &mut Stage, router_tidied: bool) -> String {
    let out = stage.input(Input::Stopped { router_tidied });
    notices(&out)[0].to_owned()
}

#[test]
fn the_router_is_asked_beside_listening_and_its_address_joins_the_invite() {
    let mut stage = Stage::listening(with_router());
    let elsewhere = PortMapped {
        external_address: "203.0.113.7:33089".to_owned(),
        ..mapped()
    };
    let out = granted(&mut stage, elsewhere);
    let invite = "p2pc:203.0.113.7:33089,192.168.1.100:8080";
    assert_eq!(news(&out), Some((invite, None)));
    assert_eq!(goodbye(&mut stage, true), "UPnP: Port 8080 mapping removed");
}

#[test]
fn each_change_behind_a_router_is_told_with_its_reason_and_a_renewal_is_not() {
    let ipv6 = "[2001:db8:77::2]:8080".to_owned();
    for (change, invite, reason) in [
        (
            PortMapped {
                external_address: "203.0.113.9:8080".to_owned(),
                ..mapped()
            },
            "p2pc:203.0.113.9:8080,192.168.1.100:8080",
            None,
        ),
        (
            PortMapped {
                reason: Some(RESTARTED.to_owned()),
                ..mapped()
            },
            BEFORE,
            Some(RESTARTED),
        ),
        (
            PortMapped {
                method: "pcp".to_owned(),
                ..mapped()
            },
            BEFORE,
            None,
        ),
        (
            PortMapped {
                ipv6_address: Some(ipv6.clone()),
                ..mapped()
            },
            "p2pc:203.0.113.7:8080,[2001:db8:77::2]:8080,192.168.1.100:8080",
            Some("By IPv6 it is [2001:db8:77::2]:8080 now."),
        ),
        (
            PortMapped {
                local_address: Some("192.168.1.77:8080".to_owned()),
                ..mapped()
            },
            "p2pc:203.0.113.7:8080,192.168.1.77:8080,192.168.1.100:8080",
            None,
        ),
        (
            PortMapped {
                external_address: ipv6,
                reason: Some("Only by IPv6, so your friend needs it too.".to_owned()),
                ..mapped()
            },
            "p2pc:[2001:db8:77::2]:8080,192.168.1.100:8080",
            Some("Only by IPv6, so your friend needs it too."),
        ),
    ] {
        let mut stage = Stage::listening(with_router());
        granted(&mut stage, mapped());
        let renewed = PortMapped {
            took_ms: 7,
            ..mapped()
        };
        let out = nat(&mut stage, None, NatEvent::PortMapped(renewed));
        assert_eq!(news(&out), None, "a renewal");
        let out = nat(&mut stage, None, NatEvent::PortMapped(change));
        assert_eq!(news(&out), Some((invite, reason)));
    }
}

#[test]
fn a_router_that_restarts_twice_is_told_twice_and_one_restart_once() {
    let mut stage = Stage::listening(with_router());
    granted(&mut stage, mapped());
    for _ in 0..2 {
        stage.pass(Duration::from_secs(90));
        // By IPv4, and by IPv6.
        for expected in [Some((BEFORE, Some(RESTARTED))), None] {
            let again = PortMapped {
                reason: Some(RESTARTED.to_owned()),
                ..mapped()
            };
            let out = nat(&mut stage, None, NatEvent::PortMapped(again));
            assert_eq!(news(&out), expected);
            stage.pass(Duration::from_secs(2));
        }
    }
}

#[test]
fn a_port_that_closes_and_comes_back_is_told() {
    let mut stage = Stage::listening(with_router());
    granted(&mut stage, mapped());
    let reason = "The router no longer answers.";
    let lost = PortLost {
        port: 8080,
        reason: reason.to_owned(),
    };
    let out = nat(&mut stage, None, NatEvent::PortLost(lost));
    assert_eq!(news(&out), Some(("p2pc:192.168.1.100:8080", Some(reason))));
    let out = nat(&mut stage, None, NatEvent::PortMapped(mapped()));
    assert_eq!(news(&out), Some((BEFORE, None)));
}

#[test]
fn a_refusal_is_told_with_its_code() {
    for (code, begins) in [
        (ErrorCode::NoGateway, "No."),
        (ErrorCode::MappingRefused, "No."),
        (ErrorCode::NoPublicAddress, "No."),
        (ErrorCode::Busy, "UPnP: No."),
    ] {
        let mut stage = Stage::listening(with_router());
        stage.input(Input::PluginReady(Role::NatHelper));
        let ours = match &stage.core.activity {
            Activity::Listening(listener) => listener.map_request,
            _ => None,
        };
        let refusal = NatEvent::Error(Refusal::new(code, "No."));
        let out = nat(&mut stage, ours, refusal);
        let [UiEvent::Listening(_), UiEvent::ReachabilityChanged(changed)] = told(&out)[..] else {
            panic!("{out:?}");
        };
        assert_eq!(changed.code, Some(code));
        assert_eq!(changed.reason.as_deref(), Some(begins));
    }
}

#[test]
fn a_peer_is_told_of_every_address_that_changes() {
    for (place, change) in [
        (
            "203.0.113.9:8080",
            PortMapped {
                external_address: "203.0.113.9:8080".to_owned(),
                ..mapped()
            },
        ),
        (
            "[2001:db8:77::2]:8080",
            PortMapped {
                ipv6_address: Some("[2001:db8:77::2]:8080".to_owned()),
                ..mapped()
            },
        ),
        (
            "192.168.1.77:8080",
            PortMapped {
                local_address: Some("192.168.1.77:8080".to_owned()),
                ..mapped()
            },
        ),
    ] {
        let mut stage = talking(Config {
            ask_router: true,
            ..listener_by_code()
        });
        granted(&mut stage, mapped());
        let out = nat(&mut stage, None, NatEvent::PortMapped(change));
        let said = sayings(&out).concat();
        assert!(said.contains(place), "{place} is not in {said}");
        // The line may have gone with the old address.
        let requests = transport_requests(&out);
        let last = requests.last().map(|(_, request)| *request);
        assert!(
            matches!(last, Some(TransportRequest::CheckLine)),
            "{last:?}"
        );
    }
}

#[test]
fn an_invite_goes_from_far_to_near_whoever_named_the_address() {
    let mut stage = Stage::listening(with_router());
    let up = TransportEvent::Listening(transport::Listening {
        addresses: vec!["0.0.0.0:8080".to_owned()],
        own_addresses: [
            "192.168.1.100:8080",
            "100.64.0.9:8080",
            "[2001:db8:77::2]:8080",
            "[fd00::2]:8080",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..transport::Listening::default()
    });
    stage.transport(None, up);
    let known = PortMapped {
        local_address: Some("192.168.1.100:8080".to_owned()),
        ..mapped()
    };
    let out = granted(&mut stage, known);
    let invite = "p2pc:203.0.113.7:8080,[2001:db8:77::2]:8080,192.168.1.100:8080,\
                  100.64.0.9:8080,[fd00::2]:8080";
    assert_eq!(news(&out), Some((invite, None)));
}

#[test]
fn a_mapping_nobody_has_taken_over_is_not_said_to_be_removed() {
    let mut stage = Stage::listening(with_router());
    granted(&mut stage, mapped());
    let status = PluginStatus::Restarting;
    stage.input(Input::PluginStopped {
        role: Role::NatHelper,
        status,
    });
    assert_eq!(
        goodbye(&mut stage, true),
        "UPnP: Port 8080 may still be forwarded; your router ends that within 1 hour."
    );
    let out = granted(&mut stage, mapped());
    assert_eq!(news(&out), Some((BEFORE, None)));
    assert_eq!(goodbye(&mut stage, true), "UPnP: Port 8080 mapping removed");
}

#[test]
fn a_port_that_was_opened_for_ever_is_not_said_to_close_by_itself() {
    let mut stage = Stage::listening(with_router());
    let for_ever = PortMapped {
        lease_s: 0,
        ..mapped()
    };
    granted(&mut stage, for_ever);
    assert_eq!(
        goodbye(&mut stage, false),
        "UPnP: Port 8080 may still be forwarded; it stays until removed by hand."
    );
}

#[test]
fn where_no_router_is_in_between_nothing_is_said_to_be_removed() {
    let mut stage = Stage::listening(with_router());
    let direct = PortMapped {
        method: "direct".to_owned(),
        ..mapped()
    };
    granted(&mut stage, direct);
    assert_eq!(
        goodbye(&mut stage, true),
        "Connection closed. No trace left."
    );
}

#[test]
fn a_router_that_does_not_answer_is_said_once_and_after_4_s() {
    let mut stage = Stage::listening(with_router());
    let deadline = stage.core.deadline().expect("the router's time");
    assert!(deadline <= Duration::from_secs(4), "{deadline:?}");
    stage.now.elapsed = deadline;
    let out = stage.input(Input::Tick);
    let silent = "Your router has not answered yet.";
    assert_eq!(news(&out), Some(("p2pc:192.168.1.100:8080", Some(silent))));
    assert_eq!(stage.core.deadline(), None);
}

#[test]
fn the_first_ui_is_told_that_a_router_faster_than_it_was_asked_and_the_next_ui_is_not() {
    let mut stage = Stage {
        core: Core::new(with_router()),
        now: Now::default(),
    };
    let out = stage.input(Input::PluginReady(Role::Transport));
    let id = transport_requests(&out)[0].0;
    stage.transport(Some(id), listening_on(8080));
    granted(&mut stage, mapped());
    for asked in [&[true, false][..], &[false]] {
        let out = stage.input(Input::PluginReady(Role::Ui));
        let told = told(&out);
        let asking = told.iter().filter_map(|event| match event {
            UiEvent::Listening(listening) => Some(listening.asking_router),
            _ => None,
        });
        assert_eq!(asking.collect::<Vec<_>>(), asked, "{told:?}");
        let reached = |event: &&&UiEvent| matches!(event, UiEvent::ReachabilityChanged(_));
        assert_eq!(told.iter().filter(reached).count(), 1, "{told:?}");
        let status = PluginStatus::Restarting;
        let role = Role::Ui;
        stage.input(Input::PluginStopped { role, status });
    }
}
