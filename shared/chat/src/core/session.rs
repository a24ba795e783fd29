//! What transport tells: listening, connecting, a peer, its texts, its end.

use p2p_chat_protocol::transport::{DisconnectReason, TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{
    Author, Direction, Level, MessageAdded, MessageUpdated, PeerConnected, PeerDisconnected,
    Status, UiEvent,
};
use p2p_chat_protocol::{ErrorCode, MAX_TEXT, Payload, Received, Refusal, transport, ui};

use super::activity::{Activity, Origin};
use super::{Core, Ending, Peer};
use crate::address::host_of;
use crate::invite::Invite;
use crate::safe_text::safe_text;

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
            TransportEvent::Received(received) => self.text_received(&received.payload),
            TransportEvent::Ok => self.request_done(reply_to, None),
            TransportEvent::Error(refusal) => self.request_done(reply_to, Some(refusal)),
            TransportEvent::Listening(listening) => self.listener_up(listening),
            TransportEvent::PeerConnected(connected) => self.peer_connected(connected),
            TransportEvent::ConnectFailed(refusal) => self.connect_failed(refusal),
            TransportEvent::PeerDisconnected(gone) => self.peer_gone(gone.reason),
            // Of the secure channel, which legacy sessions do not have.
            TransportEvent::PasscodeRead(_)
            | TransportEvent::VerificationNeeded(_)
            | TransportEvent::AuthenticationFailed(_)
            | TransportEvent::Tickets(_)
            | TransportEvent::KeysChanged => {}
        }
    }

    fn request_done(&mut self, reply_to: Option<u64>, refusal: Option<Refusal>) {
        let Some(request) = reply_to else { return };
        if let Some(n) = self.outbox.answered(request) {
            self.texts_lost |= refusal.is_some();
            let status = if refusal.is_some() {
                Status::Failed
            } else {
                Status::Sent
            };
            self.tell(UiEvent::MessageUpdated(MessageUpdated { n, status }));
            return self.send_waiting();
        }
        let origin = match &self.activity {
            Activity::Listening(l) if l.request == reply_to => l.origin,
            Activity::Connecting(a) if a.request == reply_to => a.origin,
            _ => return,
        };
        match (refusal, origin) {
            (None, Origin::Ui(id)) => {
                self.forget_ui_requests();
                self.answer_ok(id);
            }
            (None, Origin::CommandLine) => {}
            (Some(refusal), origin) => {
                self.activity = Activity::Idle;
                self.fail(origin, refusal);
            }
        }
    }

    /// What the user asked for could not even begin.
    pub(super) fn fail(&mut self, origin: Origin, refusal: Refusal) {
        let ending = Ending::of_failure(refusal.code);
        match origin {
            Origin::Ui(Some(id)) => self.refuse(Some(id), refusal),
            // Whoever asked is gone, or did not want a reply; the user is to know all the same.
            Origin::Ui(None) => self.notice(Level::Error, refusal.message),
            Origin::CommandLine => {
                self.notice(Level::Error, refusal.message);
                self.leave(ending);
            }
        }
    }

    fn listener_up(&mut self, up: transport::Listening) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        let port = up
            .addresses
            .first()
            .and_then(|a| a.rsplit_once(':')?.1.parse().ok());
        listener.port = port.unwrap_or(listener.port);
        listener.up = Some(up);
        let reply_to = match &mut listener.origin {
            Origin::Ui(id) => id.take(),
            Origin::CommandLine => None,
        };
        self.was_up = true;
        let asks = self.begin_asking_router();
        if let Some(listening) = self.listening() {
            self.reply(reply_to, UiEvent::Listening(listening));
        }
        if asks {
            self.ask_router();
        }
    }

    /// What a ui is told of the listener, once it is up.
    pub(super) fn listening(&self) -> Option<ui::Listening> {
        let Activity::Listening(listener) = &self.activity else {
            return None;
        };
        let up = listener.up.as_ref()?;
        let mut addresses: Vec<String> = Vec::new();
        let outside = listener.public.iter().chain(&listener.mapped);
        for address in outside.chain(&up.own_addresses) {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        if addresses.is_empty() {
            addresses.clone_from(&up.addresses);
        }
        let invite = Invite {
            addresses,
            code: None,
        };
        Some(ui::Listening {
            addresses: up.addresses.clone(),
            own_addresses: up.own_addresses.clone(),
            invite: invite.to_string().into(),
            passcode: None,
            numbers: None,
            expires_ms: None,
            guesses_left: None,
            turned_away: up.turned_away,
            asking_router: listener.router_deadline.is_some(),
        })
    }

    fn peer_connected(&mut self, connected: PeerConnected) {
        if matches!(self.activity, Activity::Idle) {
            return;
        }
        self.last_n = 0;
        self.was_up = true;
        self.peer = Some(Peer {
            ip: Self::ip_of(&connected.address),
            local_ip: Self::ip_of(&connected.local_address),
            connected: connected.clone(),
            spoke: false,
        });
        self.tell(UiEvent::PeerConnected(connected));
    }

    fn connect_failed(&mut self, refusal: Refusal) {
        let Activity::Connecting(attempt) = &self.activity else {
            return;
        };
        let target = attempt.invite.addresses[0].clone();
        let to_itself = attempt.invite.is_loopback();
        self.activity = Activity::Idle;
        let ending = Ending::of_failure(refusal.code);
        self.tell(UiEvent::ConnectFailed(refusal));
        if to_itself {
            let host = host_of(&target);
            let hint = format!(
                "{host} is this computer itself. For another one use its address, such as 192.168.1.100."
            );
            self.notice(Level::Warn, hint);
        }
        if !self.has_menu() {
            self.leave(ending);
        }
    }

    fn text_received(&mut self, payload: &Payload) {
        let (Some(peer), Some(text)) = (&mut self.peer, payload.to_text()) else {
            return;
        };
        if text.len() > MAX_TEXT {
            let bytes = text.len();
            let sentence = format!(
                "A text of {bytes} bytes came; a message holds {MAX_TEXT}. It was dropped."
            );
            return self.notice(Level::Warn, sentence);
        }
        peer.spoke = true;
        let ip = peer.ip.clone();
        self.last_n += 1;
        self.tell(UiEvent::MessageAdded(MessageAdded {
            n: self.last_n,
            from: Author::Peer,
            ip,
            text: safe_text(&text).into(),
            at_ms: self.now.unix_ms,
            status: None,
        }));
    }

    /// The peer is gone; what was not sent will not be.
    fn peer_gone(&mut self, reason: DisconnectReason) {
        let Some(peer) = self.peer.take() else { return };
        self.give_up_texts();
        // Somebody who came and went without a word was no chat: the friend may still come.
        let no_chat = !peer.spoke || reason == DisconnectReason::Replaced;
        let waiting = no_chat
            && reason != DisconnectReason::Ended
            && peer.connected.direction == Direction::Incoming;
        self.tell(UiEvent::PeerDisconnected(PeerDisconnected {
            address: peer.connected.address,
            reason,
            redialing: false,
            waiting,
        }));
        if !waiting {
            self.chat_over(reason);
        }
    }

    fn chat_over(&mut self, reason: DisconnectReason) {
        if self.ending.is_some() {
            return;
        }
        if self.has_menu() {
            self.stop_everything();
        } else {
            self.leave(match reason {
                DisconnectReason::Left | DisconnectReason::Ended => Ending::Fine,
                _ => Ending::Failed,
            });
        }
    }

    pub(super) fn give_up_texts(&mut self) {
        for n in self.outbox.give_up() {
            self.texts_lost = true;
            let status = Status::Failed;
            self.tell(UiEvent::MessageUpdated(MessageUpdated { n, status }));
        }
    }

    /// The user ends the chat, the attempt or the waiting.
    pub(super) fn disconnect(&mut self) {
        self.peer_gone(DisconnectReason::Ended);
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
        if self.transport_ready {
            self.disconnecting = Some(self.ask_transport(TransportRequest::Disconnect));
        }
    }

    /// A request that will not be answered by transport any more is refused.
    fn abandon_request(&mut self) {
        let origin = match &mut self.activity {
            Activity::Listening(listener) => &mut listener.origin,
            Activity::Connecting(attempt) => &mut attempt.origin,
            Activity::Idle => return,
        };
        if let Origin::Ui(id) = origin {
            let id = id.take();
            let sentence = "It was ended before it began.";
            self.refuse(id, Refusal::new(ErrorCode::Unavailable, sentence));
        }
    }

    /// Transport is gone, and every request and session with it.
    pub(super) fn transport_stopped(&mut self) {
        self.disconnecting = None;
        match &mut self.activity {
            Activity::Listening(listener) => listener.request = None,
            Activity::Connecting(attempt) => attempt.request = None,
            Activity::Idle => {}
        }
        if self.peer.is_some() {
            self.peer_gone(DisconnectReason::Cut);
        } else if matches!(&self.activity, Activity::Connecting(_)) {
            self.abandon_request();
            let message =
                "The part that reaches the network stopped while it was connecting. Try again.";
            self.connect_failed(Refusal::new(ErrorCode::Unavailable, message));
        }
    }
}
