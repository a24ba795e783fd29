//! What a ui asks.

use p2p_chat_protocol::transport::{Auth, Connect, Listen, TransportRequest};
use p2p_chat_protocol::ui::{
    Author, Input, InputNeeded, Level, MessageAdded, Status, UiEvent, UiRequest,
};
use p2p_chat_protocol::{
    DEFAULT_PORT, ErrorCode, MAX_TEXT, Payload, Private, Received, Refusal, Start,
};

use super::Core;
use super::activity::{Activity, Attempt, Listener, Origin};
use crate::address::{Address, host_of, join};
use crate::invite::Invite;
use crate::safe_text::safe_text;

impl Core {
    pub(super) fn ui_request(&mut self, received: Received<UiRequest>) {
        let Received { id, message, .. } = received;
        let done = match message {
            UiRequest::Listen(listen) => {
                self.listen(Origin::Ui(id), listen.port.unwrap_or(DEFAULT_PORT))
            }
            UiRequest::Connect(connect) => self.connect_to(id, &connect.invite),
            UiRequest::SendMessage(message) => self.send_message(id, message.text),
            UiRequest::SetPublic(public) => self.set_public(id, &public.address),
            UiRequest::Clear => {
                self.reply(id, UiEvent::Cleared);
                Ok(())
            }
            UiRequest::Disconnect => {
                self.disconnect();
                self.answer_ok(id);
                Ok(())
            }
            UiRequest::Quit => {
                self.answer_ok(id);
                self.quit();
                Ok(())
            }
            UiRequest::Verify(_) | UiRequest::Reject => Err(Refusal::new(
                ErrorCode::Unavailable,
                "An INSECURE chat has no words to compare.",
            )),
            UiRequest::NewCode => Err(Refusal::new(
                ErrorCode::Unavailable,
                "An INSECURE chat has no code.",
            )),
        };
        if let Err(refusal) = done {
            self.refuse(id, refusal);
        }
    }

    pub(super) fn refuse(&mut self, id: Option<u64>, refusal: Refusal) {
        if id.is_some() {
            self.reply(id, UiEvent::Error(refusal));
        }
    }

    pub(super) fn answer_ok(&mut self, id: Option<u64>) {
        if id.is_some() {
            self.reply(id, UiEvent::Ok);
        }
    }

    /// What the command line asked for, as soon as transport can do it.
    pub(super) fn begin(&mut self) {
        if self.was_used || self.ending.is_some() {
            return;
        }
        let done = match (self.config.start, self.config.invite.clone()) {
            (Start::Listen, _) => {
                let port = self.config.port.unwrap_or(DEFAULT_PORT);
                self.listen(Origin::CommandLine, port)
            }
            (Start::Connect, Some(invite)) => self.connect(Origin::CommandLine, invite),
            (Start::Connect, None) | (Start::Menu, _) => Ok(()),
        };
        if let Err(refusal) = done {
            self.fail(Origin::CommandLine, refusal);
        }
    }

    /// A `connect` without a target waits for the user.
    pub(super) fn ask_for_missing(&mut self) {
        let waits = self.config.start == Start::Connect
            && self.config.invite.is_none()
            && !self.was_used
            && self.ending.is_none();
        if waits {
            self.tell(UiEvent::InputNeeded(InputNeeded {
                what: Input::Invite,
                address: None,
            }));
        }
    }

    fn idle(&self) -> Result<(), Refusal> {
        let busy = |what: &str| Err(Refusal::new(ErrorCode::Busy, what));
        match (&self.peer, &self.activity) {
            (Some(_), _) => busy("A chat is going on. End it first."),
            (None, Activity::Listening(_)) => busy("It waits for a connection already."),
            (None, Activity::Connecting(_)) => busy("It is connecting already."),
            (None, Activity::Idle) if self.ending.is_some() => busy("The program ends."),
            (None, Activity::Idle) => Ok(()),
        }
    }

    fn listen(&mut self, origin: Origin, port: u16) -> Result<(), Refusal> {
        self.idle()?;
        self.was_used = true;
        self.story.forget_conversation();
        self.activity = Activity::Listening(Listener::new(origin, port));
        self.resume_activity();
        Ok(())
    }

    fn connect_to(&mut self, id: Option<u64>, typed: &Private) -> Result<(), Refusal> {
        let invite = Invite::parse(&typed.0)
            .map_err(|error| Refusal::new(ErrorCode::InvalidMessage, error.to_string()))?;
        self.connect(Origin::Ui(id), invite)
    }

