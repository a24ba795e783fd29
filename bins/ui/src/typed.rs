//! What the user typed: the half of the state that takes lines. Pure.

use p2p_chat_protocol::ui::{SendMessage, UiRequest};
use p2p_chat_protocol::{DEFAULT_PORT, ErrorCode, MAX_TEXT, Refusal};

use crate::command::{Command, HELP, Meaning, understand};
use crate::menu::{Question, Step};
use crate::outgoing::Asked;
use crate::quoted::{grouped, quoted};
use crate::state::{Manner, Stage, Ui};

/// What came from the user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line, without its end.
    Line {
        text: String,
        /// Whether it was typed at a question of the menu.
        question: bool,
    },
    /// A line too long to be kept, of so many bytes.
    TooLong(usize),
    /// The user wants to leave: Ctrl-C or Ctrl-D on an empty line.
    Leave,
    /// The input is at its end.
    End,
}

impl Ui {
    /// Whether the next line can be understood now. Where lines come from a file or a pipe, they
    /// wait until then.
    pub(crate) fn wants_line(&self) -> bool {
        if self.replaying || self.stage == Stage::Leaving || self.ended || self.finishing {
            return false;
        }
        let counts = &self.view.talk.counts;
        let room = self.outgoing.has_room(counts.waiting, counts.waiting_bytes);
        match self.manner {
            Manner::Terminal | Manner::Plain => self.outgoing.has_room(0, 0),
            Manner::Stream => self.question.is_some() || self.stage == Stage::Chatting && room,
        }
    }

    /// Takes what the user typed.
    pub(crate) fn typed(&mut self, typed: Typed, now_ms: u64) {
        match typed {
            Typed::Line { text, question } => self.line(text, question, now_ms),
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

    fn line(&mut self, text: String, at_question: bool, now_ms: u64) {
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
            Some(question) => self.answer(question, &text),
            None if at_question => {}
            None => self.chat_line(text, now_ms),
        }
    }

    fn answer(&mut self, question: Question, line: &str) {
        let (steps, next) = question.answer(line);
        self.question = next;
        for step in steps {
            match step {
                Step::Say(sentence) => self.note(sentence),
                Step::Quit => self.leave(),
                Step::Request(request) => {
                    self.stage = Stage::Waiting;
                    let asked = match &request {
                        UiRequest::Listen(listen) => {
                            Asked::Listen(listen.port.unwrap_or(DEFAULT_PORT))
                        }
                        _ => Asked::Connect,
                    };
                    self.request(asked, request);
                }
            }
        }
    }

    fn chat_line(&mut self, line: String, now_ms: u64) {
        self.typed = true;
        match understand(&line) {
            Meaning::Blank => {}
            Meaning::Text(text) if text.len() > MAX_TEXT => {
                let bytes = text.len();
                self.keep(text, too_long(bytes, STAYS_IN_PARTS), |_| {
                    too_long(bytes, "It was not sent.")
                });
            }
            Meaning::Text(text) if self.stage == Stage::Chatting => self.send(text),
            Meaning::Text(text) => self.nobody_there(text),
            Meaning::Unknown(sentence) => self.note(sentence),
            Meaning::Command(Command::Help) => self.notes(&HELP),
            Meaning::Command(Command::Clear) => self.request(Asked::Other, UiRequest::Clear),
            Meaning::Command(Command::Quit) if self.manner == Manner::Stream => {
                self.finishing = true;
            }
            Meaning::Command(Command::Quit) => self.leave(),
            Meaning::Command(Command::Status) => {
                for line in self.view.status(now_ms) {
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
            ErrorCode::TooLarge => {
                let bytes = text.len();
                self.keep(text, too_long(bytes, STAYS_IN_PARTS), |_| {
                    too_long(bytes, "It was not sent.")
                });
            }
            _ => {
                let reason = &refusal.message;
                self.keep(text, format!("[!] {reason}"), |text| {
                    format!("[!] {reason} Not sent: \"{}\"", quoted(text))
                });
            }
        }
    }

    fn nobody_there(&mut self, text: String) {
        let stays = "[!] Nobody is connected yet. Your text stays on the line.";
        self.keep(text, stays.to_owned(), |text| {
            format!("[!] Nobody is connected. Not sent: \"{}\"", quoted(text))
        });
    }

    /// Says `stays` and puts `text` back on the input line; where there is none, says `lost`.
    fn keep(&mut self, text: String, stays: String, lost: impl Fn(&str) -> String) {
        let line_is_there = self.manner == Manner::Terminal
            && self.question.is_none()
            && matches!(self.stage, Stage::Waiting | Stage::Chatting);
        if line_is_there {
            self.note(stays);
            self.actions.push(crate::state::Action::Restore(text));
        } else {
            self.note(lost(&text));
        }
    }

    fn give_back(&mut self, text: String) {
        if !text.trim().is_empty() {
            self.note(not_sent(&text));
        }
    }
}

const STAYS_IN_PARTS: &str = "It is still on your line: send it in parts.";

/// A text that was typed and went nowhere.
pub(crate) fn not_sent(text: &str) -> String {
    format!("[!] Not sent: \"{}\"", quoted(text))
}

fn too_long(bytes: usize, fate: &str) -> String {
    let (bytes, most) = (grouped(bytes), grouped(MAX_TEXT));
    format!("[!] This text has {bytes} bytes; a message holds {most}. {fate}")
}
