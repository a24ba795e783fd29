//! What the ui knows and does next: events and typed lines in, actions out. Pure.
//!
//! This file takes the supervisor's events; refusals are in `refused.rs`, the user's lines in
//! `typed.rs`, what codes and words need in `commands.rs`, what the user is asked in `prompt.rs`.

use p2p_chat_plugin::Incoming;
use p2p_chat_protocol::ui::{
    Author, Connect, Input, PeerDisconnected, UiEvent, UiRequest, Verification,
};
use p2p_chat_protocol::{Received, Start, Welcome};

use crate::action::{Action, Manner, Now, Stage, Typed};
use crate::menu::{BANNER, CHOICES, Question};
use crate::outgoing::{Asked, Outgoing};
use crate::quoted::{named, quoted};
use crate::rows::Line;
use crate::view::View;

/// The whole state.
pub(crate) struct Ui {
    pub(crate) manner: Manner,
    pub(crate) start: Start,
    bell: bool,
    pub(crate) stage: Stage,
    pub(crate) question: Option<Question>,
    pub(crate) view: View,
    pub(crate) outgoing: Outgoing,
    /// The call under way, or the last one.
    pub(crate) call: Option<Connect>,
    /// The words to say, while they are compared.
    pub(crate) words: Option<String>,
    /// The story so far is being told; nothing is asked meanwhile.
    pub(crate) replaying: bool,
    banner_shown: bool,
    /// The user's input is at its end.
    pub(crate) ended: bool,
    /// A text was typed.
    pub(crate) typed: bool,
    /// A text of a stream that nobody can have yet. What comes behind it waits as well.
    pub(crate) held: Option<String>,
    /// Leave as soon as everything typed has arrived.
    pub(crate) finishing: bool,
    quit_asked: bool,
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
            view: View::new(manner, welcome.options.verbose),
            outgoing: Outgoing::default(),
            call: None,
            words: None,
            replaying: true,
            banner_shown: false,
            ended: false,
            typed: false,
            held: None,
            finishing: false,
            quit_asked: false,
            actions: Vec::new(),
        }
    }

    /// What is to be done since the last time.
    pub(crate) fn actions(&mut self) -> impl Iterator<Item = Action> {
        self.actions.drain(..)
    }

    /// When something is to be done without an event, by the clock that never jumps.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.view.talk.deadline()
    }

    /// Takes one line of the supervisor.
    pub(crate) fn incoming(&mut self, incoming: Incoming<UiEvent>, now: Now) {
        match incoming {
            Incoming::Message(received) => self.event(received, now),
            Incoming::BadReply(id, refusal) => self.refused(Some(id), refusal),
            Incoming::Refuse(id, refusal) => self.actions.push(Action::Refuse(id, refusal)),
            Incoming::Ignore => {}
        }
    }

    fn event(&mut self, received: Received<UiEvent>, now: Now) {
        let Received {
            reply_to,
            mut message,
            ..
        } = received;
        if let UiEvent::Error(refusal) = message {
            return self.refused(reply_to, refusal);
        }
        let asked = reply_to.and_then(|id| self.outgoing.answered(id));
        if matches!(asked, Some(Asked::Listen(_))) {
            self.view.reach = Default::default();
        }
        if let Some(sentence) = self.granted(asked.as_ref(), &message) {
            self.note(sentence);
        }
        if let UiEvent::MessageAdded(message) = &mut message {
            if let Some(line) = self.view.text(message, now) {
                self.show(line);
            }
        } else {
            for line in self.view.lines(&mut message, now) {
                self.show(line);
            }
        }
        self.follow(&message);
        self.go_on();
    }

    /// What changes with an event, beside the screen.
    fn follow(&mut self, event: &UiEvent) {
        match event {
            UiEvent::ReplayFinished => {
                self.replaying = false;
                if self.stage == Stage::Idle && self.question.is_none() {
                    self.open_menu();
                }
            }
            UiEvent::Listening(listening) => {
                if self.stage == Stage::Idle {
                    self.enter(Stage::Waiting);
                }
                if listening.passcode.is_some() && self.question == Some(Question::NewCode) {
                    self.question = None;
                }
            }
            UiEvent::PeerConnected(peer) if peer.verification == Verification::Unverified => {
                self.enter(Stage::Unverified);
            }
            UiEvent::PeerConnected(_) => {
                self.words = None;
                self.call = None;
                self.enter(Stage::Chatting);
                if let Some(text) = self.held.take() {
                    self.send(text);
                }
            }
            UiEvent::VerificationNeeded(needed) => {
                self.words = Some(needed.show.0.clone());
                self.compare_words();
            }
            UiEvent::PeerDisconnected(gone) if !gone.redialing => self.chat_over(gone),
            UiEvent::AuthenticationFailed(failed) if failed.guesses_left == Some(0) => {
                self.code_is_dead();
            }
            UiEvent::ConnectFailed(refusal) => self.call_failed(refusal.code),
            UiEvent::InputNeeded(needed) => {
                let address = needed.address.clone().unwrap_or_default();
                self.ask(match needed.what {
                    Input::Invite => Question::Peer,
                    Input::Passcode => Question::Code(address),
                });
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

    fn chat_over(&mut self, gone: &PeerDisconnected) {
        self.words = None;
        for text in self.outgoing.give_up() {
            self.note(format!("[!] Not sent: \"{}\"", quoted(&text)));
        }
        if gone.waiting {
            self.enter(Stage::Waiting);
        } else {
            self.attempt_over();
        }
    }

    /// No chat, or no longer: back to the menu where it began there. Else the supervisor ends
    /// the program.
    pub(crate) fn attempt_over(&mut self) {
        match self.start {
            Start::Menu => {
                self.view.reach = Default::default();
                self.enter(Stage::Idle);
                if !self.replaying {
                    self.open_menu();
                }
            }
            Start::Listen | Start::Connect if self.manner == Manner::Stream => {
                self.enter(Stage::Waiting);
            }
            Start::Listen | Start::Connect => self.enter(Stage::Leaving),
        }
    }

    pub(crate) fn enter(&mut self, stage: Stage) {
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
    pub(crate) fn ask(&mut self, question: Question) {
        if self.stage == Stage::Leaving {
            return;
        }
        match self.held.take() {
            Some(answer) => self.answer(question, &answer),
            None => self.question = Some(question),
        }
    }

    /// After a batch of events, or because of the time: what became of texts.
    pub(crate) fn settle(&mut self, now: Now) {
        for line in self.view.settle(now) {
            self.show(line);
        }
        let over = self.view.talk.peer().is_none() || self.stage == Stage::Leaving;
        if over && let Some(failed) = self.view.talk.delivery.take_failed() {
            self.note(format!("[!] {failed}"));
        }
    }

    /// The supervisor says no more: what nobody took, or nobody confirmed, is named. `unread` are
    /// lines of the user's that were not looked at.
    pub(crate) fn cut_off(&mut self, unread: impl IntoIterator<Item = Typed>) {
        let mut unsent = self.outgoing.unanswered();
        unsent.extend(self.held.take());
        // On a terminal and at a menu a line may answer a question; behind /quit it is for nobody.
        if self.manner == Manner::Stream && self.start != Start::Menu && !self.finishing {
            unsent.extend(unread.into_iter().filter_map(Typed::text));
        }
        if !unsent.is_empty() {
            self.note(format!(
                "[!] Not sent: {}. {}",
                unsent.len(),
                named(&unsent)
            ));
        }
        let delivery = &mut self.view.talk.delivery;
        delivery.give_up();
        if let Some(failed) = delivery.take_failed() {
            self.note(format!("[!] {failed}"));
        }
    }

    /// Sends again what waits for room, and leaves when the time has come.
    pub(crate) fn go_on(&mut self) {
        while self.stage == Stage::Chatting
            && let Some(text) = self.outgoing.again()
        {
            self.send(text);
        }
        let all_there = self.outgoing.is_empty() && self.view.talk.delivery.waiting() == 0;
        let nothing_to_do = match self.stage {
            Stage::Chatting => all_there,
            Stage::Unverified => false,
            Stage::Idle | Stage::Waiting | Stage::Leaving => true,
        };
        if self.finishing && self.held.is_none() && nothing_to_do {
            self.leave();
        }
    }

    /// Asks the supervisor to end the program.
    pub(crate) fn leave(&mut self) {
        if !std::mem::replace(&mut self.quit_asked, true) {
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
