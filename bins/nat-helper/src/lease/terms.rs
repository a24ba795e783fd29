//! What goes into a lease and what comes out.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::failure::Failure;
use crate::method::Method;

/// A port that a router opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Where it is reached from outside.
    pub(crate) external: SocketAddr,
    /// How the router was asked.
    pub(crate) method: Method,
    /// For how long; none: for ever.
    pub(crate) lifetime: Option<Duration>,
    /// For how many seconds the router had been running, where it says so.
    pub(crate) epoch: Option<u32>,
}

/// What a look at the router showed; absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) epoch: Option<u32>,
    pub(crate) external_ip: Option<IpAddr>,
    /// Whether the mapping is in the router's list.
    pub(crate) listed: Option<bool>,
    /// For how much longer, as the list says.
    pub(crate) ends_in: Option<Duration>,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// The port was opened, or kept open.
    Granted(Grant),
    /// A look succeeded.
    Seen(Sight),
    /// The work was in vain.
    Failed(Failure),
    /// This computer has another address or another router.
    NetworkChanged,
    /// It is `Lease::due`.
    Due,
    /// The port is no longer wanted.
    Stop,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Search for a router and open the port, outside the same one as before where possible.
    Open { previous: Option<u16> },
    /// Ask the same router for the same port once more.
    Renew(Grant),
    /// Ask the router how it is.
    Look(Grant),
    /// Close the port.
    Close(Grant),
    /// Say it.
    Tell(News),
}

/// What people and programs are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The port is open: for the first time, or why it is told again.
    Mapped(Grant, Option<Cause>),
    /// It is open no longer; the search goes on.
    Lost(Failure),
    /// It could not be opened so far; the search goes on.
    Failed(Failure),
}

/// Why a mapping is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Not at once, but now.
    OpenedLate,
    RouterRestarted,
    RouterForgot,
    AddressChanged,
    NetworkChanged,
    Recovered,
}

impl Cause {
    /// For people.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::OpenedLate => "The port is open now.",
            Self::RouterRestarted => "The router was restarted; the port is open again.",
            Self::RouterForgot => "The router had closed the port; it is open again.",
            Self::AddressChanged => "The address outside is another one now.",
            Self::NetworkChanged => "This computer's network changed; the port is open again.",
            Self::Recovered => "The router answers again; the port is open again.",
        }
    }
}
