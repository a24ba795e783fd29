//! While the router answers: granted, renewed, looked at.

mod losing;

use std::net::IpAddr;

use super::*;
use crate::gateway::Method;

const HOUR: Duration = Duration::from_secs(3600);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn grant(external: &str) -> Grant {
    Grant {
        external: external.parse().expect("an address"),
        method: Method::Upnp,
        lifetime: Some(HOUR),
        epoch: None,
    }
}

fn with_epoch(epoch: u32) -> Grant {
    Grant {
        method: Method::Pcp,
        epoch: Some(epoch),
        ..grant("128.66.0.1:8080")
    }
}

fn refused() -> Failure {
    Failure::Refused(Method::Upnp, "no".to_owned())
}

fn told_mapped(grant: Grant, cause: Cause) -> Vec<Action> {
    vec![Action::Tell(News::Mapped(grant, Some(cause)))]
}

const SAME_PORT: Action = Action::Open {
    previous: Some(8080),
};

/// A lease mapped at time 0, without jitter.
fn mapped(grant: &Grant) -> Lease {
    let (mut lease, action) = Lease::wanted();
    assert_eq!(action, Action::Open { previous: None });
    let actions = lease.handle(Input::Granted(grant.clone()), seconds(0), 0);
    assert_eq!(actions, [Action::Tell(News::Mapped(grant.clone(), None))]);
    lease
}

/// A lease whose renewal at half time is under way.
fn renewing(grant: &Grant) -> Lease {
    let mut lease = mapped(grant);
    let actions = lease.handle(Input::Due, seconds(1800), 0);
    assert_eq!(actions, [Action::Renew(grant.clone())]);
    lease
}

/// A lease whose look at the router is under way.
fn looking(grant: &Grant) -> Lease {
    let mut lease = mapped(grant);
    assert_eq!(lease.due(), Some(LOOK));
    let actions = lease.handle(Input::Due, LOOK, 0);
    assert_eq!(actions, [Action::Look(grant.clone())]);
    lease
}

#[test]
fn wanted_and_refused_is_told_and_given_up() {
    let (mut lease, _) = Lease::wanted();
    let actions = lease.handle(Input::Failed(refused()), seconds(1), 0);
    assert_eq!(actions, [Action::Tell(News::Failed(refused()))]);
    assert_eq!(lease.due(), None);
    assert_eq!(lease.handle(Input::Stop, seconds(2), 0), []);
}

#[test]
fn mapped_is_renewed_at_half_of_what_was_granted_and_says_nothing() {
    let short = Grant {
        lifetime: Some(seconds(120)),
        ..grant("128.66.0.1:8080")
    };
    let mut lease = mapped(&short);
    assert_eq!(lease.due(), Some(seconds(60)));
    assert_eq!(
        lease.handle(Input::Due, seconds(60), 0),
        [Action::Renew(short.clone())]
    );
    assert_eq!(lease.due(), None, "nothing is due while it works");
    assert_eq!(lease.handle(Input::Granted(short), seconds(61), 0), []);
    assert_eq!(lease.due(), Some(seconds(121)));
}

#[test]
fn jitter_moves_the_renewal_by_at_most_a_tenth_and_never_later() {
    let short = Grant {
        lifetime: Some(seconds(100)),
        ..grant("128.66.0.1:8080")
    };
    for chance in [0, 1, 128, 255] {
        let (mut lease, _) = Lease::wanted();
        lease.handle(Input::Granted(short.clone()), seconds(0), chance);
        let due = lease.due().expect("mapped");
        assert!((seconds(40)..=seconds(50)).contains(&due), "{due:?}");
        assert_eq!(due == seconds(50), chance == 0);
    }
}

#[test]
fn another_external_address_at_a_renewal_is_told() {
    let mut lease = renewing(&grant("128.66.0.1:8080"));
    let moved = grant("128.66.0.77:8080");
    assert_eq!(
        lease.handle(Input::Granted(moved.clone()), seconds(1800), 0),
        told_mapped(moved, Cause::AddressChanged)
    );
}

#[test]
fn a_renewal_with_a_younger_epoch_tells_of_a_restart() {
    let mut lease = renewing(&with_epoch(1000));
    let again = with_epoch(3);
    assert_eq!(
        lease.handle(Input::Granted(again.clone()), seconds(1800), 0),
        told_mapped(again, Cause::RouterRestarted)
    );
}

#[test]
fn a_look_with_a_younger_epoch_maps_again_at_once() {
    let old = with_epoch(1000);
    let mut lease = looking(&old);
    let sight = Sight {
        epoch: Some(3),
        ..Sight::default()
    };
    assert_eq!(
        lease.handle(Input::Seen(sight), LOOK, 0),
        [Action::Renew(old)]
    );
    let again = with_epoch(3);
    assert_eq!(
        lease.handle(Input::Granted(again.clone()), LOOK, 0),
        told_mapped(again, Cause::RouterRestarted)
    );
}

#[test]
fn a_look_that_finds_all_as_it_was_is_repeated_until_the_renewal() {
    let mut lease = looking(&with_epoch(1000));
    let sight = Sight {
        epoch: Some(1180),
        external_ip: Some(IpAddr::from([128, 66, 0, 1])),
        listed: Some(true),
    };
    assert_eq!(lease.handle(Input::Seen(sight), LOOK, 0), []);
    assert_eq!(lease.due(), Some(LOOK * 2));
    let restarted_since = Sight {
        epoch: Some(1100),
        ..Sight::default()
    };
    lease.handle(Input::Due, LOOK * 2, 0);
    let actions = lease.handle(Input::Seen(restarted_since), LOOK * 2, 0);
    assert!(
        matches!(actions[..], [Action::Renew(_)]),
        "compared with the last look: {actions:?}"
    );
}

#[test]
fn a_look_that_misses_the_mapping_or_sees_another_address_renews() {
    for (listed, ip, cause) in [
        (Some(false), None, Cause::RouterForgot),
        (None, Some([128, 66, 0, 77]), Cause::AddressChanged),
    ] {
        let held = grant("128.66.0.1:8080");
        let mut lease = looking(&held);
        let sight = Sight {
            listed,
            external_ip: ip.map(IpAddr::from),
            ..Sight::default()
        };
        let actions = lease.handle(Input::Seen(sight), LOOK, 0);
        assert_eq!(actions, [Action::Renew(held.clone())]);
        let actions = lease.handle(Input::Granted(held.clone()), LOOK, 0);
        assert_eq!(actions, told_mapped(held, cause));
    }
}
