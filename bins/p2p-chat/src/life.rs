//! A plugin's process, and how it is ended.

use std::time::Duration;

use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::spawn;

/// After a plugin's end its stdout may be held open by a child of its own; it is read on this long.
pub(crate) const LINGER: Duration = Duration::from_secs(1);
/// A plugin that closed its stdout, or was told to end, may take this long.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

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

/// The process of one run.
pub(crate) struct Life {
    /// `None` where the plugin is at this program's own stdin and stdout.
    process: Option<Process>,
    /// Why we ended it, if we did.
    pub(crate) failure: Option<String>,
}

/// A process that a task waits for: to look at it directly costs as much, at every turn of the
/// loop, as to pass on a text.
struct Process {
    /// Its exit code.
    ended: oneshot::Receiver<Option<i32>>,
    /// Used or dropped, it ends the process by force.
    kill: Option<oneshot::Sender<()>>,
    /// Its process group, where it has one of its own: a wrapper's real program is in it too.
    group: Option<u32>,
}

impl Life {
    /// The life of this process, whose group is `group`.
    pub(crate) fn of(child: Child, group: Option<u32>) -> Self {
        let (tell, ended) = oneshot::channel();
        let (kill, killed) = oneshot::channel();
        tokio::spawn(wait(child, killed, tell));
        let kill = Some(kill);
        Self {
            process: Some(Process { ended, kill, group }),
            failure: None,
        }
    }

    /// That of a plugin which is nobody's process.
    pub(crate) fn elsewhere() -> Self {
        Self {
            process: None,
            failure: None,
        }
    }

    /// Whether it is a process of ours.
    pub(crate) fn is_process(&self) -> bool {
        self.process.is_some()
    }

    /// Ends the plugin by force; the first failure is the one that counts.
    pub(crate) fn fail(&mut self, failure: impl Into<String>) {
        self.failure.get_or_insert_with(|| failure.into());
        self.kill_group();
        if let Some(process) = &mut self.process {
            process.kill = None;
        }
    }

    fn kill_group(&self) {
        if let Some(group) = self.process.as_ref().and_then(|process| process.group) {
            spawn::kill_group(group);
        }
    }

    /// Its exit code, when it has ended; to be asked for once. Cancel-safe.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        match &mut self.process {
            Some(process) => (&mut process.ended).await.ok().flatten(),
            None => Some(0),
        }
    }

    /// The end of a plugin that was not welcomed: by itself if it ends soon after it was `refused`,
    /// so that its exit code is known, else by force. Cancel-safe.
    pub(crate) async fn reap(&mut self, failure: &str, refused: Instant) -> Option<i32> {
        let by_itself = timeout_at(refused + LINGER, self.exit_code()).await;
        let code = match by_itself {
            Ok(code) => code,
            Err(_) => {
                self.fail(failure);
                self.exit_code().await
            }
        };
        self.failure.get_or_insert_with(|| failure.to_owned());
        code
    }

    /// It has ended with this code: what there is to say of it. What is left of its group goes too,
    /// unless it ended in good order.
    pub(crate) fn end(&mut self, code: Option<i32>, greeted: bool) -> End {
        if code != Some(0) {
            self.kill_group();
        }
        let reason = self.failure.take().unwrap_or_else(|| match code {
            Some(code) => format!("it ended with code {code}"),
            None => "it was killed by a signal".to_owned(),
        });
        End {
            code,
            reason,
            greeted,
        }
    }
}

/// Waits for a process to end, by force where nobody cares for it any more.
async fn wait(
    mut child: Child,
    killed: oneshot::Receiver<()>,
    ended: oneshot::Sender<Option<i32>>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        _ = killed => {
            // One that is gone already needs no signal.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    // Whoever asked may be gone.
    let _ = ended.send(status.ok().and_then(|status| status.code()));
}
