//! What the user typed: the half of the state that takes lines. Pure.

use p2p_chat_protocol::ui::{SendMessage, UiRequest};
use p2p_chat_protocol::{DEFAULT_PORT, ErrorCode, MAX_TEXT, Refusal, Start};

use crate::action::{Action, Manner, Now, Stage, Typed};
use crate::command::{Command, HELP, Meaning, understand};
use crate::menu::{Question, Step};
use crate::outgoing::Asked;
use crate::quoted::{grouped, quoted};
use crate::state::Ui;

impl Ui {
    /// Whether the next line can be understood now. Where lines come from a file or a pipe, they
    /// wait until then.
    pub(crate) fn wants_line(&self) -> bool {
        if self.replaying || self.stage == Stage::Leaving || self.ended || self.finishing {
            return false;
        }
        let delivery = &self.view.talk.delivery;
        let (waiting, bytes) = (delivery.waiting(), delivery.counts.waiting_bytes);
        let room = self.outgoing.has_room(waiting, bytes);
        match self.manner {
            Manner::Terminal | Manner::Plain => self.outgoing.has_room(0, 0),
            Manner::Stream => match self.stage {
                Stage::Chatting => room,
                Stage::Unverified if self.question.is_some() => true,
                // Commands are for us; the first text waits for somebody to have it.
                Stage::Waiting | Stage::Unverified => self.held.is_none(),
                Stage::Idle | Stage::Leaving => self.question.is_some(),
            },
        }
    }

    /// Takes what the user typed.
    pub(crate) fn typed(&mut self, typed: Typed, now: Now) {
        match typed {
            Typed::Line { text, question } => self.line(text, question, now),
            Typed::TooLong(bytes) => {
                self.typed = true;
                self.note(too_long(bytes, "It was not sent."));
            }
            Typed::Leave => self.leave(),
            Typed::End => self.end(),
        }
        self.go_on();
    }

    /// The end of the input. With nothing typed this side only receives, until the peer leaves.
    fn end(&mut self) {
        self.ended = true;
        if self.manner != Manner::Stream || self.question.is_some() {
            self.leave();
        } else {
            self.finishing = self.typed;
        }
    }

    fn line(&mut self, text: String, at_question: bool, now: Now) {
        match self.question.take() {
            // The peer left while this was on its way: it is no answer to the menu.
            Some(question) if self.manner == Manner::Terminal && !at_question => {
                self.question = Some(question);
                self.give_back(text);
            }
            Some(question) if text.len() > MAX_TEXT => {
                self.question = Some(question);
                self.note(too_long(text.len(), "It was not taken."));
            }
            Some(question) => self.answer_now(question, &text, now),
            None if at_question => {}
            None => self.chat_line(text, now),
        }
    }

    /// A line that was typed before the question came.
    pub(crate) fn answer(&mut self, question: Question, line: &str) {
        self.answer_now(question, line, Now::default());
    }

    fn answer_now(&mut self, question: Question, line: &str, now: Now) {
        let (steps, next) = question.answer(line);
        self.question = next;
        for step in steps {
            match step {
                Step::Say(sentence) => self.note(sentence),
                Step::Quit => self.leave(),
                Step::Menu if self.start == Start::Menu => self.back_to_menu(),
                Step::Menu => self.chat_line("/menu".to_owned(), now),
                Step::Command(command) => self.chat_line(command, now),
                Step::Request(UiRequest::Verify(words)) => {
                    self.request(Asked::Verify, UiRequest::Verify(words));
                }
                Step::Request(request) => {
                    self.stage = Stage::Waiting;
                    let asked = match &request {
                        UiRequest::Connect(call) => Asked::Connect(call.clone()),
                        UiRequest::Listen(listen) => {
                            Asked::Listen(listen.port.unwrap_or(DEFAULT_PORT))
                        }
                        _ => Asked::Other,
                    };
                    self.request(asked, request);
                }
            }
        }
    }

