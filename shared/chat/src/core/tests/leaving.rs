//! What the core claims of an end that nobody planned: a plugin is given up, or no ui is there.

use super::*;

const GIVEN_UP: PluginStatus = PluginStatus::GivenUp;

fn given_up(stage: &mut Stage, role: Role) -> Vec<Output> {
    let status = GIVEN_UP;
    let mut out = stage.input(Input::PluginStopped { role, status });
    out.extend(stage.input(Input::Broken(role)));
    out
}

fn failed(n: u64) -> UiEvent {
    let status = Status::Failed;
    UiEvent::MessageUpdated(MessageUpdated { n, status })
}

fn says_goodbye(out: &[Output]) -> bool {
    let requests = transport_requests(out);
    matches!(requests.last(), Some((_, TransportRequest::Disconnect)))
}

#[test]
fn without_a_transport_the_program_ends_and_every_text_that_waits_is_named() {
    for cut in [false, true] {
        let mut stage = talking(listener_by_code());
        stage.say(1, "arrived");
        stage.transport(None, said(r#"{"kind":"ack","n":1}"#));
        if cut {
            stage.transport(None, gone(DisconnectReason::Cut));
        }
        stage.say(2, "lost");
        let out = given_up(&mut stage, Role::Transport);
        assert_eq!(stop(&out), Some(70));
        assert!(told(&out).contains(&&failed(2)) && !told(&out).contains(&&failed(1)));
        assert_eq!(stage.core.undelivered(), ["lost"]);
    }
}

#[test]
fn without_a_ui_the_program_sends_what_waits_and_says_goodbye() {
    let mut stage = talking(listener_by_code());
    let id = transport_requests(&stage.say(1, "late"))[0].0;
    assert_eq!(stop(&given_up(&mut stage, Role::Ui)), None);
    stage.transport(Some(id), TransportEvent::Ok);
    let out = stage.transport(None, said(r#"{"kind":"ack","n":1}"#));
    assert_eq!((stop(&out), says_goodbye(&out)), (Some(70), true));
    assert!(stage.core.undelivered().is_empty());
}

#[test]
fn without_a_ui_what_cannot_be_sent_in_three_seconds_is_named_elsewhere() {
    let mut stage = talking(listener_by_code());
    let long = format!("one\ntwo {}", "x".repeat(100));
    stage.say(1, &long);
    // Cleared texts are on their way all the same.
    stage.ui(2, UiRequest::Clear);
    given_up(&mut stage, Role::Ui);
    assert_eq!(stage.core.deadline(), Some(Duration::from_secs(3)));
    stage.pass(Duration::from_secs(3));
    let out = stage.input(Input::Tick);
    assert_eq!((stop(&out), says_goodbye(&out)), (Some(70), true));
    let beginning = format!("one two {}…", "x".repeat(52));
    assert_eq!(stage.core.undelivered(), [beginning]);
}

#[test]
fn a_signal_while_the_ui_starts_again_leaves_time_for_what_waits() {
    let mut stage = talking(listener_by_code());
    stage.say(1, "late");
    let (role, status) = (Role::Ui, PluginStatus::Restarting);
    stage.input(Input::PluginStopped { role, status });
    assert_eq!(stop(&stage.input(Input::Quit)), None);
    assert_eq!(stage.core.deadline(), Some(Duration::from_secs(3)));
    stage.pass(Duration::from_secs(3));
    assert_eq!(stop(&stage.input(Input::Tick)), Some(1));
    assert_eq!(stage.core.undelivered(), ["late"]);
}

#[test]
fn a_text_that_comes_when_the_program_ends_is_refused_and_fails_a_script() {
    let mut stage = talking(listener_by_code());
    assert_eq!(stop(&stage.ui(1, UiRequest::Quit)), Some(0));
    let out = stage.say(2, "too late");
    assert_eq!(
        (refused(&out), stop(&out)),
        (Some(ErrorCode::Busy), Some(1))
    );
    let out = stage.say(3, "as well");
    assert_eq!((refused(&out), stop(&out)), (Some(ErrorCode::Busy), None));
}
