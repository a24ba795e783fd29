//! What stands before the next line: the part of the state that knows what it is for. Pure.

use crate::action::{Manner, Prompt, Stage};
use crate::state::Ui;

impl Ui {
    /// What the next line will answer; `None`: nobody is asked now.
    pub(crate) fn prompt(&self) -> Option<Prompt> {
        let silent = self.manner == Manner::Stream;
        if silent || self.replaying || self.stage == Stage::Leaving {
            return None;
        }
        if let Some(question) = &self.question {
            return Some(Prompt {
                text: question.prompt(),
                question: true,
                secret: question.is_secret(),
                ..Prompt::default()
            });
        }
        let waiting = self.view.talk.delivery.visibly_waiting();
        let (text, header) = match self.stage {
            Stage::Chatting if self.view.talk.insecure() => ("INSECURE > ".to_owned(), vec![]),
            Stage::Chatting if waiting > 0 => (format!("{waiting} waiting > "), vec![]),
            Stage::Chatting | Stage::Unverified => ("> ".to_owned(), vec![]),
            // A plain terminal keeps its prompt on the screen, above what comes.
            Stage::Waiting if self.manner == Manner::Plain && !self.view.listens() => return None,
            Stage::Waiting => ("> ".to_owned(), self.view.header()),
            Stage::Idle | Stage::Leaving => return None,
        };
        let rows = header.into_iter().map(|row| row + "\n");
        Some(Prompt {
            header: rows.collect(),
            text,
            ..Prompt::default()
        })
    }
}