    fn connect(&mut self, origin: Origin, invite: Invite) -> Result<(), Refusal> {
        self.idle()?;
        if invite.code.is_some() {
            return Err(Refusal::new(
                ErrorCode::Unavailable,
                "This invite holds a code, for the secure channel, which is not built yet.",
            ));
        }
        self.was_used = true;
        self.story.forget_conversation();
        let shown = invite.addresses[0].clone();
        self.activity = Activity::Connecting(Attempt::new(origin, invite));
        self.notice(Level::Info, format!("Connecting to {shown}..."));
        self.resume_activity();
        Ok(())
    }

    /// Asks transport for what the user wants, where it does not know yet.
    pub(super) fn resume_activity(&mut self) {
        if !self.transport_ready {
            return;
        }
        let request = match &self.activity {
            Activity::Listening(listener) if listener.request.is_none() => {
                TransportRequest::Listen(Listen {
                    port: listener.port,
                    bind: self.config.bind.clone(),
                    auth: Auth::legacy(),
                })
            }
            Activity::Connecting(attempt) if attempt.request.is_none() => {
                TransportRequest::Connect(Connect {
                    addresses: attempt.invite.addresses.clone(),
                    auth: Auth::legacy(),
                })
            }
            _ => return,
        };
        let id = self.ask_transport(request);
        match &mut self.activity {
            Activity::Listening(listener) => listener.request = Some(id),
            Activity::Connecting(attempt) => attempt.request = Some(id),
            Activity::Idle => {}
        }
    }

    fn send_message(&mut self, id: Option<u64>, text: Private) -> Result<(), Refusal> {
        let refuse = |code, message: String| Err(Refusal::new(code, message));
        let Some(peer) = &mut self.peer else {
            return refuse(
                ErrorCode::NotConnected,
                "Nobody is connected yet.".to_owned(),
            );
        };
        let bytes = text.0.len();
        if bytes > MAX_TEXT {
            let message = format!("This text has {bytes} bytes; a message holds {MAX_TEXT} bytes.");
            return refuse(ErrorCode::TooLarge, message);
        }
        if text.0.trim().is_empty() {
            return refuse(
                ErrorCode::InvalidMessage,
                "An empty text is not sent.".to_owned(),
            );
        }
        if self.ending.is_some() {
            return refuse(
                ErrorCode::Busy,
                "The program ends; this is not sent.".to_owned(),
            );
        }
        if !self.outbox.has_room(bytes) {
            let message = format!("{} texts wait to be sent already.", self.outbox.len());
            return refuse(ErrorCode::QueueFull, message);
        }
        peer.spoke = true;
        let ip = peer.local_ip.clone();
        self.last_n += 1;
        let added = MessageAdded {
            n: self.last_n,
            from: Author::Me,
            ip,
            text: safe_text(&text.0).into(),
            at_ms: self.now.unix_ms,
            status: Some(Status::Queued),
        };
        self.outbox.push(self.last_n, text);
        self.reply(id, UiEvent::MessageAdded(added));
        self.send_waiting();
        Ok(())
    }

    /// Hands transport as many texts as it may hold.
    pub(super) fn send_waiting(&mut self) {
        while let Some(text) = self.outbox.take_next(self.next_id) {
            let payload = Payload::from_text(&text.0);
            self.ask_transport(TransportRequest::Send(p2p_chat_protocol::transport::Send {
                payload,
            }));
        }
    }

    fn set_public(&mut self, id: Option<u64>, typed: &str) -> Result<(), Refusal> {
        let Activity::Listening(listener) = &mut self.activity else {
            let message = "Nobody is waited for, so there is no address to tell.";
            return Err(Refusal::new(ErrorCode::NotConnected, message));
        };
        let address = Address::parse(typed)
            .map_err(|error| Refusal::new(ErrorCode::InvalidMessage, error.to_string()))?;
        let port = address.port.unwrap_or(listener.port);
        listener.public = Some(join(&address.host, port));
        match self.listening() {
            Some(listening) => self.reply(id, UiEvent::Listening(listening)),
            None => self.answer_ok(id),
        }
        Ok(())
    }

    /// A ui that is gone waits for no replies.
    pub(super) fn forget_ui_requests(&mut self) {
        let origin = match &mut self.activity {
            Activity::Listening(listener) => &mut listener.origin,
            Activity::Connecting(attempt) => &mut attempt.origin,
            Activity::Idle => return,
        };
        if let Origin::Ui(id) = origin {
            *id = None;
        }
    }

    /// The ip a listener in this network is known by.
    pub(super) fn ip_of(address: &str) -> String {
        host_of(address).to_owned()
    }
}
