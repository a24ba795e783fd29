//! What the ui knows and does next: events and typed lines in, actions out. Pure.
//!
//! This half takes the supervisor's events; the user's lines are in `typed.rs`.

use p2p_chat_plugin::Incoming;
use p2p_chat_protocol::ui::{Author, Input, Level, UiEvent, UiRequest};
use p2p_chat_protocol::{ErrorCode, Received, Refusal, Start, Welcome};

use crate::action::{Action, Manner, Prompt, Stage};
use crate::menu::{BANNER, CHOICES, Question};
use crate::outgoing::{Asked, Outgoing};
use crate::quoted::quoted;
use crate::rows::Line;
use crate::view::{View, marked};

/// The whole state.
pub(crate) struct Ui {
    pub(crate) manner: Manner,
    start: Start,
    bell: bool,
    pub(crate) stage: Stage,
    pub(crate) question: Option<Question>,
    pub(crate) view: View,
    pub(crate) outgoing: Outgoing,
    /// The story so far is being told; nothing is asked meanwhile.
    pub(crate) replaying: bool,
    banner_shown: bool,
    /// The user's input is at its end.
    pub(crate) ended: bool,
    /// A text was typed.
    pub(crate) typed: bool,
    /// A text of a stream that nobody can have yet. What comes behind it waits as well.
    pub(crate) held: Option<String>,
    /// Leave as soon as everything typed is on its way.
    pub(crate) finishing: bool,
    pub(crate) actions: Vec<Action>,
}

impl Ui {
    /// At the welcome.
    pub(crate) fn new(manner: Manner, welcome: &Welcome) -> Self {
        let stage = match welcome.start {
            Start::Menu => Stage::Idle,
            Start::Listen | Start::Connect => Stage::Waiting,
        };
        Self {
            manner,
            start: welcome.start,
            bell: welcome.options.bell && manner != Manner::Stream,
            stage,
            question: None,
            view: View::new(welcome.options.verbose, manner != Manner::Plain),
            outgoing: Outgoing::default(),
            replaying: true,
            banner_shown: false,
            ended: false,
            typed: false,
            held: None,
            finishing: false,
            actions: Vec::new(),
        }
    }

    /// What is to be done since the last time.
    pub(crate) fn actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// What the next line will answer; `None`: nobody is asked now.
    pub(crate) fn prompt(&self) -> Option<Prompt> {
        let silent = self.manner == Manner::Stream;
        if silent || self.replaying || self.stage == Stage::Leaving {
            return None;
        }
        if let Some(question) = &self.question {
            let text = question.prompt();
            return Some(Prompt {
                text,
                question: true,
            });
        }
        let text = match self.stage {
            Stage::Chatting if self.view.talk.insecure() => "INSECURE > ",
            Stage::Chatting | Stage::Waiting => "> ",
            Stage::Idle | Stage::Leaving => return None,
        };
        let text = text.to_owned();
        Some(Prompt {
            text,
            question: false,
        })
    }

    /// Takes one line of the supervisor.
    pub(crate) fn incoming(&mut self, incoming: Incoming<UiEvent>, now_ms: u64) {
        match incoming {
            Incoming::Message(received) => self.event(received, now_ms),
            Incoming::BadReply(id, refusal) => self.refused(Some(id), refusal),
            Incoming::Refuse(id, refusal) => self.actions.push(Action::Refuse(id, refusal)),
            Incoming::Ignore => {}
        }
    }

    fn event(&mut self, received: Received<UiEvent>, now_ms: u64) {
        let Received {
            reply_to, message, ..
        } = received;
        if let UiEvent::Error(refusal) = message {
            return self.refused(reply_to, refusal);
        }
        let asked = reply_to.and_then(|id| self.outgoing.answered(id));
        if matches!(asked, Some(Asked::Listen(_))) {
            self.view.reach = Default::default();
        }
        for line in self.view.lines(&message, now_ms) {
            self.show(line);
        }
        self.follow(&message);
        self.go_on();
    }

