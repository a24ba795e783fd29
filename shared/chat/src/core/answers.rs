//! Transport's answers: which request each belongs to, and who is told.

use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_protocol::ui::{Level, UiEvent};
use p2p_chat_protocol::{ErrorCode, Refusal, transport};

use super::activity::{Activity, Origin};
use super::asked::What;
use super::{Core, Ending};

impl Core {
    pub(super) fn request_done(&mut self, reply_to: Option<u64>, refusal: Option<Refusal>) {
        let Some(request) = reply_to else {
            return self.listen_ended(refusal);
        };
        if self.text_answered(request, refusal.is_some()) {
            return;
        }
        if self.arrivals.answered(request) {
            return;
        }
        if let Some((what, id)) = self.asked.answered(request) {
            return self.ui_answered(what, id, refusal);
        }
        if self.is_redial(request) {
            if refusal.is_some() {
                self.redial_failed();
            }
            return;
        }
        let origin = match &self.activity {
            Activity::Listening(l) if l.request == reply_to => l.origin,
            Activity::Connecting(a) if a.request == reply_to => a.origin,
            _ => return,
        };
        match refusal {
            None => {
                self.call_begun();
                if let Some(Origin::Ui(id)) = self.origin() {
                    let id = id.take();
                    self.answer_ok(id);
                }
            }
            // It was to listen again for a peer who may come back.
            Some(_) if self.peer.is_some() => self.redial_failed(),
            Some(refusal) => {
                self.activity = Activity::Idle;
                self.fail(origin, refusal);
            }
        }
    }

    /// Transport answered what the ui had asked.
    fn ui_answered(&mut self, what: What, id: Option<u64>, refusal: Option<Refusal>) {
        match refusal {
            Some(refusal) => self.refuse(id, refusal),
            None => {
                self.answer_ok(id);
                if what == What::Reject {
                    self.peer_disconnected(DisconnectReason::Rejected);
                }
            }
        }
    }

    pub(super) fn listening_told(
        &mut self,
        reply_to: Option<u64>,
        listening: transport::Listening,
    ) {
        let asked = reply_to.and_then(|request| self.asked.answered(request));
        if reply_to.is_some_and(|request| self.is_redial(request)) {
            self.redial_answered();
        }
        self.listener_up(listening, asked.and_then(|(_, id)| id));
    }

    /// What the user asked for could not even begin.
    pub(super) fn fail(&mut self, origin: Origin, refusal: Refusal) {
        let ending = Ending::of_failure(refusal.code);
        match origin {
            Origin::Ui(Some(id)) => {
                self.connect_refused(refusal.code);
                self.refuse(Some(id), refusal);
            }
            // Whoever asked is gone, or did not want a reply; the user is to know all the same.
            Origin::Ui(None) => self.notice(Level::Error, refusal.message),
            Origin::CommandLine => {
                self.notice(Level::Error, refusal.message);
                self.leave(ending);
            }
        }
    }

    /// Transport ended the listening by itself: too many came and none was the friend.
    fn listen_ended(&mut self, refusal: Option<Refusal>) {
        let waits = matches!(self.activity, Activity::Listening(_)) && self.peer.is_none();
        let Some(refusal) = refusal.filter(|_| waits) else {
            return;
        };
        self.tell(UiEvent::ConnectFailed(refusal));
        self.chat_over(DisconnectReason::Rejected);
    }

    /// A request that will not be answered by transport any more is refused.
    pub(super) fn abandon_request(&mut self) {
        if let Some(Origin::Ui(id)) = self.origin() {
            let id = id.take();
            let sentence = "It was ended before it began.";
            self.refuse(id, Refusal::new(ErrorCode::Unavailable, sentence));
        }
    }
}
