//! Why a port is not open, and the sentences for it.

use std::fmt;
use std::net::IpAddr;

use p2p_chat_protocol::{ErrorCode, Refusal};

use crate::method::Method;
use crate::verdict;

/// Why a port is not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No router answers.
    NoGateway,
    /// The router that answered before no longer does.
    Silent(Method),
    /// The router answers and says no; a short reason that fits "router: …".
    Refused(Method, String),
    /// The router keeps this port of its own from this computer: another one has it, or its
    /// rules forbid it. Another port may be had.
    PortWithheld(Method, String),
    /// The router has no address that others could reach.
    Unreachable { port: u16, ip: IpAddr },
    /// The router has no address outside at all, or does not know it.
    NoPublicAddress,
    /// The asker no longer wants it.
    Cancelled,
}

impl Failure {
    /// As the reply to a request.
    pub(crate) fn refusal(&self) -> Refusal {
        let code = match self {
            Self::NoGateway | Self::Silent(_) => ErrorCode::NoGateway,
            Self::Refused(..) | Self::PortWithheld(..) => ErrorCode::MappingRefused,
            Self::Unreachable { .. } | Self::NoPublicAddress => ErrorCode::NoPublicAddress,
            Self::Cancelled => ErrorCode::Busy,
        };
        Refusal::new(code, self.to_string())
    }

    /// Whether another of the router's protocols would say the same. With `exact` none gives
    /// another port.
    pub(crate) fn is_final(&self, exact: bool) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoPublicAddress => true,
            Self::PortWithheld(..) => exact,
            Self::NoGateway | Self::Silent(_) | Self::Refused(..) | Self::Cancelled => false,
        }
    }

    /// How much it tells: of several, the one that tells most is told.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::NoGateway | Self::Cancelled => 0,
            Self::Silent(_) => 1,
            Self::Refused(..) => 2,
            Self::PortWithheld(..) => 3,
            Self::Unreachable { .. } | Self::NoPublicAddress => 4,
        }
    }
}

/// Why something failed that the router said nothing to: it is gone, or too slow. Which, nobody can
/// tell.
pub(crate) const NO_ANSWER: &str = "it no longer answers";

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGateway => {
                f.write_str("No UPnP-capable router found. Manual port forwarding required.")
            }
            Self::Silent(_) => f.write_str("The router no longer answers."),
            Self::Refused(method, reason) | Self::PortWithheld(method, reason) => write!(
                f,
                "{}: Failed to forward port. Manual port forwarding required. (router: {reason})",
                method.name()
            ),
            Self::Unreachable { port, ip } => f.write_str(&verdict::why_unreachable(*port, *ip)),
            Self::NoPublicAddress => f.write_str(verdict::NO_PUBLIC_ADDRESS),
            Self::Cancelled => f.write_str("This port is no longer wanted."),
        }
    }
}

/// Text of other people's making, for a row of a terminal: no control characters, nothing
/// invisible, nothing that turns the writing around, and not long.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::new();
    for c in text.trim().chars().take(LONGEST) {
        if matches!(c, ' '..='~') || c.is_alphanumeric() {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_text_becomes_one_harmless_row() {
        assert_eq!(
            printable(" FRITZ!Box 7590 Müller \n"),
            "FRITZ!Box 7590 Müller"
        );
        assert_eq!(printable("a\u{1b}[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
        assert!(printable(&"\u{7}".repeat(5000)).len() < 1000);
    }

    #[test]
    fn a_refusal_names_who_refused_and_why() {
        let failure = Failure::PortWithheld(
            Method::NatPmp,
            "port 8080 belongs to another computer".to_owned(),
        );
        assert_eq!(
            failure.refusal().message,
            "NAT-PMP: Failed to forward port. Manual port forwarding required. \
             (router: port 8080 belongs to another computer)"
        );
        assert_eq!(failure.refusal().code, ErrorCode::MappingRefused);
        assert_eq!(Failure::NoGateway.refusal().code, ErrorCode::NoGateway);
    }
}
