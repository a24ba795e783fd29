//! When it does not: lost, found again, moved, released.

use super::*;

#[test]
fn a_router_that_refuses_a_renewal_or_a_look_is_searched_again_once_and_then_lost() {
    let held = grant("128.66.0.1:8080");
    for mut lease in [renewing(&held), looking(&held)] {
        let silent = Failure::Silent(Method::Upnp);
        let actions = lease.handle(Input::Failed(silent), seconds(1800), 0);
        assert_eq!(actions, [SAME_PORT]);
        let actions = lease.handle(Input::Failed(Failure::NoGateway), seconds(1804), 0);
        assert_eq!(actions, [Action::Tell(News::Lost(Failure::NoGateway))]);
        assert_eq!(lease.due(), Some(seconds(1834)));
    }
}

#[test]
fn a_router_found_again_elsewhere_keeps_the_mapping_in_silence() {
    let held = grant("128.66.0.1:8080");
    let mut lease = renewing(&held);
    let silent = Failure::Silent(Method::Upnp);
    lease.handle(Input::Failed(silent), seconds(1800), 0);
    assert_eq!(lease.handle(Input::Granted(held), seconds(1801), 0), []);
}

#[test]
fn pauses_after_a_loss_double_from_30_s_to_30_min_and_nothing_is_said_twice() {
    let mut lease = renewing(&grant("128.66.0.1:8080"));
    let mut now = seconds(1800);
    lease.handle(Input::Failed(refused()), now, 0);
    assert_eq!(lease.handle(Input::Failed(refused()), now, 0).len(), 1);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let due = lease.due().expect("lost");
        pauses.push((due - now).as_secs());
        now = due;
        assert_eq!(lease.handle(Input::Due, now, 0), [SAME_PORT]);
        assert_eq!(lease.handle(Input::Failed(refused()), now, 0), []);
    }
    assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
}

#[test]
fn lost_and_granted_is_told_and_the_pauses_start_anew() {
    let held = grant("128.66.0.1:8080");
    let mut lease = renewing(&held);
    lease.handle(Input::Failed(refused()), seconds(1800), 0);
    lease.handle(Input::Failed(refused()), seconds(1800), 0);
    lease.handle(Input::Due, seconds(1830), 0);
    assert_eq!(
        lease.handle(Input::Granted(held.clone()), seconds(1830), 0),
        told_mapped(held, Cause::Recovered)
    );
    assert_eq!(lease.due(), Some(seconds(1830) + LOOK));
    lease.handle(Input::NetworkChanged, seconds(1900), 0);
    lease.handle(Input::Failed(refused()), seconds(1900), 0);
    assert_eq!(lease.due(), Some(seconds(1930)));
}

#[test]
fn another_network_opens_the_port_there_and_tells() {
    let mut lease = mapped(&grant("128.66.0.1:8080"));
    assert_eq!(
        lease.handle(Input::NetworkChanged, seconds(100), 0),
        [SAME_PORT]
    );
    let there = grant("128.66.5.5:8080");
    assert_eq!(
        lease.handle(Input::Granted(there.clone()), seconds(101), 0),
        told_mapped(there, Cause::NetworkChanged)
    );
}

#[test]
fn a_lost_mapping_is_tried_at_once_in_another_network() {
    let mut lease = renewing(&grant("128.66.0.1:8080"));
    lease.handle(Input::Failed(refused()), seconds(1800), 0);
    lease.handle(Input::Failed(refused()), seconds(1800), 0);
    assert_eq!(
        lease.handle(Input::NetworkChanged, seconds(1801), 0),
        [SAME_PORT]
    );
}

#[test]
fn a_port_that_another_computer_took_becomes_another_which_is_told_and_is_not_removed() {
    let mut lease = renewing(&grant("128.66.0.1:8080"));
    let taken = Failure::PortWithheld(Method::Upnp, "taken".to_owned());
    assert_eq!(
        lease.handle(Input::Failed(taken), seconds(1800), 0),
        [SAME_PORT]
    );
    let other = grant("128.66.0.1:33089");
    assert_eq!(
        lease.handle(Input::Granted(other.clone()), seconds(1801), 0),
        told_mapped(other.clone(), Cause::AddressChanged)
    );
    assert_eq!(
        lease.handle(Input::Stop, seconds(1802), 0),
        [Action::Close(other)]
    );

    let mut lease = renewing(&grant("128.66.0.1:8080"));
    let taken = Failure::PortWithheld(Method::Upnp, "taken".to_owned());
    lease.handle(Input::Failed(taken), seconds(1800), 0);
    lease.handle(Input::Failed(refused()), seconds(1801), 0);
    assert_eq!(
        lease.handle(Input::Stop, seconds(1802), 0),
        [],
        "it is the other's"
    );
}

#[test]
fn a_lease_for_ever_is_looked_at_never_renewed_and_removed_at_the_end() {
    let for_ever = Grant {
        lifetime: None,
        ..grant("128.66.0.1:8080")
    };
    let mut lease = mapped(&for_ever);
    for round in 1..100 {
        assert_eq!(lease.due(), Some(LOOK * round));
        assert_eq!(
            lease.handle(Input::Due, LOOK * round, 0),
            [Action::Look(for_ever.clone())]
        );
        assert_eq!(
            lease.handle(Input::Seen(Sight::default()), LOOK * round, 0),
            []
        );
    }
    assert_eq!(
        lease.handle(Input::Stop, LOOK * 100, 0),
        [Action::Close(for_ever)]
    );
}

#[test]
fn an_address_that_nobody_reaches_any_more_is_a_loss() {
    let mut lease = renewing(&grant("128.66.0.1:8080"));
    let shared = Failure::Unreachable {
        port: 8080,
        ip: IpAddr::from([100, 64, 0, 2]),
    };
    lease.handle(Input::Failed(shared.clone()), seconds(1800), 0);
    assert_eq!(
        lease.handle(Input::Failed(shared.clone()), seconds(1801), 0),
        [Action::Tell(News::Lost(shared))]
    );
}

#[test]
fn released_closes_once_and_answers_nothing_more() {
    let held = grant("128.66.0.1:8080");
    for mut lease in [mapped(&held), renewing(&held), looking(&held)] {
        assert_eq!(
            lease.handle(Input::Stop, seconds(1801), 0),
            [Action::Close(held.clone())]
        );
        assert_eq!(lease.due(), None);
        for input in [
            Input::Stop,
            Input::Due,
            Input::NetworkChanged,
            Input::Granted(held.clone()),
        ] {
            assert_eq!(lease.handle(input, seconds(1802), 0), []);
        }
    }
}

#[test]
fn what_comes_out_of_turn_changes_nothing() {
    let held = grant("128.66.0.1:8080");
    let mut lease = mapped(&held);
    let due = lease.due();
    for input in [
        Input::Seen(Sight::default()),
        Input::Failed(Failure::NoGateway),
    ] {
        assert_eq!(lease.handle(input, seconds(10), 0), []);
        assert_eq!(lease.due(), due);
    }
    let mut busy = renewing(&held);
    assert_eq!(busy.handle(Input::NetworkChanged, seconds(1801), 0), []);
    assert_eq!(busy.handle(Input::Due, seconds(1801), 0), []);
}
