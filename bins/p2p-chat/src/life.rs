//! What the task of one run holds: the plugin's process, and whom it tells what.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::process::Child;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::signs::Signs;
use crate::spawn;

/// After a plugin's end its stdout may be held open by a child of its own; it is read on this long.
pub(crate) const LINGER: Duration = Duration::from_secs(1);
/// A plugin that closed its stdout, or was told to end, may take this long.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// What a plugin's run has to tell.
#[derive(Debug)]
pub(crate) enum Event {
    /// It said hello and was welcomed.
    Ready,
    /// Lines, in order.
    Lines(Vec<Bytes>),
    /// It is over. Nothing comes after this.
    Ended(End),
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct End {
    /// The exit code, where it had one.
    pub(crate) code: Option<i32>,
    /// Why, for people.
    pub(crate) reason: String,
    /// Whether it had said hello.
    pub(crate) greeted: bool,
}

impl Event {
    /// For a run whose task is gone without a word, which only a panic in it could bring about.
    pub(crate) fn lost() -> Self {
        Self::Ended(End {
            code: None,
            reason: "its task ended".to_owned(),
            greeted: false,
        })
    }
}

/// What the task of a run holds.
pub(crate) struct Life {
    pub(crate) child: Option<Child>,
    /// Its process group, where it has one of its own: a wrapper's real program is in it too.
    pub(crate) group: Option<u32>,
    pub(crate) tell: mpsc::Sender<Event>,
    pub(crate) kill: Arc<Notify>,
    /// Why we ended it, if we did.
    pub(crate) failure: Option<String>,
    /// Whether it lives although it reads nothing.
    pub(crate) signs: Signs,
}

impl Life {
    /// Ends the plugin by force; the first failure is the one that counts.
    pub(crate) fn fail(&mut self, failure: impl Into<String>) {
        self.failure.get_or_insert_with(|| failure.into());
        self.kill_group();
        if let Some(child) = &mut self.child {
            // One that is gone already needs no signal.
            let _ = child.start_kill();
        }
    }

    pub(crate) fn kill_group(&self) {
        if let Some(group) = self.group {
            spawn::kill_group(group);
        }
    }

    /// Its exit code, when it has ended. Cancel-safe.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        match &mut self.child {
            Some(child) => child.wait().await.ok().and_then(|status| status.code()),
            None => Some(0),
        }
    }

    /// Ends a plugin that was not welcomed: by itself if it does so at once, so that its exit code
    /// is known, else by force.
    pub(crate) async fn reap(&mut self, failure: String) -> Option<i32> {
        let code = match timeout(LINGER, self.exit_code()).await {
            Ok(code) => code,
            Err(_) => {
                self.fail(failure.clone());
                self.exit_code().await
            }
        };
        self.failure.get_or_insert(failure);
        code
    }
}
