//! What the user has asked for, and how far it got.

use std::time::Duration;

use p2p_chat_protocol::transport;

use crate::invite::Invite;

/// What the user has asked for.
pub(super) enum Activity {
    Idle,
    Listening(Listener),
    Connecting(Attempt),
}

/// Who asked, so who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    /// The request's id, until it is answered.
    Ui(Option<u64>),
}

/// Somebody is waited for.
pub(super) struct Listener {
    pub(super) origin: Origin,
    /// The request transport has not answered yet, or has.
    pub(super) request: Option<u64>,
    /// The port asked for; once transport listens, the real one.
    pub(super) port: u16,
    /// What transport said.
    pub(super) up: Option<transport::Listening>,
    /// The address only the user knows.
    pub(super) public: Option<String>,
    /// The request nat-helper was given.
    pub(super) map_request: Option<u64>,
    /// The address outside, by the router.
    pub(super) mapped: Option<String>,
    /// How the router was asked, for people.
    pub(super) method: &'static str,
    /// Whether the nat-helper that opened it is gone, and no other has taken it over yet.
    pub(super) orphaned: bool,
    /// Until when a router may take to answer before the user is told that it does not.
    pub(super) router_deadline: Option<Duration>,
}

impl Listener {
    pub(super) fn new(origin: Origin, port: u16) -> Self {
        Self {
            origin,
            request: None,
            port,
            up: None,
            public: None,
            map_request: None,
            mapped: None,
            method: "UPnP",
            orphaned: false,
            router_deadline: None,
        }
    }
}

/// Somebody is called.
pub(super) struct Attempt {
    pub(super) origin: Origin,
    /// The request transport was given.
    pub(super) request: Option<u64>,
    pub(super) invite: Invite,
}

impl Attempt {
    pub(super) fn new(origin: Origin, invite: Invite) -> Self {
        Self {
            origin,
            request: None,
            invite,
        }
    }
}
