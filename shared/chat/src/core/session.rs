//! What transport tells: a peer, its verification, its end.

use std::time::Duration;

use p2p_chat_protocol::transport::{DisconnectReason, TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{KeysChanged, PeerConnected, PeerDisconnected, UiEvent};
use p2p_chat_protocol::{ErrorCode, Received, Refusal};

use super::activity::Activity;
use super::peer::{Line, Peer};
use super::{Core, Ending};
use crate::arrivals::Arrivals;

impl Core {
    pub(super) fn transport_event(&mut self, received: Received<TransportEvent>) {
        let Received {
            reply_to, message, ..
        } = received;
        if let Some(disconnect) = self.disconnecting {
            // What transport said before it heard of the disconnect is of a session that is over.
            match reply_to {
                Some(id) if id >= disconnect => self.disconnecting = None,
                _ => return,
            }
        }
        match message {
            TransportEvent::Received(received) => self.payload_received(&received.payload),
            TransportEvent::Ok => self.request_done(reply_to, None),
            TransportEvent::Error(refusal) => self.request_done(reply_to, Some(refusal)),
            TransportEvent::Listening(listening) => self.listening_told(reply_to, listening),
            TransportEvent::PeerConnected(connected) => self.peer_connected(connected),
            TransportEvent::ConnectFailed(refusal) => self.connect_failed(refusal),
            TransportEvent::PeerDisconnected(gone) => self.peer_disconnected(gone.reason),
            TransportEvent::Tickets(told) => self.tickets = told.tickets,
            TransportEvent::PasscodeRead(read) if self.peer.is_none() => {
                self.codes.trying(read.clone());
                self.tell(UiEvent::PasscodeRead(read));
            }
            TransportEvent::VerificationNeeded(needed) if self.is_unverified() => {
                self.tell(UiEvent::VerificationNeeded(needed));
            }
            TransportEvent::AuthenticationFailed(failed) => {
                self.tell(UiEvent::AuthenticationFailed(failed));
            }
            TransportEvent::KeysChanged => self.keys_changed(),
            TransportEvent::AddressesChanged => self.addresses_changed(),
            TransportEvent::PasscodeRead(_) | TransportEvent::VerificationNeeded(_) => {}
        }
    }

    fn is_unverified(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.is_unverified())
    }

    fn peer_connected(&mut self, connected: PeerConnected) {
        if matches!(self.activity, Activity::Idle) {
            // Nobody is wanted any more.
            return self.end_session();
        }
        match &mut self.peer {
            None if connected.resumed => {
                // Of a conversation that we no longer have.
                return self.end_session();
            }
            None => {
                self.last_n = 0;
                self.codes.perhaps_seen();
                self.outbox = Default::default();
                self.arrivals = Arrivals::default();
                self.peer = Some(Peer::new(connected.clone()));
            }
            Some(peer) if connected.resumed => {
                self.outbox.close();
                self.arrivals.close();
                peer.reconnected(connected.clone());
            }
            // Its words matched.
            Some(peer) if peer.is_unverified() => *peer = Peer::new(connected.clone()),
            Some(_) => {
                self.peer_gone(DisconnectReason::Replaced, None);
                return self.peer_connected(connected);
            }
        }
        self.was_up = true;
        let insecure = self.is_insecure();
        self.tell(UiEvent::PeerConnected(connected));
        if insecure {
            self.outbox.open(false);
        } else if self.peer.as_ref().is_some_and(|peer| peer.is_open()) {
            self.greet();
        }
    }

    fn keys_changed(&mut self) {
        let Some(peer) = &mut self.peer else { return };
        peer.epoch += 1;
        let (at_ms, epoch) = (self.now.unix_ms, peer.epoch);
        self.tell(UiEvent::KeysChanged(KeysChanged { at_ms, epoch }));
    }

    pub(super) fn peer_disconnected(&mut self, reason: DisconnectReason) {
        if self.peer.is_none() || reason == DisconnectReason::Cut && self.line_cut() {
            return;
        }
        self.peer_gone(reason, None);
    }

    /// The peer is gone for good; what was not delivered will not be. `slept`: because of that.
    pub(super) fn peer_gone(&mut self, reason: DisconnectReason, slept: Option<Duration>) {
        let Some(peer) = self.peer.take() else { return };
        self.give_up_texts();
        self.tickets.clear();
        for id in self.asked.abandon() {
            let refusal = Refusal::new(ErrorCode::NotConnected, "The peer is gone.");
            self.refuse(Some(id), refusal);
        }
        // Somebody who came and went without a word, or without the right words, was no chat: the
        // friend may still come.
        let no_chat = match peer.line {
            Line::Insecure => !peer.spoke || reason == DisconnectReason::Replaced,
            Line::Unverified => reason != DisconnectReason::Rejected,
            Line::Open { .. } | Line::Cut(_) => false,
        };
        let ended = reason == DisconnectReason::Ended || self.words_died();
        let waiting = no_chat && !ended && peer.is_caller();
        self.tell(UiEvent::PeerDisconnected(PeerDisconnected {
            address: peer.connected.address,
            reason,
            redialing: false,
            waiting,
            slept_s: slept.map(|slept| slept.as_secs()),
        }));
        if !waiting {
            self.chat_over(reason);
        }
    }

    pub(super) fn chat_over(&mut self, reason: DisconnectReason) {
        if self.ending.is_some() {
            return;
        }
        if self.has_menu() {
            self.stop_everything();
        } else {
            self.leave(match reason {
                DisconnectReason::Left | DisconnectReason::Ended => Ending::Fine,
                DisconnectReason::Rejected => Ending::Refused,
                _ => Ending::Failed,
            });
        }
    }

    /// The user ends the chat, the attempt or the waiting.
    pub(super) fn disconnect(&mut self) {
        self.confirm_last();
        self.peer_gone(DisconnectReason::Ended, None);
        self.stop_everything();
        if !self.has_menu() {
            self.leave(Ending::Fine);
        }
    }

    fn stop_everything(&mut self) {
        if matches!(self.activity, Activity::Idle) {
            return;
        }
        self.unmap_port();
        self.abandon_request();
        self.activity = Activity::Idle;
        self.story.forget_listener();
        self.end_session();
    }

    /// Ends at transport whatever goes on there. Something may have begun since it was last asked
    /// to; then the newest request is the one that counts.
    pub(super) fn end_session(&mut self) {
        let asked_last = self.disconnecting.is_some_and(|id| id + 1 == self.next_id);
        if self.transport_ready && !asked_last {
            self.disconnecting = Some(self.ask_transport(TransportRequest::Disconnect));
        }
    }

    /// Transport is gone, and every request and line with it. What it said before still counts.
    pub(super) fn transport_stopped(&mut self) {
        self.disconnecting = None;
        for id in self.asked.abandon() {
            let sentence = "The part that reaches the network stopped. Try again.";
            self.refuse(Some(id), Refusal::new(ErrorCode::Unavailable, sentence));
        }
        self.redial_lost();
        if !self.end_words_listen() {
            self.peer_disconnected(DisconnectReason::Cut);
        }
        self.outbox.transport_gone();
        self.door_lost();
        if self.peer.is_none() {
            self.call_lost();
        }
        // Of a call that the user ended, too: only the transport that is gone knew.
        self.codes.perhaps_seen();
    }
}
