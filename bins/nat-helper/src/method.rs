//! The ways of asking a router, and their names.

/// How a router is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// No router is in between.
    Direct,
    Pcp,
    NatPmp,
    Upnp,
}

impl Method {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "Direct",
            Self::Pcp => "PCP",
            Self::NatPmp => "NAT-PMP",
            Self::Upnp => "UPnP",
        }
    }

    /// For programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Pcp => "pcp",
            Self::NatPmp => "nat-pmp",
            Self::Upnp => "upnp",
        }
    }
}
