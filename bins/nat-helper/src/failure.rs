//! Why a port is not open, and the sentences for it.

use std::net::IpAddr;

use igd_next::{AddAnyPortError, AddPortError, GetExternalIpError, RemovePortError, RequestError};
use p2p_chat_protocol::{ErrorCode, Refusal};

use crate::address::Reach;

/// Why a port is not open.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No router answers.
    NoGateway,
    /// The router answers and says no; a short reason that fits "router: …".
    Refused(String),
    /// The router keeps this port of its own from this computer: another one has it, or its
    /// rules forbid it. Another port may be had.
    PortWithheld(String),
    /// The router has no address that others could reach.
    Unreachable { port: u16, ip: IpAddr, reach: Reach },
    /// The asker no longer wants it.
    Cancelled,
}

impl Failure {
    /// As the reply to a request.
    pub(crate) fn refusal(&self) -> Refusal {
        let code = match self {
            Self::NoGateway => ErrorCode::NoGateway,
            Self::Refused(_) | Self::PortWithheld(_) | Self::Unreachable { .. } => {
                ErrorCode::MappingRefused
            }
            Self::Cancelled => ErrorCode::Busy,
        };
        Refusal::new(code, self.to_string())
    }

    /// Why the router did not open `port`.
    pub(crate) fn adding(port: u16, error: AddPortError) -> Self {
        match error {
            AddPortError::PortInUse => {
                Self::PortWithheld(format!("port {port} belongs to another computer"))
            }
            AddPortError::ActionNotAuthorized => {
                Self::PortWithheld(format!("it does not allow port {port}"))
            }
            AddPortError::OnlyPermanentLeasesSupported => {
                Self::Refused("it opens ports only for ever".to_owned())
            }
            AddPortError::SamePortValuesRequired => {
                Self::Refused("it opens only the same port outside as inside".to_owned())
            }
            AddPortError::RequestError(error) => Self::Refused(reason(&error)),
            other => Self::Refused(printable(&other.to_string())),
        }
    }

    /// Why the router did not open any port.
    pub(crate) fn adding_any(error: AddAnyPortError) -> Self {
        Self::Refused(match error {
            AddAnyPortError::RequestError(error) => reason(&error),
            other => printable(&other.to_string()),
        })
    }

    /// Why the router did not tell its outside address.
    pub(crate) fn asking_address(error: GetExternalIpError) -> Self {
        Self::Refused(match error {
            // An empty field, which is how a router says that it has none.
            GetExternalIpError::RequestError(RequestError::InvalidResponse(_)) => {
                "it has no public address".to_owned()
            }
            GetExternalIpError::RequestError(error) => reason(&error),
            other => printable(&other.to_string()),
        })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoGateway => {
                f.write_str("No UPnP-capable router found. Manual port forwarding required.")
            }
            Self::Refused(reason) | Self::PortWithheld(reason) => write!(
                f,
                "UPnP: Failed to forward port. Manual port forwarding required. (router: {reason})"
            ),
            Self::Unreachable { port, ip, reach } => {
                let why = match reach {
                    Reach::Carrier => format!(
                        "your provider shares one public address among customers (router has {ip})."
                    ),
                    Reach::SecondRouter => format!(
                        "there are two routers, one behind the other (yours has {ip}). \
                         Forward port {port} on the outer one too, or let your friend listen."
                    ),
                    Reach::Public | Reach::Nowhere => {
                        format!("your router has no public address (it has {ip}).")
                    }
                };
                write!(f, "Nobody outside can reach you: {why}")?;
                match reach {
                    Reach::SecondRouter => Ok(()),
                    _ => f.write_str(" Let your friend listen."),
                }
            }
            Self::Cancelled => f.write_str("This port is no longer wanted."),
        }
    }
}

/// Why the router did not close a port, short.
pub(crate) fn removing(error: &RemovePortError) -> String {
    match error {
        RemovePortError::RequestError(error) => reason(error),
        other => printable(&other.to_string()),
    }
}

/// What went wrong with a call, short: `Display` of some errors holds the router's whole answer.
fn reason(error: &RequestError) -> String {
    match error {
        RequestError::ErrorCode(code, text) => printable(&format!("error {code} {text}")),
        RequestError::InvalidResponse(_) | RequestError::Utf8Error(_) => {
            "its answer makes no sense".to_owned()
        }
        RequestError::UnsupportedAction(_) => "it cannot do that".to_owned(),
        RequestError::IoError(error) => printable(&error.to_string()),
        _ => "it no longer answers".to_owned(),
    }
}

/// A router's words for a terminal: a row's worth of plain ASCII.
fn printable(text: &str) -> String {
    const LONGEST: usize = 80;
    text.chars()
        .map(|c| if matches!(c, ' '..='~') { c } else { ' ' })
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(failure: Failure) -> String {
        failure.refusal().message
    }

    #[test]
    fn the_reason_of_a_router_is_short_and_printable() {
        let hostile = RequestError::ErrorCode(501, format!("\x1b[2J\n{}", "x".repeat(5000)));
        let said = sentence(Failure::adding(8080, AddPortError::RequestError(hostile)));
        assert!(said.len() < 170, "{said}");
        assert!(!said.chars().any(char::is_control), "{said}");
        assert!(said.contains("(router: error 501"), "{said}");

        let whole_body = RequestError::InvalidResponse("<html>".repeat(1000));
        let said = sentence(Failure::adding(
            8080,
            AddPortError::RequestError(whole_body),
        ));
        assert!(
            said.ends_with("(router: its answer makes no sense)"),
            "{said}"
        );
    }

    #[test]
    fn a_taken_port_is_named() {
        let failure = Failure::adding(8080, AddPortError::PortInUse);
        assert!(matches!(failure, Failure::PortWithheld(_)));
        assert_eq!(
            sentence(failure),
            "UPnP: Failed to forward port. Manual port forwarding required. \
             (router: port 8080 belongs to another computer)"
        );
    }

    #[test]
    fn an_address_nobody_reaches_is_named_with_its_cause() {
        let said = |ip: [u8; 4], reach| {
            let ip = IpAddr::from(ip);
            sentence(Failure::Unreachable {
                port: 8080,
                ip,
                reach,
            })
        };
        assert_eq!(
            said([100, 64, 0, 2], Reach::Carrier),
            "Nobody outside can reach you: your provider shares one public address among \
             customers (router has 100.64.0.2). Let your friend listen."
        );
        assert_eq!(
            said([192, 168, 0, 10], Reach::SecondRouter),
            "Nobody outside can reach you: there are two routers, one behind the other (yours \
             has 192.168.0.10). Forward port 8080 on the outer one too, or let your friend listen."
        );
        assert_eq!(
            said([0, 0, 0, 0], Reach::Nowhere),
            "Nobody outside can reach you: your router has no public address (it has 0.0.0.0). \
             Let your friend listen."
        );
    }
}
