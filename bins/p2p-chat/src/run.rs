//! One run of one plugin, from its start to its end.
//!
//! A task (`task.rs`) owns the process and its pipes. What comes is handed on in batches; what
//! goes is taken in chunks. Both directions are bounded, and neither waits for the other.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use p2p_chat_plugin::{Pipe, Sink, Source};
use p2p_chat_protocol::{Role, Welcome};
use tokio::process::Child;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::life::{End, Event, GRACE, Life};
use crate::logs::{self, LogLine};
use crate::signs::Signs;
use crate::spawn::{has_own_group, spawn};
use crate::task;

/// Chunks that wait in either direction: two, so that one is made while the other is written.
const QUEUE: usize = 2;

/// Room for a usual line, so that a chunk of one is not copied while it is made.
const LINE: usize = 512;

/// A plugin that runs.
pub(crate) struct Run {
    /// Chunks of whole lines; dropped, the plugin's stdin ends.
    to: mpsc::Sender<Vec<u8>>,
    events: mpsc::Receiver<Event>,
    kill: Arc<Notify>,
}

impl Run {
    /// Starts a program as plugin.
    pub(crate) fn start(
        role: Role,
        file: &Path,
        welcome: Welcome,
        logs: mpsc::Sender<LogLine>,
    ) -> Result<Self, String> {
        let mut child = spawn(role, file, welcome.options.verbose)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(format!("{} was started without pipes", file.display()));
        };
        tokio::spawn(logs::follow(role, stderr, logs));
        Ok(Self::attach(
            role,
            Some(child),
            Box::new(stdout),
            Box::new(stdin),
            welcome,
        ))
    }

    /// Takes this program's own stdin and stdout for the plugin.
    pub(crate) fn own_stdio(role: Role, welcome: Welcome) -> Result<Self, String> {
        let (source, sink) = Pipe::stdio_streams().map_err(|e| e.to_string())?;
        Ok(Self::attach(role, None, source, sink, welcome))
    }

    fn attach(
        role: Role,
        child: Option<Child>,
        source: Source,
        sink: Sink,
        welcome: Welcome,
    ) -> Self {
        let (to, chunks) = mpsc::channel(QUEUE);
        let (tell, events) = mpsc::channel(QUEUE);
        let kill = Arc::new(Notify::new());
        let signs = Signs::default();
        // Only a ui waits for somebody we do not know of; whoever else does not read is stuck.
        let source = match role {
            Role::Ui => signs.of(source),
            Role::Transport | Role::NatHelper => source,
        };
        let life = Life {
            group: child
                .as_ref()
                .and_then(Child::id)
                .filter(|_| has_own_group(role)),
            child,
            tell,
            kill: Arc::clone(&kill),
            failure: None,
            signs,
        };
        let pipe = Pipe::new(source, sink);
        tokio::spawn(task::live(life, role, pipe, welcome, chunks));
        Self { to, events, kill }
    }

    /// Where chunks of whole lines go, and where events come from.
    pub(crate) fn ends(&mut self) -> (&mpsc::Sender<Vec<u8>>, &mut mpsc::Receiver<Event>) {
        (&self.to, &mut self.events)
    }

    /// Hands over a chunk if there is room for it now; whether there was.
    pub(crate) fn try_send(&self, chunk: &mut Vec<u8>) -> bool {
        let Ok(permit) = self.to.try_reserve() else {
            return false;
        };
        permit.send(std::mem::replace(chunk, Vec::with_capacity(LINE)));
        true
    }

    /// Hands over a last chunk and ends the plugin's stdin, which asks it to end; by force where
    /// it takes over 5 s. `heard` takes what it still says. Whether it ended in good order.
    pub(crate) async fn end(self, last: Vec<u8>, mut heard: impl FnMut(Vec<Bytes>)) -> bool {
        let Self {
            to,
            mut events,
            kill,
        } = self;
        let in_order = async {
            if !last.is_empty() {
                tokio::select! {
                    // It is over already, or goes on reading: then it will take the chunk.
                    end = end_of(&mut events, &mut heard) => return end,
                    Ok(room) = to.reserve() => room.send(last),
                }
            }
            drop(to);
            end_of(&mut events, &mut heard).await
        };
        let end = timeout(GRACE, in_order).await;
        if let Ok(end) = end {
            return end.code == Some(0);
        }
        kill.notify_one();
        // A killed process ends; its task then says so.
        let _ = timeout(GRACE, end_of(&mut events, &mut |_| {})).await;
        false
    }

    /// Ends it at once, by force.
    pub(crate) async fn kill(mut self) {
        self.kill.notify_one();
        let _ = timeout(GRACE, end_of(&mut self.events, &mut |_| {})).await;
    }
}

/// Passes on what a plugin still says, up to its end.
async fn end_of(events: &mut mpsc::Receiver<Event>, heard: &mut impl FnMut(Vec<Bytes>)) -> End {
    loop {
        match events.recv().await.unwrap_or_else(Event::lost) {
            Event::Ended(end) => return end,
            Event::Lines(lines) => heard(lines),
            Event::Ready => {}
        }
    }
}
