use std::num::NonZeroU16;

use p2p_chat_protocol::nat::Forwarded;

use super::*;
use crate::network::Choice;

/// A port that IPv4 has opened.
fn open_by_ipv4() -> Mapping {
    let (stopper, _) = stop::pair();
    let (_, reports) = mpsc::channel(REPORTS);
    let port = NonZeroU16::new(8080).expect("not 0");
    let hour = Duration::from_secs(3600);
    let mut mapping = Mapping {
        wish: Wish {
            port,
            external_port: port,
            forwarded: Forwarded::Tcp,
            exact: false,
            lease: hour,
            look: hour,
            choice: Choice::default(),
        },
        reports,
        tasks: JoinSet::new(),
        stopper,
        v4: Side::default(),
        v6: Side::default(),
        took: Duration::ZERO,
        reason: None,
    };
    let granted = Grant {
        external: "128.66.0.1:8080".parse().expect("an address"),
        method: Method::Upnp,
        lifetime: Some(hour),
        epoch: None,
    };
    mapping.take(news(Family::V4, News::Mapped(granted, None)));
    mapping
}

fn news(family: Family, news: News) -> Report {
    Report {
        family,
        told: Told::News {
            news,
            local_ip: None,
            took: Duration::ZERO,
        },
    }
}

fn router_answers() -> Report {
    Report {
        family: Family::V6,
        told: Told::RouterAnswers,
    }
}

#[test]
fn a_router_that_was_asked_for_ipv6_and_refused_is_told_of_with_its_reason() {
    let mut mapping = open_by_ipv4();
    mapping.take(router_answers());
    assert_eq!(mapping.port_mapped().ipv6_refused, None, "not known yet");
    let refused = Failure::Refused(Method::Pcp, "not authorized".to_owned());
    let change = mapping.take(news(Family::V6, News::Failed(refused.clone())));
    assert_eq!(change, Some(Change::Ipv6Refused));
    let told = mapping.port_mapped();
    assert_eq!(told.ipv6_refused, Some(refused.to_string()));
    assert_eq!(told.external_address, "128.66.0.1:8080");
    assert_eq!(told.reason, None, "nobody has to be shown it");
}

#[test]
fn where_nobody_is_there_to_be_asked_for_ipv6_nothing_is_told() {
    let mut mapping = open_by_ipv4();
    let change = mapping.take(news(Family::V6, News::Failed(Failure::NoGateway)));
    assert_eq!(change, None);
    assert_eq!(mapping.port_mapped().ipv6_refused, None);
}
