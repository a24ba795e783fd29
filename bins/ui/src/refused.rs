//! Refusals and failed calls: the half of the state that decides what to ask again. Pure.

use p2p_chat_protocol::ui::{Connect, Level};
use p2p_chat_protocol::{ErrorCode, Refusal, Start};

use crate::action::{Manner, Stage};
use crate::menu::Question;
use crate::outgoing::Asked;
use crate::state::Ui;
use crate::view::marked;

impl Ui {
    /// A request was refused.
    pub(crate) fn refused(&mut self, reply_to: Option<u64>, refusal: Refusal) {
        match reply_to.and_then(|id| self.outgoing.answered(id)) {
            Some(Asked::Text(text)) => self.text_refused(text, &refusal),
            Some(Asked::Connect(call)) => self.call_refused(call, &refusal),
            Some(Asked::Listen(port))
                if refusal.code == ErrorCode::AddressInUse && self.start == Start::Menu =>
            {
                self.enter(Stage::Idle);
                self.ask(Question::OtherPort(port));
            }
            asked => {
                self.note(marked(Level::Error, &refusal.message));
                match asked {
                    Some(Asked::Listen(_)) if self.start == Start::Menu => self.attempt_over(),
                    Some(Asked::Verify) => self.compare_words(),
                    _ => {}
                }
            }
        }
        self.go_on();
    }

    /// A call could not begin.
    fn call_refused(&mut self, call: Connect, refusal: &Refusal) {
        if refusal.code == ErrorCode::CodeNeeded {
            return self.ask_code(&call);
        }
        self.note(marked(Level::Error, &refusal.message));
        match (refusal.code, self.start) {
            // A script would answer with its first text.
            (_, Start::Listen | Start::Connect) if self.manner == Manner::Stream => self.leave(),
            (ErrorCode::BadCode, _) => self.ask_code(&call),
            (_, Start::Menu) => self.attempt_over(),
            (_, Start::Listen | Start::Connect) => self.ask_in_the_menus_place(Question::Peer),
        }
    }

    fn ask_code(&mut self, call: &Connect) {
        // A code in the invite, if there is one, was the wrong one.
        let target = call.invite.0.split('#').next().unwrap_or_default();
        self.ask_in_the_menus_place(Question::Code(target.to_owned()));
    }

    /// Nothing goes on meanwhile.
    fn ask_in_the_menus_place(&mut self, question: Question) {
        self.enter(Stage::Idle);
        if self.ended {
            return self.leave();
        }
        self.ask(question);
    }

    /// A call had no success. With a code that nobody has seen yet, it can be tried again: only where
    /// that is certain, since each try is a guess for whoever is between.
    pub(crate) fn call_failed(&mut self, code: ErrorCode) {
        let call = self.call.take();
        let unseen = matches!(
            code,
            ErrorCode::ConnectionRefused
                | ErrorCode::ConnectionTimedOut
                | ErrorCode::NameNotFound
                | ErrorCode::HandshakeFailed
        );
        let person = self.manner != Manner::Stream && self.start == Start::Menu;
        match call {
            Some(call) if unseen && person && has_code(&call) => {
                self.note("[*] Enter: try again with the same code. /menu: back");
                self.enter(Stage::Idle);
                self.ask(Question::Again(call));
            }
            _ => self.attempt_over(),
        }
    }
}

fn has_code(call: &Connect) -> bool {
    call.passcode.is_some() || call.invite.0.contains('#')
}
