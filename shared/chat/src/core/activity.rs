//! What the user has asked for, and how far it got.

use std::time::Duration;

use p2p_chat_protocol::nat::PortMapped;
use p2p_chat_protocol::transport::{self, Auth};

use crate::address::{Address, host_of, join, reach};
use crate::invite::{Invite, MAX_ADDRESSES};

/// What the user has asked for. It lasts as long as the chat that comes of it.
#[cfg_attr(test, derive(Clone))]
pub(super) enum Activity {
    Idle,
    Listening(Box<Listener>),
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
#[cfg_attr(test, derive(Clone))]
pub(super) struct Listener {
    pub(super) origin: Origin,
    /// The request transport has not answered yet, or has.
    pub(super) request: Option<u64>,
    /// The port asked for; once transport listens, the real one.
    pub(super) port: u16,
    /// What transport said.
    pub(super) up: Option<transport::Listening>,
    /// When the code dies, Unix milliseconds.
    pub(super) expires_ms: Option<u64>,
    /// The transport that made the code is gone.
    pub(super) lost: bool,
    /// The address only the user knows.
    pub(super) public: Option<Address>,
    /// The request nat-helper was given.
    pub(super) map_request: Option<u64>,
    /// What the router opened.
    pub(super) mapped: Option<PortMapped>,
    /// When that was last told to the user.
    pub(super) told_at: Option<Duration>,
    /// How the router was asked, for people.
    pub(super) method: &'static str,
    /// Whether the nat-helper that opened it is gone, and no other has taken it over yet.
    pub(super) orphaned: bool,
    /// Until when a router may take to answer before the user is told that it does not.
    pub(super) router_deadline: Option<Duration>,
}

impl Listener {
    pub(super) fn new(origin: Origin, port: u16, public: Option<Address>) -> Self {
        Self {
            origin,
            request: None,
            port,
            up: None,
            expires_ms: None,
            lost: false,
            public,
            map_request: None,
            mapped: None,
            told_at: None,
            method: "UPnP",
            orphaned: false,
            router_deadline: None,
        }
    }

    /// Where a peer may try to reach this computer, the likeliest first; as many as an invite holds.
    pub(super) fn reachable_at(&self) -> Vec<String> {
        let Some(up) = &self.up else {
            return Vec::new();
        };
        let public = self.public.as_ref().map(|address| {
            let port = address.port.unwrap_or(self.port);
            join(&address.host, port)
        });
        let mapped = self.mapped.iter().flat_map(|mapped| {
            let outside = [Some(&mapped.external_address), mapped.ipv6_address.as_ref()];
            let inside = [mapped.local_address.as_ref()];
            outside.into_iter().chain(inside).flatten().cloned()
        });
        let mut others: Vec<_> = mapped.chain(up.own_addresses.iter().cloned()).collect();
        others.sort_by_key(|address| reach(host_of(address)));
        let mut addresses: Vec<String> = Vec::new();
        for address in public.into_iter().chain(others) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            addresses.clone_from(&up.addresses);
        }
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }
}

/// Somebody is called.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Attempt {
    pub(super) origin: Origin,
    /// The request transport was given.
    pub(super) request: Option<u64>,
    pub(super) invite: Invite,
    /// How to prove who we are; gone once transport knows it.
    pub(super) auth: Option<Auth>,
    /// Whether transport took it on, so a code may be used up.
    pub(super) begun: bool,
}

impl Attempt {
    pub(super) fn new(origin: Origin, invite: Invite, auth: Auth) -> Self {
        Self {
            origin,
            request: None,
            invite,
            auth: Some(auth),
            begun: false,
        }
    }
}
