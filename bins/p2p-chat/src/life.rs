//! The task of one run: it owns the plugin's process and its pipes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use p2p_chat_plugin::{LineReader, Pipe, Sink, Source};
use p2p_chat_protocol::{Role, Welcome};
use tokio::io::AsyncWriteExt;
use tokio::process::Child;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::greeting::greet;

/// A plugin that does not read for this long is stuck.
const STALLED: Duration = Duration::from_secs(10);
/// A timer this late means that the whole computer, or this program, slept; it starts anew.
const LATE: Duration = Duration::from_secs(5);
/// After a plugin's end its stdout may be held open by a child of its own; silence this long on it
/// is its end.
const LINGER: Duration = Duration::from_secs(1);
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

/// The task of a run.
pub(crate) struct Life {
    pub(crate) child: Option<Child>,
    pub(crate) tell: mpsc::Sender<Event>,
    pub(crate) kill: Arc<Notify>,
    /// Why we ended it, if we did.
    pub(crate) failure: Option<String>,
}

impl Life {
    /// Greets the plugin, passes lines until it is gone, and tells its end.
    pub(crate) async fn live(
        mut self,
        role: Role,
        mut pipe: Pipe,
        welcome: Welcome,
        chunks: mpsc::Receiver<Vec<u8>>,
    ) {
        let kill = Arc::clone(&self.kill);
        let hello = tokio::select! {
            hello = greet(&mut pipe, role, welcome) => hello,
            () = kill.notified() => Err("it was ended before it said hello".to_owned()),
        };
        let greeted = hello.is_ok();
        let code = match hello {
            Ok(()) => {
                let _ = self.tell.send(Event::Ready).await;
                let (reader, sink) = pipe.into_parts();
                self.talk(reader, sink, chunks).await
            }
            Err(failure) => {
                drop(pipe);
                self.reap(failure).await
            }
        };
        let reason = self.failure.take().unwrap_or_else(|| match code {
            Some(code) => format!("it ended with code {code}"),
            None => "it was killed by a signal".to_owned(),
        });
        let _ = self
            .tell
            .send(Event::Ended(End {
                code,
                reason,
                greeted,
            }))
            .await;
    }

    /// Passes lines and chunks until the plugin is gone; its exit code.
    async fn talk(
        &mut self,
        mut reader: LineReader<Source>,
        sink: Sink,
        chunks: mpsc::Receiver<Vec<u8>>,
    ) -> Option<i32> {
        let (kill, tell) = (Arc::clone(&self.kill), self.tell.clone());
        let mut writer = std::pin::pin!(write_chunks(sink, chunks));
        let mut writing = true;
        let mut batch = Vec::new();
        // When its stdout ended; when and how its process did.
        let mut silent: Option<Instant> = None;
        let mut exited = self.child.is_none().then_some(Some(0));
        loop {
            let lingering = exited.is_some() && self.child.is_some();
            if batch.is_empty() && (silent.is_some() && exited.is_some()) {
                return exited.flatten();
            }
            tokio::select! {
                line = reader.next(), if batch.is_empty() && silent.is_none() => {
                    if let Err(failure) = collect(&mut reader, line, &mut batch) {
                        silent = Some(Instant::now());
                        if let Some(failure) = failure { self.fail(failure); }
                    }
                }
                permit = tell.reserve(), if !batch.is_empty() => match permit {
                    Ok(permit) => permit.send(Event::Lines(std::mem::take(&mut batch))),
                    Err(_) => batch.clear(),
                },
                stuck = &mut writer, if writing => {
                    writing = false;
                    // Nobody's process: its end is ours.
                    if self.child.is_none() { silent = Some(Instant::now()); }
                    if stuck { self.fail(format!("it read nothing for {} s", STALLED.as_secs())); }
                }
                code = wait(&mut self.child), if exited.is_none() => exited = Some(code),
                () = kill.notified() => self.fail("it was ended".to_owned()),
                () = sleep(LINGER), if lingering && batch.is_empty() => silent = Some(Instant::now()),
                () = sleep_until(silent.unwrap_or_else(Instant::now) + GRACE),
                    if silent.is_some() && exited.is_none() => {
                    self.fail("it closed its stdout and did not end".to_owned());
                }
            }
        }
    }

    fn fail(&mut self, failure: String) {
        self.failure.get_or_insert(failure);
        if let Some(child) = &mut self.child {
            // One that is gone already needs no signal.
            let _ = child.start_kill();
        }
    }

    /// Ends a plugin that was not welcomed: by itself if it does so at once, so that its exit code
    /// is known, else by force.
    async fn reap(&mut self, failure: String) -> Option<i32> {
        let code = match timeout(LINGER, wait(&mut self.child)).await {
            Ok(code) => code,
            Err(_) => {
                self.fail(failure.clone());
                wait(&mut self.child).await
            }
        };
        self.failure.get_or_insert(failure);
        code
    }
}

/// Takes all lines that are there. `Err`: no more will come, with the reason where it is the plugin's.
fn collect(
    reader: &mut LineReader<Source>,
    first: std::io::Result<Option<Bytes>>,
    batch: &mut Vec<Bytes>,
) -> Result<(), Option<String>> {
    let mut next = first;
    loop {
        match next {
            Ok(Some(line)) => batch.push(line),
            Ok(None) => return Err(None),
            Err(error) => return Err(Some(error.to_string())),
        }
        next = match reader.buffered() {
            Ok(None) => return Ok(()),
            more => more,
        };
    }
}

async fn wait(child: &mut Option<Child>) -> Option<i32> {
    match child {
        Some(child) => child.wait().await.ok().and_then(|status| status.code()),
        None => Some(0),
    }
}

/// Writes chunks until there are no more, then closes; `true` when the plugin is stuck.
async fn write_chunks(mut sink: Sink, mut chunks: mpsc::Receiver<Vec<u8>>) -> bool {
    while let Some(chunk) = chunks.recv().await {
        let mut rest = &chunk[..];
        let mut deadline = Instant::now() + STALLED;
        while !rest.is_empty() {
            tokio::select! {
                written = sink.write(rest) => match written {
                    // Nobody reads: its end is told by its process.
                    Ok(0) | Err(_) => return false,
                    Ok(count) => {
                        rest = &rest[count..];
                        deadline = Instant::now() + STALLED;
                    }
                },
                () = sleep_until(deadline) => {
                    if deadline.elapsed() < LATE { return true; }
                    deadline = Instant::now() + STALLED;
                }
            }
        }
        if sink.flush().await.is_err() {
            return false;
        }
    }
    false
}
