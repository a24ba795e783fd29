//! The state of the whole program, and what both ways of a chat do with it.

use std::net::SocketAddr;

use p2p_chat_protocol::transport::{DisconnectReason, Listening, PeerDisconnected, TransportEvent};
use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::task::JoinSet;

use crate::connection::ConnectionId;
use crate::legacy::Legacy;
use crate::listen::Listener;
use crate::outbox::Outbox;
use crate::own_addresses::own_addresses;
use crate::secure::Secure;
use crate::sends::Sends;

/// What there is.
pub(crate) struct Transport {
    pub(crate) outbox: Outbox,
    pub(crate) listener: Option<Listener>,
    pub(crate) secure: Secure,
    pub(crate) legacy: Legacy,
    pub(crate) sends: Sends,
    pub(crate) tasks: JoinSet<()>,
    last_id: u64,
}

impl Transport {
    pub(crate) fn new(outbox: Outbox, secure: Secure, legacy: Legacy) -> Self {
        Self {
            outbox,
            listener: None,
            secure,
            legacy,
            sends: Sends::default(),
            tasks: JoinSet::new(),
            last_id: 0,
        }
    }

    /// The number of a new connection.
    pub(crate) fn next_id(&mut self) -> ConnectionId {
        self.last_id += 1;
        ConnectionId(self.last_id)
    }

    /// Adds the addresses of the listener's sockets.
    pub(crate) fn with_addresses(&self, listening: Listening) -> Listening {
        let sockets = self.listener.as_ref().map(Listener::addresses);
        let sockets = sockets.unwrap_or_default();
        let show = |all: &[SocketAddr]| all.iter().map(ToString::to_string).collect();
        Listening {
            addresses: show(&sockets),
            own_addresses: show(&own_addresses(&sockets)),
            ..listening
        }
    }

    /// Tells whoever waits for something to be sent, and everybody.
    pub(crate) fn peer_is_gone(&mut self, reason: DisconnectReason) {
        for id in self.sends.abandon() {
            let sentence = "The peer is gone; this was not sent whole.";
            let refusal = Refusal::new(ErrorCode::NotConnected, sentence);
            self.outbox.reply(id, Err(refusal));
        }
        let gone = PeerDisconnected { reason };
        self.outbox.event(TransportEvent::PeerDisconnected(gone));
    }
}