    fn chat_line(&mut self, line: String, now: Now) {
        let meaning = understand(line);
        self.typed |= matches!(meaning, Meaning::Text(_));
        match meaning {
            Meaning::Blank => {}
            Meaning::Text(text) if text.len() > MAX_TEXT => {
                self.too_long(text);
            }
            Meaning::Text(text) if self.stage == Stage::Chatting => self.send(text),
            Meaning::Text(text) if self.manner == Manner::Stream => self.held = Some(text),
            Meaning::Text(text) if self.stage == Stage::Unverified => self.not_verified(text),
            Meaning::Text(text) => self.nobody_there(text),
            Meaning::Unknown(sentence) => self.note(sentence),
            Meaning::Command(Command::Help) => self.notes(&HELP),
            Meaning::Command(Command::Clear) => self.request(Asked::Other, UiRequest::Clear),
            Meaning::Command(Command::Quit) if self.manner == Manner::Stream => {
                self.finishing = true;
            }
            Meaning::Command(Command::Quit) => self.leave(),
            Meaning::Command(Command::NewCode) => self.new_code(),
            Meaning::Command(Command::Public(address)) => self.set_public(address),
            Meaning::Command(Command::Copy) => self.copy_invite(),
            Meaning::Command(Command::Verify) => self.compare_words(),
            Meaning::Command(Command::Reject) => self.reject(),
            Meaning::Command(Command::Status) => {
                for line in self.view.status(now) {
                    self.show(line);
                }
            }
        }
    }

    pub(crate) fn send(&mut self, text: String) {
        let message = SendMessage {
            text: text.as_str().into(),
        };
        self.request(Asked::Text(text), UiRequest::SendMessage(message));
    }

    /// The supervisor did not take a text.
    pub(crate) fn text_refused(&mut self, text: String, refusal: &Refusal) {
        match refusal.code {
            ErrorCode::QueueFull if self.manner == Manner::Stream => self.outgoing.refused(text),
            ErrorCode::NotConnected => self.nobody_there(text),
            ErrorCode::NotVerified => self.not_verified(text),
            ErrorCode::TooLarge => self.too_long(text),
            // The program ends, and the line with it.
            ErrorCode::Busy => self.note(not_sent(&text)),
            _ => {
                let reason = format!("[!] {}", refusal.message);
                let lost = format!("{reason} Not sent: \"{}\"", quoted(&text));
                self.keep(text, reason, lost);
            }
        }
    }

    fn nobody_there(&mut self, text: String) {
        let stays = "[!] Nobody is connected yet. Your text stays on the line.".to_owned();
        let lost = format!("[!] Nobody is connected. Not sent: \"{}\"", quoted(&text));
        self.keep(text, stays, lost);
    }

    fn not_verified(&mut self, text: String) {
        let news = "[!] The words are not compared yet.";
        let lost = format!("{news} Not sent: \"{}\"", quoted(&text));
        self.keep(text, format!("{news} Your text stays on the line."), lost);
    }

    fn too_long(&mut self, text: String) {
        let stays = too_long(text.len(), "It is still on your line: send it in parts.");
        let lost = too_long(text.len(), "It was not sent.");
        self.keep(text, stays, lost);
    }

    /// Says `stays` and puts `text` back on the input line; where there is none, says `lost`.
    fn keep(&mut self, text: String, stays: String, lost: String) {
        let line_is_there = self.manner == Manner::Terminal
            && self.question.is_none()
            && matches!(
                self.stage,
                Stage::Waiting | Stage::Unverified | Stage::Chatting
            );
        if line_is_there {
            self.note(stays);
            // As it was typed: a text that begins with a slash was typed with two.
            let typed = if text.starts_with('/') {
                format!("/{text}")
            } else {
                text
            };
            self.actions.push(Action::Restore(typed));
        } else {
            self.note(lost);
        }
    }

    fn give_back(&mut self, text: String) {
        if !text.trim().is_empty() {
            self.note(not_sent(&text));
        }
    }
}

/// A text that was typed and went nowhere.
pub(crate) fn not_sent(text: &str) -> String {
    format!("[!] Not sent: \"{}\"", quoted(text))
}

fn too_long(bytes: usize, fate: &str) -> String {
    let (bytes, most) = (grouped(bytes), grouped(MAX_TEXT));
    format!("[!] This text has {bytes} bytes; a message holds {most}. {fate}")
}

#[cfg(test)]
mod tests;