    /// What changes with an event, beside the screen.
    fn follow(&mut self, event: &UiEvent) {
        match event {
            UiEvent::ReplayFinished => {
                self.replaying = false;
                if self.stage == Stage::Idle {
                    self.open_menu();
                }
            }
            UiEvent::Listening(_) if self.stage == Stage::Idle => self.enter(Stage::Waiting),
            UiEvent::PeerConnected(_) => {
                self.enter(Stage::Chatting);
                if let Some(text) = self.held.take() {
                    self.send(text);
                }
            }
            UiEvent::PeerDisconnected(gone) if !gone.redialing => {
                let unsent = self.outgoing.give_up();
                for text in unsent {
                    self.note(format!("[!] Not sent: \"{}\"", quoted(&text)));
                }
                if gone.waiting {
                    self.enter(Stage::Waiting);
                } else {
                    self.attempt_over();
                }
            }
            UiEvent::ConnectFailed(_) => self.attempt_over(),
            UiEvent::InputNeeded(needed) if needed.what == Input::Invite => {
                self.ask(Question::Peer);
            }
            UiEvent::MessageAdded(message) if message.from == Author::Peer && self.bell => {
                self.actions.push(Action::Ring);
            }
            UiEvent::MessageUpdated(_) => self.outgoing.unblock(),
            UiEvent::Cleared if self.manner == Manner::Terminal => self.actions.push(Action::Wipe),
            UiEvent::Cleared => self.note("[*] The conversation in memory was wiped."),
            _ => {}
        }
    }

    /// No chat, or no longer: back to the menu where it began there. Else the supervisor ends
    /// the program.
    fn attempt_over(&mut self) {
        match self.start {
            Start::Menu => {
                self.view.reach = Default::default();
                self.enter(Stage::Idle);
                if !self.replaying {
                    self.open_menu();
                }
            }
            Start::Listen | Start::Connect => self.enter(Stage::Waiting),
        }
    }

    fn enter(&mut self, stage: Stage) {
        if self.stage != Stage::Leaving {
            self.stage = stage;
            self.question = None;
        }
    }

    fn open_menu(&mut self) {
        if self.stage == Stage::Leaving {
            return;
        }
        if self.ended {
            return self.leave();
        }
        if self.manner != Manner::Stream {
            if !std::mem::replace(&mut self.banner_shown, true) {
                self.notes(&BANNER);
            }
            self.notes(&CHOICES);
        }
        self.ask(Question::Choice);
    }

    /// Asks the user; a stream may have answered already.
    fn ask(&mut self, question: Question) {
        match self.held.take() {
            Some(answer) => self.answer(question, &answer),
            None => self.question = Some(question),
        }
    }

    /// A request was refused.
    fn refused(&mut self, reply_to: Option<u64>, refusal: Refusal) {
        match reply_to.and_then(|id| self.outgoing.answered(id)) {
            Some(Asked::Text(text)) => self.text_refused(text, &refusal),
            Some(Asked::Listen(port))
                if refusal.code == ErrorCode::AddressInUse && self.start == Start::Menu =>
            {
                self.enter(Stage::Idle);
                self.ask(Question::OtherPort(port));
            }
            asked => {
                self.note(marked(Level::Error, &refusal.message));
                match (asked, self.start) {
                    (Some(Asked::Listen(_) | Asked::Connect), Start::Menu) => self.attempt_over(),
                    (Some(Asked::Connect), _) => self.ask(Question::Peer),
                    _ => {}
                }
            }
        }
        self.go_on();
    }

    /// After a batch of events: what became of the texts of a chat that is over.
    pub(crate) fn settle(&mut self) {
        let over = self.view.talk.peer().is_none() || self.stage == Stage::Leaving;
        if over && let Some(sentence) = self.view.talk.name_failed() {
            self.note(sentence);
        }
    }

    /// Sends again what waits for room, and leaves when the time has come.
    pub(crate) fn go_on(&mut self) {
        while self.stage == Stage::Chatting
            && let Some(text) = self.outgoing.again()
        {
            self.send(text);
        }
        let all_sent = self.outgoing.is_empty() && self.view.talk.counts.waiting == 0;
        if self.finishing && self.held.is_none() && (self.stage != Stage::Chatting || all_sent) {
            self.leave();
        }
    }

    /// Asks the supervisor to end the program.
    pub(crate) fn leave(&mut self) {
        if self.stage != Stage::Leaving {
            self.stage = Stage::Leaving;
            self.question = None;
            self.request(Asked::Other, UiRequest::Quit);
        }
    }

    pub(crate) fn request(&mut self, asked: Asked, request: UiRequest) {
        let id = self.outgoing.ask(asked);
        self.actions.push(Action::Request(id, request));
    }

    pub(crate) fn show(&mut self, line: Line) {
        self.actions.push(Action::Show(line));
    }

    pub(crate) fn note(&mut self, sentence: impl Into<String>) {
        self.show(Line::note(sentence));
    }

    pub(crate) fn notes(&mut self, sentences: &[&str]) {
        for sentence in sentences {
            self.note(*sentence);
        }
    }
}
