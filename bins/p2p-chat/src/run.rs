//! One run of one plugin, from its start to its end.
//!
//! Nothing of it is a task of its own: a text passes through this program in one turn of its loop,
//! and waking another task for its every step would cost more than all that is done with it.

use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use p2p_chat_plugin::{Pipe, Sink, Source};
use p2p_chat_protocol::{Role, Welcome};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::greeting::greet;
use crate::life::{End, GRACE, Life};
use crate::logs::{self, LogLine};
use crate::signs::Signs;
use crate::spawn::{has_own_group, spawn};
use crate::talk::{Happened, Talk};
use crate::writing::Writing;

/// A plugin that runs.
pub(crate) struct Run {
    life: Life,
    stage: Stage,
}

/// How far it is.
enum Stage {
    /// It is to say hello.
    Greeted(Pin<Box<dyn Future<Output = Result<Talk, String>> + Send>>),
    /// It was welcomed.
    Talks(Box<Talk>),
    /// It was not, for this reason, and is to end.
    Refused(String, Instant),
    /// It has ended, and that was told.
    Over,
}

/// What a run has to tell.
#[derive(Debug)]
pub(crate) enum Event {
    /// It said hello and was welcomed.
    Ready,
    /// Lines, in order.
    Lines(Vec<Bytes>),
    /// It takes another chunk: the last one is written, or it reads no more.
    Written,
    /// It is over. Nothing comes after this.
    Ended(End),
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
        let (source, sink) = (Box::new(stdout), Box::new(stdin));
        Ok(Self::attach(role, Some(child), source, sink, welcome))
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
        let signs = Signs::default();
        // Only a ui waits for somebody we do not know of; whoever else does not read is stuck.
        let source = match role {
            Role::Ui => signs.of(source),
            Role::Transport | Role::NatHelper => source,
        };
        let is_process = child.is_some();
        let life = match child {
            Some(child) => {
                let group = child.id().filter(|_| has_own_group(role));
                Life::of(child, group)
            }
            None => Life::elsewhere(),
        };
        let greeted = async move {
            let mut pipe = Pipe::new(source, sink);
            greet(&mut pipe, role, welcome).await?;
            let (reader, sink) = pipe.into_parts();
            Ok(Talk::new(reader, Writing::new(sink, signs), is_process))
        };
        let stage = Stage::Greeted(Box::pin(greeted));
        Self { life, stage }
    }

    /// What comes next. Cancel-safe. With `may_take` false no lines come, and soon none are read.
    pub(crate) async fn next(&mut self, may_take: bool) -> Event {
        loop {
            match &mut self.stage {
                Stage::Greeted(hello) => match hello.await {
                    Ok(talk) => {
                        self.stage = Stage::Talks(Box::new(talk));
                        return Event::Ready;
                    }
                    Err(failure) => self.stage = Stage::Refused(failure, Instant::now()),
                },
                Stage::Talks(talk) => match talk.next(&mut self.life, may_take).await {
                    Happened::Lines(lines) => return Event::Lines(lines),
                    Happened::Written => return Event::Written,
                    Happened::Ended(code) => return self.over(code, true),
                },
                Stage::Refused(failure, at) => {
                    let code = self.life.reap(failure, *at).await;
                    return self.over(code, false);
                }
                Stage::Over => std::future::pending().await,
            }
        }
    }

    fn over(&mut self, code: Option<i32>, greeted: bool) -> Event {
        self.stage = Stage::Over;
        Event::Ended(self.life.end(code, greeted))
    }

    /// Takes a chunk of whole lines if the last one is written; whether it was.
    pub(crate) fn try_send(&mut self, chunk: &mut Vec<u8>) -> bool {
        match &mut self.stage {
            Stage::Talks(talk) if !talk.writing.is_busy() => {
                talk.writing.take(std::mem::take(chunk));
                true
            }
            _ => false,
        }
    }

    /// Whether it reads no more, and its end is on the way.
    pub(crate) fn is_deaf(&self) -> bool {
        matches!(&self.stage, Stage::Talks(talk) if talk.is_deaf())
    }

    /// Hands over a last chunk and ends the plugin's stdin, which asks it to end; by force where
    /// it takes over 5 s. `heard` takes what it still says. Whether it ended in good order.
    pub(crate) async fn end(mut self, last: &[u8], mut heard: impl FnMut(Vec<Bytes>)) -> bool {
        self.greet_no_more();
        if let Stage::Talks(talk) = &mut self.stage {
            talk.writing.end(last);
        }
        match timeout(GRACE, self.rest(&mut heard)).await {
            Ok(end) => end.code == Some(0),
            Err(_) => {
                self.kill().await;
                false
            }
        }
    }

    /// Ends it at once, by force.
    pub(crate) async fn kill(mut self) {
        self.life.fail("it was ended");
        self.greet_no_more();
        // A killed process ends.
        let _ = timeout(GRACE, self.rest(&mut |_| {})).await;
    }

    /// One that has not said hello by now need not any more.
    fn greet_no_more(&mut self) {
        if let Stage::Greeted(_) = self.stage {
            let failure = "it was ended before it said hello".to_owned();
            self.stage = Stage::Refused(failure, Instant::now());
        }
    }

    /// Passes on what it still says, up to its end.
    async fn rest(&mut self, heard: &mut impl FnMut(Vec<Bytes>)) -> End {
        loop {
            match self.next(true).await {
                Event::Ended(end) => return end,
                Event::Lines(lines) => heard(lines),
                Event::Ready | Event::Written => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::{Hello, Options, Start, VERSION};
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// A ui at our own stdio that was welcomed; its mouth and its ear.
    async fn welcomed() -> (Run, DuplexStream, DuplexStream) {
        let ((source, mut says), (sink, hears)) = (duplex(1024), duplex(1024));
        let welcome = Welcome {
            protocol: VERSION,
            supervisor: "0".to_owned(),
            start: Start::Menu,
            options: Options::default(),
        };
        let mut run = Run::attach(Role::Ui, None, Box::new(source), Box::new(sink), welcome);
        let mut hello = Vec::new();
        let hi = p2p_chat_protocol::Greeting::Hello(Hello::new(Role::Ui, "test", "0"));
        p2p_chat_protocol::write(&mut hello, None, None, &hi);
        says.write_all(&hello).await.expect("there is room");
        assert!(matches!(run.next(true).await, Event::Ready));
        (run, says, hears)
    }

    #[tokio::test]
    async fn the_end_is_told_only_where_somebody_reads_it() {
        let (run, _says, _hears) = welcomed().await;
        assert!(run.end(b"{}\n", |_| {}).await);
        let (run, _says, hears) = welcomed().await;
        drop(hears);
        assert!(!run.end(b"{}\n", |_| {}).await);
    }
}
