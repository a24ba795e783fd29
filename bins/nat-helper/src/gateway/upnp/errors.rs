//! What UPnP's errors mean, in a few words that fit "router: …".

use igd_next::{AddAnyPortError, AddPortError, GetExternalIpError, RemovePortError, RequestError};

use crate::failure::{Failure, NO_ANSWER, printable};
use crate::method::Method;

const ONLY_FOR_EVER: &str = "it opens ports only for ever";

/// Why a port was not opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Errors 725 and 402: it takes no lease that ends. The reason fits where that is no way out.
    OnlyForEver(String),
    /// Error 724: it opens only the same port outside as inside.
    OnlySamePort,
    /// Another port may be had.
    ThisPort(String),
    /// The router is there no more.
    Silent,
    /// No port may be had.
    Altogether(String),
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::OnlyForEver(reason) | Denied::Altogether(reason) => {
                Self::Refused(Method::Upnp, reason)
            }
            Denied::OnlySamePort => Self::PortWithheld(
                Method::Upnp,
                "it opens only the same port outside as inside".to_owned(),
            ),
            Denied::ThisPort(reason) => Self::PortWithheld(Method::Upnp, reason),
            Denied::Silent => Self::Silent(Method::Upnp),
        }
    }
}

/// Why the router did not open `port`.
pub(super) fn adding(port: u16, error: AddPortError) -> Denied {
    match error {
        AddPortError::PortInUse => {
            Denied::ThisPort(format!("port {port} belongs to another computer"))
        }
        AddPortError::ActionNotAuthorized => {
            Denied::ThisPort(format!("it does not allow port {port}"))
        }
        AddPortError::OnlyPermanentLeasesSupported => Denied::OnlyForEver(ONLY_FOR_EVER.to_owned()),
        // "Invalid Args": old routers say so to any lease that ends.
        AddPortError::RequestError(error @ RequestError::ErrorCode(402, _)) => {
            Denied::OnlyForEver(reason(&error))
        }
        AddPortError::SamePortValuesRequired => Denied::OnlySamePort,
        AddPortError::RequestError(error) if is_silence(&error) => Denied::Silent,
        AddPortError::RequestError(error) => Denied::Altogether(reason(&error)),
        other => Denied::Altogether(printable(&other.to_string())),
    }
}

/// Why the router did not open any port.
pub(super) fn adding_any(error: AddAnyPortError) -> Denied {
    match error {
        AddAnyPortError::OnlyPermanentLeasesSupported => {
            Denied::OnlyForEver(ONLY_FOR_EVER.to_owned())
        }
        // Of version 2 the library passes it on as it is.
        AddAnyPortError::RequestError(RequestError::ErrorCode(725, _)) => {
            Denied::OnlyForEver(ONLY_FOR_EVER.to_owned())
        }
        AddAnyPortError::RequestError(error @ RequestError::ErrorCode(402, _)) => {
            Denied::OnlyForEver(reason(&error))
        }
        AddAnyPortError::RequestError(error) if is_silence(&error) => Denied::Silent,
        AddAnyPortError::RequestError(error) => Denied::Altogether(reason(&error)),
        other => Denied::Altogether(printable(&other.to_string())),
    }
}

/// Why the router did not tell its outside address.
pub(super) fn asking(error: GetExternalIpError) -> Failure {
    let reason = match error {
        GetExternalIpError::RequestError(error) if is_silence(&error) => {
            return Failure::Silent(Method::Upnp);
        }
        GetExternalIpError::RequestError(error) if is_no_address(&error) => {
            return Failure::NoPublicAddress;
        }
        GetExternalIpError::RequestError(error) => reason(&error),
        other => printable(&other.to_string()),
    };
    Failure::Refused(Method::Upnp, reason)
}

/// Why the router did not close a port.
pub(super) fn removing(error: &RemovePortError) -> String {
    match error {
        RemovePortError::RequestError(error) => reason(error),
        other => printable(&other.to_string()),
    }
}

/// Asked for its address, a router that has none says "action failed", or nothing in its place.
fn is_no_address(error: &RequestError) -> bool {
    match error {
        RequestError::ErrorCode(501, _) => true,
        RequestError::InvalidResponse(text) => text.contains("<NewExternalIPAddress"),
        _ => false,
    }
}

/// Nobody listens any more where the router listened.
fn is_silence(error: &RequestError) -> bool {
    matches!(
        error,
        RequestError::HyperClientError(_) | RequestError::HyperError(_) | RequestError::IoError(_)
    )
}

/// What went wrong with a call, short: `Display` of some errors holds the router's whole answer.
pub(in crate::gateway) fn reason(error: &RequestError) -> String {
    match error {
        RequestError::ErrorCode(code, text) => printable(&format!("error {code} {text}")),
        RequestError::InvalidResponse(_) | RequestError::Utf8Error(_) => {
            "its answer makes no sense".to_owned()
        }
        RequestError::UnsupportedAction(_) => "it cannot do that".to_owned(),
        _ => NO_ANSWER.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_router_is_short_and_printable() {
        let hostile = RequestError::ErrorCode(501, format!("\x1b[2J\n{}", "x".repeat(5000)));
        let Denied::Altogether(said) = adding(8080, AddPortError::RequestError(hostile)) else {
            panic!("another meaning");
        };
        assert!(said.len() < 120, "{said}");
        assert!(!said.chars().any(char::is_control), "{said}");
        assert!(said.starts_with("error 501"), "{said}");
        let whole_body = RequestError::InvalidResponse("<html>".repeat(1000));
        assert_eq!(
            adding(8080, AddPortError::RequestError(whole_body)),
            Denied::Altogether("its answer makes no sense".to_owned())
        );
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = "port 8080 belongs to another computer".to_owned();
        assert_eq!(
            adding(8080, AddPortError::PortInUse),
            Denied::ThisPort(taken)
        );
    }

    #[test]
    fn all_errors_of_routers_without_leases_mean_the_same() {
        let error = |code| RequestError::ErrorCode(code, "Invalid Args".to_owned());
        for denied in [
            adding(8080, AddPortError::OnlyPermanentLeasesSupported),
            adding(8080, AddPortError::RequestError(error(402))),
            adding_any(AddAnyPortError::OnlyPermanentLeasesSupported),
            adding_any(AddAnyPortError::RequestError(error(402))),
            adding_any(AddAnyPortError::RequestError(error(725))),
        ] {
            assert!(matches!(denied, Denied::OnlyForEver(_)), "{denied:?}");
        }
    }

    #[test]
    fn a_router_without_an_address_is_not_one_that_makes_no_sense() {
        let nothing = "<NewExternalIPAddress></NewExternalIPAddress>".to_owned();
        for error in [
            RequestError::InvalidResponse(nothing),
            RequestError::ErrorCode(501, "Action Failed".to_owned()),
        ] {
            let failure = asking(GetExternalIpError::RequestError(error));
            assert_eq!(failure, Failure::NoPublicAddress);
        }
        let html = RequestError::InvalidResponse("<html>".to_owned());
        let failure = asking(GetExternalIpError::RequestError(html));
        assert_ne!(failure, Failure::NoPublicAddress);
    }
}
