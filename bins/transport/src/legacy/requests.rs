//! What the supervisor asks of an INSECURE chat.

use p2p_chat_protocol::transport::{DisconnectReason, Send};
use p2p_chat_protocol::{ErrorCode, Refusal};

use super::session;
use crate::log::debug;
use crate::target::Target;
use crate::transport::Transport;

impl Transport {
    /// From now on callers are taken.
    pub(crate) fn legacy_listen(&mut self) {
        self.legacy.listens = true;
    }

    /// Callers who are not the peer are let go; a chat goes on.
    pub(crate) fn legacy_stop_listening(&mut self) {
        self.legacy.listens = false;
        let rulings = self.legacy.seat.turn_all_away();
        self.carry_out(rulings);
    }

    /// Begins to connect.
    pub(crate) fn legacy_connect(&mut self, targets: Vec<Target>) {
        let id = self.next_id();
        let wires = self.legacy.open_session(id, None);
        self.legacy.calls = Some(id);
        self.tasks.spawn(session::call(targets, wires));
    }

    /// Queues a payload; it is answered when it was sent.
    pub(crate) fn legacy_send(&mut self, id: Option<u64>, send: Send) -> Result<(), Refusal> {
        let peer = self.legacy.seat.peer();
        let Some(open) = peer.and_then(|peer| self.legacy.sessions.get(&peer)) else {
            let sentence = "Nobody is connected. Connect, or wait for somebody, then send.";
            return Err(Refusal::new(ErrorCode::NotConnected, sentence));
        };
        self.sends.accept(id, send.payload.0.get().len())?;
        open.session.send(send.payload);
        self.legacy.seat.addressed();
        Ok(())
    }

    /// Ends whatever there is.
    pub(crate) fn legacy_disconnect(&mut self) {
        self.legacy_stop_listening();
        if let Some(attempt) = self.legacy.calls.take() {
            self.legacy.sessions.remove(&attempt);
            debug(format_args!("the attempt to connect was cancelled"));
        }
        if let Some(peer) = self.legacy.seat.peer() {
            if let Some(open) = self.legacy.sessions.remove(&peer) {
                open.session.say_goodbye();
            }
            self.legacy.seat.gone(peer);
            self.peer_is_gone(DisconnectReason::Ended);
        }
    }
}
