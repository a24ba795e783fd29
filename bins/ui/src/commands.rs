//! What the user can do with codes and words: the part of the state for `/newcode`, `/public`,
//! `/copy`, `/verify`, `/reject`. Pure.

use p2p_chat_protocol::Start;
use p2p_chat_protocol::ui::{SetPublic, UiEvent, UiRequest};

use crate::action::{Action, Manner, Stage};
use crate::menu::Question;
use crate::outgoing::Asked;
use crate::state::Ui;

impl Ui {
    /// `/newcode`.
    pub(crate) fn new_code(&mut self) {
        self.request(Asked::NewCode, UiRequest::NewCode);
    }

    /// `/public ADDRESS`.
    pub(crate) fn set_public(&mut self, address: String) {
        if address.is_empty() {
            return self.note(
                "[!] /public needs the address others reach you at, for example: \
                 /public 203.0.113.7",
            );
        }
        let public = SetPublic { address };
        self.request(Asked::Public, UiRequest::SetPublic(public));
    }

    /// `/copy`.
    pub(crate) fn copy_invite(&mut self) {
        let invite = match self.stage {
            Stage::Waiting => self.view.reach.invite().map(str::to_owned),
            _ => None,
        };
        match (invite, self.manner) {
            (None, _) => self.note("[!] There is no invite: nobody is waited for."),
            (Some(_), Manner::Plain | Manner::Stream) => {
                self.note("[!] Only a terminal with cursor movement can be asked to copy.");
            }
            (Some(invite), Manner::Terminal) => {
                self.actions.push(Action::Copy(invite));
                self.note("[*] Your terminal was asked to copy the invite. Not every one does.");
            }
        }
    }

    /// `/verify`, and whenever the words are to be compared.
    pub(crate) fn compare_words(&mut self) {
        let Some(words) = self.words.clone() else {
            return self.note("[!] There are no words to compare.");
        };
        let question = Question::Words(words);
        if self.manner == Manner::Stream {
            self.note(format!("[*] {}", question.prompt().trim_end()));
        }
        self.ask(question);
    }

    /// `/reject`.
    pub(crate) fn reject(&mut self) {
        match self.words {
            Some(_) => self.request(Asked::Other, UiRequest::Reject),
            None => self.note("[!] There is nobody whose words could be rejected. /quit leaves."),
        }
    }

    /// Five wrong codes: the listener stays, and nobody gets in.
    pub(crate) fn code_is_dead(&mut self) {
        let keys = match self.start {
            Start::Menu => "Enter: make a new code. /menu: back",
            Start::Listen | Start::Connect => "Enter: make a new code. /quit: leave",
        };
        self.note(format!(
            "[!] Five wrong codes. This code is dead and nobody can connect. {keys}"
        ));
        // A stream's next line is no answer to that.
        if self.manner != Manner::Stream && self.stage == Stage::Waiting {
            self.question = Some(Question::NewCode);
        }
    }

    /// Back to the menu, from whatever question.
    pub(crate) fn back_to_menu(&mut self) {
        if self.stage == Stage::Waiting {
            self.request(Asked::Other, UiRequest::Disconnect);
        }
        self.attempt_over();
    }

    /// What to say of a request that was granted.
    pub(crate) fn granted(&mut self, asked: Option<&Asked>, event: &UiEvent) -> Option<String> {
        match (asked?, event) {
            (Asked::Connect(call), UiEvent::Ok) => {
                self.call = Some(call.clone());
                None
            }
            (Asked::NewCode, UiEvent::Listening(_)) => {
                Some("[*] This is a new code. The old one no longer works.".to_owned())
            }
            (Asked::Public, UiEvent::Listening(now)) => Some(crate::invite::share(now)),
            (Asked::Verify, UiEvent::Ok) if self.stage == Stage::Unverified => {
                Some("[*] The words match. Your friend has yet to type yours.".to_owned())
            }
            _ => None,
        }
    }
}
