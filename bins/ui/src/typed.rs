//! What the user typed: the half of the state that takes lines. Pure.

use p2p_chat_protocol::ui::{SendMessage, UiRequest};
use p2p_chat_protocol::{DEFAULT_PORT, ErrorCode, MAX_TEXT, Refusal};

use crate::action::{Action, Manner, Stage, Typed};
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
        let counts = &self.view.talk.counts;
        let room = self.outgoing.has_room(counts.waiting, counts.waiting_bytes);
        match self.manner {
            Manner::Terminal | Manner::Plain => self.outgoing.has_room(0, 0),
            Manner::Stream => match self.stage {
                Stage::Chatting => room,
                // Commands are for us; the first text waits for somebody to have it.
                Stage::Waiting => self.held.is_none(),
                Stage::Idle | Stage::Leaving => self.question.is_some(),
            },
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

    pub(crate) fn answer(&mut self, question: Question, line: &str) {
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
        let meaning = understand(&line);
        self.typed |= matches!(meaning, Meaning::Text(_));
        match meaning {
            Meaning::Blank => {}
            Meaning::Text(text) if text.len() > MAX_TEXT => {
                self.too_long(text);
            }
            Meaning::Text(text) if self.stage == Stage::Chatting => self.send(text),
            Meaning::Text(text) if self.manner == Manner::Stream => self.held = Some(text),
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
            ErrorCode::TooLarge => self.too_long(text),
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

    fn too_long(&mut self, text: String) {
        let stays = too_long(text.len(), "It is still on your line: send it in parts.");
        let lost = too_long(text.len(), "It was not sent.");
        self.keep(text, stays, lost);
    }

    /// Says `stays` and puts `text` back on the input line; where there is none, says `lost`.
    fn keep(&mut self, text: String, stays: String, lost: String) {
        let line_is_there = self.manner == Manner::Terminal
            && self.question.is_none()
            && matches!(self.stage, Stage::Waiting | Stage::Chatting);
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
mod tests {
    use p2p_chat_plugin::Inbox;
    use p2p_chat_protocol::{Start, Welcome};

    use super::*;
    use crate::rows::Line;

    const PEER: &str = r#"{"type":"peer_connected","address":"198.51.100.2:54321","local_address":"192.168.1.100:8080","direction":"incoming","verification":"insecure"}"#;
    const LEFT: &str = r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"left","redialing":false}"#;
    const REPLACED: &str = r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"replaced","redialing":false,"waiting":true}"#;

    fn ui(manner: Manner, start: Start) -> Ui {
        let welcome = Welcome {
            protocol: 1,
            supervisor: String::new(),
            start,
            options: Default::default(),
        };
        let mut ui = Ui::new(manner, &welcome);
        told(&mut ui, r#"{"type":"replay_finished"}"#);
        ui
    }

    fn told(ui: &mut Ui, event: &str) -> Vec<String> {
        let mut inbox = Inbox::default();
        ui.incoming(inbox.read(event.as_bytes()), 0);
        shown(ui)
    }

    fn line(ui: &mut Ui, text: &str, question: bool) -> Vec<String> {
        let text = text.to_owned();
        ui.typed(Typed::Line { text, question }, 0);
        shown(ui)
    }

    fn shown(ui: &mut Ui) -> Vec<String> {
        let word = |action| match action {
            Action::Show(Line::Note(sentence)) => sentence,
            other => format!("{other:?}"),
        };
        ui.actions().into_iter().map(word).collect()
    }

    fn quits(said: &[String]) -> bool {
        said.iter().any(|word| word.contains("Quit"))
    }

    #[test]
    fn lines_of_a_stream_wait_for_their_time_and_those_of_a_person_do_not() {
        let mut stream = ui(Manner::Stream, Start::Listen);
        assert!(stream.wants_line(), "it may be a command");
        line(&mut stream, "/status", false);
        assert!(stream.wants_line());
        line(&mut stream, "first", false);
        assert!(!stream.wants_line());
        told(&mut stream, PEER);
        assert!(
            stream.held.is_none() && !stream.outgoing.is_empty(),
            "it is sent"
        );
        assert!(stream.wants_line());
        told(&mut stream, REPLACED);
        line(&mut stream, "hello", false);
        assert!(!stream.wants_line(), "another caller comes");
        assert!(ui(Manner::Terminal, Start::Listen).wants_line());
        assert!(ui(Manner::Stream, Start::Menu).wants_line());
    }

    #[test]
    fn somebody_who_left_without_a_word_does_not_bring_the_menu_back() {
        let mut ui = ui(Manner::Terminal, Start::Menu);
        line(&mut ui, "1", true);
        line(&mut ui, "", true);
        told(&mut ui, PEER);
        let silent = LEFT.replace("false", "false,\"waiting\":true");
        let said = told(&mut ui, &silent);
        assert!(
            said.iter()
                .any(|line| line.contains("[*] Waiting for connection...")),
            "{said:?}"
        );
        assert!(
            !said.iter().any(|line| line.contains("[1] Listen")),
            "{said:?}"
        );
        told(&mut ui, PEER);
        let said = told(&mut ui, LEFT);
        assert!(
            said.iter().any(|line| line.contains("[1] Listen")),
            "{said:?}"
        );
    }

    #[test]
    fn a_person_leaves_at_once_and_a_stream_when_all_is_sent() {
        for (manner, at_once) in [(Manner::Terminal, true), (Manner::Stream, false)] {
            let mut ui = ui(manner, Start::Listen);
            told(&mut ui, PEER);
            line(&mut ui, "hello", false);
            let said = line(&mut ui, "/quit", false);
            assert_eq!(quits(&said), at_once, "{manner:?}");
        }
    }

    #[test]
    fn a_stream_that_ends_with_nothing_typed_stays_until_the_menu_comes() {
        let mut stream = ui(Manner::Stream, Start::Menu);
        line(&mut stream, "1", false);
        line(&mut stream, "", false);
        told(&mut stream, PEER);
        stream.typed(Typed::End, 0);
        assert!(!quits(&shown(&mut stream)));
        assert!(quits(&told(&mut stream, LEFT)));
    }

    #[test]
    fn a_text_typed_before_the_menu_came_is_no_answer_to_it() {
        let mut ui = ui(Manner::Terminal, Start::Menu);
        line(&mut ui, "1", true);
        line(&mut ui, "", true);
        told(&mut ui, PEER);
        told(&mut ui, LEFT);
        assert_eq!(line(&mut ui, "3", false), ["[!] Not sent: \"3\""]);
        assert_eq!(ui.prompt().map(|prompt| prompt.question), Some(true));
    }

    #[test]
    fn a_text_goes_back_to_the_line_only_where_there_is_one() {
        let mut terminal = ui(Manner::Terminal, Start::Listen);
        let said = line(&mut terminal, "hello", false);
        assert_eq!(said[1], "Restore(\"hello\")");
        let mut plain = ui(Manner::Plain, Start::Listen);
        let said = line(&mut plain, "hello", false);
        assert_eq!(said, ["[!] Nobody is connected. Not sent: \"hello\""]);
    }

    #[test]
    fn after_quit_nothing_is_asked_and_nothing_begun() {
        let mut ui = ui(Manner::Terminal, Start::Menu);
        assert!(quits(&line(&mut ui, "/quit", true)));
        told(&mut ui, PEER);
        told(&mut ui, LEFT);
        assert_eq!((ui.prompt(), ui.wants_line()), (None, false));
        ui.typed(Typed::Leave, 0);
        assert!(!quits(&shown(&mut ui)), "asked once");
    }
}
