//! Waiting for somebody: the listener, its code and its invite.

use p2p_chat_protocol::transport::{Auth, DisconnectReason, Listen, TransportRequest};
use p2p_chat_protocol::ui::{Level, UiEvent};
use p2p_chat_protocol::{ErrorCode, Private, Refusal, transport, ui};

use super::activity::{Activity, Listener, Origin};
use super::{Core, Proof};
use crate::address::Address;
use crate::invite::Invite;

impl Core {
    pub(super) fn listen(&mut self, origin: Origin, port: u16) -> Result<(), Refusal> {
        self.idle()?;
        self.was_used = true;
        self.story.forget_conversation();
        let public = self.config.public.clone();
        self.activity = Activity::Listening(Box::new(Listener::new(origin, port, public)));
        self.resume_activity();
        Ok(())
    }

    /// Asks transport for what the user wants, where it does not know yet.
    pub(super) fn resume_activity(&mut self) {
        if !self.transport_ready {
            return;
        }
        match &self.activity {
            Activity::Listening(listener) if listener.request.is_none() => self.open_door(),
            Activity::Connecting(_) if self.peer.is_some() => self.redial_now(),
            Activity::Connecting(_) => self.call(),
            Activity::Listening(_) | Activity::Idle => {}
        }
    }

    /// Asks transport to listen: for anybody who can prove himself, or, while a chat may go on, for
    /// that peer.
    pub(super) fn open_door(&mut self) {
        let auth = match (&self.peer, self.config.proof) {
            (Some(_), _) => Auth::resume(self.tickets.clone()),
            (None, Proof::Code) => Auth::code(None),
            (None, Proof::Words) => Auth::words(),
            (None, Proof::Insecure) => Auth::legacy(),
        };
        let Activity::Listening(listener) = &self.activity else {
            return;
        };
        let listen = Listen {
            port: listener.port,
            bind: self.config.bind.clone(),
            auth,
        };
        let id = self.ask_transport(TransportRequest::Listen(listen));
        if let Activity::Listening(listener) = &mut self.activity {
            listener.request = Some(id);
        }
    }

    /// It is up, or something about it changed. `reply_to`: the ui's request that did it.
    pub(super) fn listener_up(&mut self, up: transport::Listening, reply_to: Option<u64>) {
        let unix_ms = self.now.unix_ms;
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        let socket = up.addresses.first();
        let port = socket.and_then(|address| address.rsplit_once(':')?.1.parse().ok());
        let port = port.unwrap_or(listener.port);
        let before = listener.up.as_ref();
        let is_new = before.is_none() || port != listener.port;
        let moved = before.is_some_and(|before| before.own_addresses != up.own_addresses);
        listener.port = port;
        listener.expires_ms = up.expires_s.map(|s| unix_ms + u64::from(s) * 1000);
        listener.up = Some(up);
        let lost = std::mem::take(&mut listener.lost);
        let reply_to = reply_to.or(match &mut listener.origin {
            Origin::Ui(id) => id.take(),
            Origin::CommandLine => None,
        });
        self.was_up = true;
        if lost && self.peer.is_none() {
            let text = "The old code no longer works, because the part that made it stopped. This is a new one:";
            self.notice(Level::Warn, text);
        }
        let asks = is_new && self.begin_asking_router();
        self.tell_listening(reply_to);
        if is_new {
            self.warn_of_wsl();
        }
        if asks {
            self.ask_router();
        }
        if moved {
            self.check_line();
        }
    }

    /// Tells the ui, and a peer, where and how this computer is reached.
    pub(super) fn tell_listening(&mut self, reply_to: Option<u64>) {
        match self.listening() {
            Some(listening) => self.reply(reply_to, UiEvent::Listening(listening)),
            None => self.answer_ok(reply_to),
        }
        self.tell_addresses();
    }

    /// What a ui is told of the listener, once it is up.
    fn listening(&self) -> Option<ui::Listening> {
        let Activity::Listening(listener) = &self.activity else {
            return None;
        };
        let up = listener.up.as_ref()?;
        let invite = Invite {
            addresses: listener.reachable_at(),
            code: up.passcode.clone(),
        };
        Some(ui::Listening {
            addresses: up.addresses.clone(),
            own_addresses: up.own_addresses.clone(),
            invite: Private(invite.to_string()),
            passcode: up.passcode.clone(),
            numbers: up.numbers.clone(),
            expires_ms: listener.expires_ms,
            guesses_left: up.guesses_left,
            turned_away: up.turned_away,
            asking_router: listener.router_deadline.is_some(),
        })
    }

    /// Transport is gone. A listener without a code who knows nobody yet ends with it: who was lucky
    /// with no words so far must not be given as many handshakes again. Whether there was one.
    pub(super) fn end_words_listen(&mut self) -> bool {
        let was_up =
            matches!(&self.activity, Activity::Listening(listener) if listener.up.is_some());
        let knows_nobody = self.peer.as_ref().is_none_or(|peer| peer.is_unverified());
        if !(self.words_died() && was_up && knows_nobody) {
            return false;
        }
        let sentence = "The part that reaches the network stopped. Without a code, listening ends \
                        with it, and nobody can connect any more: listen again.";
        if self.peer.is_some() {
            self.notice(Level::Error, sentence);
            self.peer_gone(DisconnectReason::Cut, None);
        } else {
            let refusal = Refusal::new(ErrorCode::Unavailable, sentence);
            self.tell(UiEvent::ConnectFailed(refusal));
            self.chat_over(DisconnectReason::Cut);
        }
        true
    }

    /// Words are compared here, and the transport that made them is gone.
    pub(super) fn words_died(&self) -> bool {
        self.config.proof == Proof::Words && !self.transport_ready
    }

    /// Transport is gone, and with it the code it made.
    pub(super) fn door_lost(&mut self) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        listener.request = None;
        let Some(up) = &mut listener.up else { return };
        let had_code = up.passcode.take().is_some();
        listener.lost = had_code;
        up.numbers = None;
        up.expires_s = None;
        listener.expires_ms = None;
        if had_code {
            self.tell_listening(None);
        }
    }

    pub(super) fn set_public(&mut self, id: Option<u64>, typed: &str) -> Result<(), Refusal> {
        let Activity::Listening(listener) = &mut self.activity else {
            let message = "Nobody is waited for, so there is no address to tell.";
            return Err(Refusal::new(ErrorCode::NotConnected, message));
        };
        let address = Address::parse(typed)
            .map_err(|error| Refusal::new(ErrorCode::InvalidMessage, error.to_string()))?;
        listener.public = Some(address);
        self.tell_listening(id);
        Ok(())
    }
}
