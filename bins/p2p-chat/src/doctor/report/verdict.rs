//! Can others reach this computer? What opening a port has shown goes before what the router said
//! of itself. Pure.

use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::nat::Reach;

use super::Findings;

/// A judgement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) kind: Kind,
    /// For people.
    pub(super) sentence: String,
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reachable,
    /// Something on this computer has to change first.
    Here,
    /// A port that is forwarded by hand helps.
    ByHand,
    /// The same on two routers.
    ByHandTwice,
    /// No port on this router helps.
    InVain,
    /// No router answers, and a port that is forwarded by hand may help.
    NoRouter,
    /// There is no network to be reached from.
    NoNetwork,
}

/// Judges.
pub(super) fn verdict(findings: &Findings) -> Verdict {
    let no = |kind, why: &str| Verdict {
        kind,
        sentence: format!("Not reachable: {why}"),
    };
    if findings.computer.wsl {
        return no(Kind::Here, "Windows lets nobody into WSL.");
    }
    if let Err(reason) = &findings.listening {
        return no(
            Kind::Here,
            &format!("p2p-chat cannot listen here: {reason}"),
        );
    }
    let probed = &findings.probed;
    let said = |kind| Verdict {
        kind,
        sentence: probed.verdict.clone().unwrap_or_default(),
    };
    let by_itself = match probed.reach {
        Reach::Reachable | Reach::Direct | Reach::Ipv6Only => Kind::Reachable,
        Reach::CarrierNat | Reach::NoPublicAddress => Kind::InVain,
        Reach::SecondRouter => Kind::ByHandTwice,
        Reach::NoRouter => Kind::NoRouter,
        Reach::NoNetwork => Kind::NoNetwork,
        Reach::Unknown => Kind::ByHand,
    };
    match (&findings.mapping, by_itself) {
        (None, kind) => said(kind),
        (Some(Ok(mapped)), _) => {
            let by_ipv6 = mapped.external_address.starts_with('[');
            let is_said = match by_ipv6 {
                true => probed.reach == Reach::Ipv6Only,
                false => probed.reach == Reach::Reachable,
            };
            let sentence = match by_ipv6 {
                true => "Reachable by IPv6 only, so your friend needs IPv6 too.",
                false => "Reachable: this router forwards ports on request.",
            };
            match is_said {
                true => said(Kind::Reachable),
                false => Verdict {
                    kind: Kind::Reachable,
                    sentence: sentence.to_owned(),
                },
            }
        }
        (Some(Err(refusal)), Kind::Reachable) => match refusal.code {
            ErrorCode::NoPublicAddress => no(
                Kind::InVain,
                "the router opens ports, but it has no public address.",
            ),
            _ => no(Kind::ByHand, "the router answers, and opens no port."),
        },
        (Some(Err(_)), kind) => said(kind),
    }
}
