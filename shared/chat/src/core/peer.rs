//! Who is connected, and the line to them.

use std::sync::Arc;
use std::time::Duration;

use p2p_chat_protocol::ui::{Direction, PeerConnected, Verification};

use super::redial::Redial;
use crate::address::host_of;

/// Who is connected; also while the line is cut and may come back.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Peer {
    pub(super) connected: PeerConnected,
    pub(super) ip: Arc<str>,
    pub(super) local_ip: Arc<str>,
    /// Whether a text went either way.
    pub(super) spoke: bool,
    pub(super) line: Line,
    /// How often the keys were renewed in this session.
    pub(super) epoch: u64,
    /// Where the peer says it is reached, beside its invite.
    pub(super) says_reached_at: Vec<String>,
    /// Where it was told that we are reached.
    pub(super) told_reached_at: Vec<String>,
}

/// The line to a peer.
#[cfg_attr(test, derive(Clone))]
pub(super) enum Line {
    /// Open to all: texts go at once and nothing is confirmed.
    Insecure,
    /// Words are to be compared before anything is said.
    Unverified,
    /// Secure.
    Open {
        /// Whether the peer's hello has come, so that we know what it has.
        greeted: bool,
        /// This computer woke up just now; nobody knows yet whether the line outlived that.
        doubt: Option<Doubt>,
    },
    /// Cut, and it may come back.
    Cut(Redial),
}

/// What to believe of a line that turns out to be cut soon after a sleep: that the sleep did it.
#[derive(Clone, Copy)]
pub(super) struct Doubt {
    /// When it fell asleep, by the clock that runs on during sleep.
    pub(super) since: Duration,
    pub(super) slept: Duration,
    /// After that, the line has outlived the sleep; in [`super::Now::elapsed`].
    pub(super) until: Duration,
}

impl Line {
    pub(super) fn fresh() -> Self {
        Self::Open {
            greeted: false,
            doubt: None,
        }
    }
}

impl Peer {
    pub(super) fn new(connected: PeerConnected) -> Self {
        let line = match connected.verification {
            Verification::Insecure => Line::Insecure,
            Verification::Unverified => Line::Unverified,
            Verification::Code | Verification::Words => Line::fresh(),
        };
        Self {
            ip: host_of(&connected.address).into(),
            local_ip: host_of(&connected.local_address).into(),
            connected,
            spoke: false,
            line,
            epoch: 0,
            says_reached_at: Vec::new(),
            told_reached_at: Vec::new(),
        }
    }

    /// The same peer over another line.
    pub(super) fn reconnected(&mut self, connected: PeerConnected) {
        self.ip = host_of(&connected.address).into();
        self.local_ip = host_of(&connected.local_address).into();
        self.connected = connected;
        self.line = Line::fresh();
        self.epoch = 0;
        self.told_reached_at.clear();
    }

    /// Whether it is the one who called us.
    pub(super) fn is_caller(&self) -> bool {
        self.connected.direction == Direction::Incoming
    }

    pub(super) fn is_insecure(&self) -> bool {
        matches!(self.line, Line::Insecure)
    }

    pub(super) fn is_unverified(&self) -> bool {
        matches!(self.line, Line::Unverified)
    }

    /// Whether anything secure can be sent now.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.line, Line::Open { .. })
    }
}
