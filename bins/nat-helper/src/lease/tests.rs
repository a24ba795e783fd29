//! While the router answers: granted, renewed, looked at.

mod losing;

use std::net::IpAddr;

use super::*;
use crate::method::Method;

const HOUR: Duration = Duration::from_secs(3600);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn grant(external: &str) -> Grant {
    Grant {
        external: external.parse().expect("an address"),
        method: Method::NatPmp,
        lifetime: Some(HOUR),
        epoch: None,
    }
}

fn with_epoch(epoch: u32) -> Grant {
    Grant {
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
    let (mut lease, action) = Lease::wanted(LOOK);
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
fn wanted_and_refused_is_told_once_and_tried_again() {
    let (mut lease, _) = Lease::wanted(LOOK);
    let actions = lease.handle(Input::Failed(refused()), seconds(1), 0);
    assert_eq!(actions, [Action::Tell(News::Failed(refused()))]);
    assert_eq!(lease.due(), Some(seconds(31)));
    let anew = [Action::Open { previous: None }];
    assert_eq!(lease.handle(Input::Due, seconds(31), 0), anew);
    assert_eq!(lease.handle(Input::Failed(refused()), seconds(32), 0), []);
    assert_eq!(lease.due(), Some(seconds(92)));
    // At once in another network.
    assert_eq!(lease.handle(Input::NetworkChanged, seconds(40), 0), anew);
    let late = grant("128.66.0.1:8080");
    assert_eq!(
        lease.handle(Input::Granted(late.clone()), seconds(41), 0),
        told_mapped(late.clone(), Cause::OpenedLate)
    );
    let close = [Action::Close(late)];
    assert_eq!(lease.handle(Input::Stop, seconds(42), 0), close);
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
        let (mut lease, _) = Lease::wanted(LOOK);
        lease.handle(Input::Granted(short.clone()), seconds(0), chance);
        let due = lease.due().expect("mapped");
        assert!((seconds(40)..=seconds(50)).contains(&due), "{due:?}");
        assert_eq!(due == seconds(50), chance == 0);
    }
}

#[test]
fn a_lease_of_a_moment_is_renewed_once_a_second() {
    for granted in [0, 1, 2] {
        let moment = Grant {
            lifetime: Some(seconds(granted)),
            ..grant("128.66.0.1:8080")
        };
        let (mut lease, _) = Lease::wanted(LOOK);
        lease.handle(Input::Granted(moment), seconds(10), 255);
        assert_eq!(lease.due(), Some(seconds(11)), "{granted} s");
    }
}

#[test]
fn what_upnp_granted_is_read_from_its_list_and_renewed_at_half_of_that() {
    let upnp = Grant {
        method: Method::Upnp,
        ..grant("128.66.0.1:8080")
    };
    let mut lease = mapped(&upnp);
    assert_eq!(lease.due(), Some(CONFIRM));
    let look = [Action::Look(upnp.clone())];
    assert_eq!(lease.handle(Input::Due, CONFIRM, 0), look);
    let sight = Sight {
        listed: Some(true),
        ends_in: Some(seconds(118)),
        ..Sight::default()
    };
    assert_eq!(lease.handle(Input::Seen(sight), CONFIRM, 0), []);
    assert_eq!(lease.due(), Some(seconds(61)));
    let renew = [Action::Renew(upnp)];
    assert_eq!(lease.handle(Input::Due, seconds(61), 0), renew);
}

#[test]
fn a_pcp_router_is_looked_at_by_renewing_which_tells_its_address() {
    let pcp = Grant {
        method: Method::Pcp,
        ..with_epoch(1000)
    };
    let mut lease = mapped(&pcp);
    assert_eq!(lease.due(), Some(LOOK));
    assert_eq!(
        lease.handle(Input::Due, LOOK, 0),
        [Action::Renew(pcp.clone())]
    );
    let moved = Grant {
        external: "128.66.0.77:8080".parse().expect("an address"),
        epoch: Some(1180),
        ..pcp
    };
    assert_eq!(
        lease.handle(Input::Granted(moved.clone()), LOOK, 0),
        told_mapped(moved, Cause::AddressChanged)
    );
    // By IPv6 the address outside is our own, so a look is enough.
    let ipv6 = Grant {
        method: Method::Pcp,
        ..grant("[3ffe:77::2]:8080")
    };
    let mut lease = mapped(&ipv6);
    assert_eq!(lease.handle(Input::Due, LOOK, 0), [Action::Look(ipv6)]);
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
        ends_in: Some(seconds(3420)),
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
