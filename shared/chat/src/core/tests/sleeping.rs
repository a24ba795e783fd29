//! What the core claims of a computer that slept.

use super::*;

fn checks_line(out: &[Output]) -> bool {
    let asked = transport_requests(out);
    asked
        .iter()
        .any(|(_, r)| matches!(r, TransportRequest::CheckLine))
}

fn end(out: &[Output]) -> Option<(bool, Option<u64>)> {
    told(out).into_iter().find_map(|event| match event {
        UiEvent::PeerDisconnected(gone) => Some((gone.redialing, gone.slept_s)),
        _ => None,
    })
}

fn sleep(stage: &mut Stage, seconds: u64) -> Vec<Output> {
    stage.now.boot += Duration::from_secs(seconds);
    stage.input(Input::Tick)
}

#[test]
fn after_five_seconds_of_sleep_the_line_is_looked_after() {
    let mut stage = talking(connector_by_code());
    assert!(!checks_line(&sleep(&mut stage, 4)));
    assert!(checks_line(&sleep(&mut stage, 5)));
    assert!(!checks_line(&sleep(&mut stage, 0)));
}

#[test]
fn time_awake_is_no_sleep_and_the_clocks_are_looked_at_in_time() {
    let mut stage = talking(connector_by_code());
    for _ in 0..100 {
        let at = stage.core.deadline().expect("it looks");
        let waits = at - stage.now.elapsed;
        assert!(waits <= Duration::from_secs(8), "{waits:?}");
        stage.pass(waits);
        assert!(!checks_line(&stage.input(Input::Tick)));
    }
}

#[test]
fn a_line_that_did_not_outlive_a_nap_is_called_again() {
    let mut stage = talking(connector_by_code());
    sleep(&mut stage, 300);
    let out = stage.transport(None, gone(DisconnectReason::Cut));
    assert_eq!(end(&out), Some((true, None)));
    // Of the ten minutes, five are over.
    stage.pass(Duration::from_secs(300));
    assert_eq!(end(&stage.input(Input::Tick)), Some((false, None)));
}

#[test]
fn a_chat_that_a_long_sleep_ended_is_not_waited_for() {
    let mut stage = talking(connector_by_code());
    assert!(checks_line(&sleep(&mut stage, 3660)));
    let out = stage.transport(None, gone(DisconnectReason::Cut));
    let ends: Vec<_> = told(&out)
        .into_iter()
        .filter_map(|event| match event {
            UiEvent::PeerDisconnected(gone) => Some((gone.redialing, gone.slept_s)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [(true, None), (false, Some(3660))]);
    assert_eq!(stop(&out), Some(1));
}

#[test]
fn a_line_that_outlived_the_sleep_and_is_cut_later_has_all_its_time() {
    let mut stage = talking(connector_by_code());
    sleep(&mut stage, 3660);
    stage.pass(Duration::from_secs(60));
    let out = stage.transport(None, gone(DisconnectReason::Cut));
    assert_eq!(end(&out), Some((true, None)));
    assert_eq!(stop(&out), None);
}

#[test]
fn a_sleep_while_the_line_is_cut_counts() {
    let mut stage = talking(connector_by_code());
    stage.transport(None, gone(DisconnectReason::Cut));
    let out = sleep(&mut stage, 900);
    assert_eq!(end(&out), Some((false, Some(900))));
    let mut stage = talking(connector_by_code());
    stage.transport(None, gone(DisconnectReason::Cut));
    let out = sleep(&mut stage, 60);
    let asked = transport_requests(&out);
    assert!(
        matches!(asked[..], [(_, TransportRequest::Connect(_))]),
        "{asked:?}"
    );
}

#[test]
fn another_address_of_this_computer_is_a_reason_to_look_after_the_line() {
    let mut stage = talking(listener_by_code());
    assert!(!checks_line(&stage.transport(None, listening_on(8080))));
    let TransportEvent::Listening(mut moved) = listening_on(8080) else {
        panic!("it is one");
    };
    moved.own_addresses = vec!["10.0.0.5:8080".to_owned()];
    let out = stage.transport(None, TransportEvent::Listening(moved));
    assert!(checks_line(&out));
    assert_eq!(
        sayings(&out),
        [r#"{"kind":"addresses","addresses":["10.0.0.5:8080"]}"#]
    );
}

#[test]
fn another_network_is_a_reason_to_call_again_at_once() {
    for (config, calls) in [(connector_by_code(), true), (listener_by_code(), false)] {
        let mut stage = talking(config);
        stage.transport(None, gone(DisconnectReason::Cut));
        let out = stage.transport(None, TransportEvent::AddressesChanged);
        let asked = transport_requests(&out);
        let called = matches!(asked[..], [(_, TransportRequest::Connect(_))]);
        assert_eq!(called, calls, "{asked:?}");
    }
}

#[test]
fn nobody_is_woken_for_an_insecure_chat_or_an_empty_menu() {
    assert_eq!(Stage::chatting(from_argv()).core.deadline(), None);
    assert_eq!(Stage::menu().core.deadline(), None);
}
