//! What a ui asks.

use p2p_chat_protocol::transport::TransportRequest;
use p2p_chat_protocol::ui::{UiEvent, UiRequest};
use p2p_chat_protocol::{DEFAULT_PORT, ErrorCode, Received, Refusal};

use super::activity::{Activity, Origin};
use super::asked::What;
use super::{Core, Proof};

impl Core {
    pub(super) fn ui_request(&mut self, received: Received<UiRequest>) {
        let Received { id, message, .. } = received;
        let done = match message {
            UiRequest::Listen(listen) => {
                self.listen(Origin::Ui(id), listen.port.unwrap_or(DEFAULT_PORT))
            }
            UiRequest::Connect(connect) => self.connect_to(id, connect),
            UiRequest::SendMessage(message) => self.send_message(id, message.text),
            UiRequest::SetPublic(public) => self.set_public(id, &public.address),
            UiRequest::NewCode => self.new_code(id),
            UiRequest::Verify(verify) => {
                self.of_words(id, What::Words, TransportRequest::Verify(verify))
            }
            UiRequest::Reject => self.of_words(id, What::Reject, TransportRequest::Reject),
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

    pub(super) fn idle(&self) -> Result<(), Refusal> {
        let busy = |what: &str| Err(Refusal::new(ErrorCode::Busy, what));
        match (&self.peer, &self.activity) {
            (Some(_), _) => busy("A chat is going on. End it first."),
            (None, Activity::Listening(_)) => busy("It waits for a connection already."),
            (None, Activity::Connecting(_)) => busy("It is connecting already."),
            (None, Activity::Idle) if self.ending.is_some() => busy("The program ends."),
            (None, Activity::Idle) => Ok(()),
        }
    }

    fn new_code(&mut self, id: Option<u64>) -> Result<(), Refusal> {
        let unavailable = |why: &str| Err(Refusal::new(ErrorCode::Unavailable, why));
        match (self.config.proof, &self.activity, &self.peer) {
            (Proof::Words, ..) => unavailable("With --no-code there is no code."),
            (Proof::Insecure, ..) => unavailable("An INSECURE chat has no code."),
            (Proof::Code, Activity::Listening(_), None) => {
                self.ask_for_ui(id, What::NewCode, TransportRequest::NewCode)
            }
            (Proof::Code, _, Some(_)) => unavailable("A chat is going on. It needs no code."),
            (Proof::Code, _, None) => unavailable("Nobody is waited for, so there is no code."),
        }
    }

    /// Something about the words of an unverified chat.
    fn of_words(
        &mut self,
        id: Option<u64>,
        what: What,
        request: TransportRequest,
    ) -> Result<(), Refusal> {
        if self.peer.as_ref().is_some_and(|peer| peer.is_unverified()) {
            return self.ask_for_ui(id, what, request);
        }
        let why = match self.config.proof {
            Proof::Insecure => "An INSECURE chat has no words to compare.",
            Proof::Code | Proof::Words => "There are no words to compare now.",
        };
        Err(Refusal::new(ErrorCode::Unavailable, why))
    }

    /// Asks transport what the ui asked; its answer is the ui's.
    fn ask_for_ui(
        &mut self,
        id: Option<u64>,
        what: What,
        request: TransportRequest,
    ) -> Result<(), Refusal> {
        if !self.transport_ready {
            let why = "The part that reaches the network is being started again. Try again.";
            return Err(Refusal::new(ErrorCode::Unavailable, why));
        }
        if self.asked.is_full() {
            let why = "Too much was asked at once. Wait for an answer.";
            return Err(Refusal::new(ErrorCode::Busy, why));
        }
        let request = self.ask_transport(request);
        self.asked.add(request, what, id);
        Ok(())
    }

    /// A ui that is gone waits for no replies.
    pub(super) fn forget_ui_requests(&mut self) {
        self.asked.forget_ids();
        if let Some(Origin::Ui(id)) = self.origin() {
            *id = None;
        }
    }

    /// Who asked for what is going on.
    pub(super) fn origin(&mut self) -> Option<&mut Origin> {
        match &mut self.activity {
            Activity::Listening(listener) => Some(&mut listener.origin),
            Activity::Connecting(attempt) => Some(&mut attempt.origin),
            Activity::Idle => None,
        }
    }
}
