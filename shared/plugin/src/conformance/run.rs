//! One run of a program under check: its process, and the ends of its pipes.

use std::io::{self, PipeWriter};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use p2p_chat_protocol::{LOG_ENV, MAX_LINE, PLUGIN_ENV};
use tokio::io::{AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::quote::quote;
use crate::free_lines::{Line, next_line};

/// A program that was started, with pipes for stdin, stdout and stderr.
pub struct Started {
    /// Its process; dropped, it is killed.
    pub child: Child,
    /// The other end of a ui's descriptor 3: what the user types.
    pub user: Option<PipeWriter>,
}

impl Started {
    /// Starts `command` as a plugin that needs no descriptors of the user's.
    ///
    /// # Errors
    /// The reason why it cannot be started.
    pub fn new(command: std::process::Command) -> Result<Self, String> {
        let child = Command::from(command)
            .env(PLUGIN_ENV, "1")
            .env_remove(LOG_ENV)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        Ok(Self { child, user: None })
    }
}

/// A plugin that does not read for this long is stuck.
const STALLED: Duration = Duration::from_secs(10);
/// From the end of stdin to the program's own end, by the specification.
const END_LIMIT: Duration = Duration::from_secs(5);
/// For what the kernel does at a process's end.
const SOON: Duration = Duration::from_secs(1);
/// Lines that wait to be looked at; then the program waits, as in front of a busy supervisor.
const QUEUE: usize = 64;
/// Of stderr, the beginning of a line is enough.
const STDERR_LINE: usize = 400;

pub(super) struct Run {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<Line>,
    last_words: Arc<Mutex<String>>,
    stderr: JoinHandle<()>,
    pub(super) user: Option<PipeWriter>,
}

impl Run {
    pub(super) fn new(started: Started) -> Result<Self, String> {
        let Started { mut child, user } = started;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("it was started without pipes".to_owned());
        };
        let (sender, lines) = mpsc::channel(QUEUE);
        tokio::spawn(follow(stdout, sender));
        let last_words = Arc::default();
        let stderr = tokio::spawn(remember_last_line(stderr, Arc::clone(&last_words)));
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            lines,
            last_words,
            stderr,
            user,
        })
    }

    /// The next line on stdout; `None` at its end. Cancel-safe.
    pub(super) async fn line(&mut self) -> Option<Line> {
        self.lines.recv().await
    }

    /// Writes to stdin. What the program says meanwhile goes to `hear`, so that neither waits for
    /// the other.
    pub(super) async fn write(
        &mut self,
        bytes: &[u8],
        mut hear: impl FnMut(Line),
    ) -> Result<(), String> {
        let Some(stdin) = &mut self.stdin else {
            return Err("its stdin has ended".to_owned());
        };
        let write = async {
            stdin.write_all(bytes).await?;
            stdin.flush().await
        };
        let both = async {
            tokio::pin!(write);
            loop {
                tokio::select! {
                    written = &mut write => return written,
                    Some(line) = self.lines.recv() => hear(line),
                }
            }
        };
        match timeout(STALLED, both).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.describe_end().await),
            Err(_) => Err(format!("it did not read for {} s", STALLED.as_secs())),
        }
    }

    /// Whether the process has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// A sentence on a program that is no longer there, or has closed a pipe.
    pub(super) async fn describe_end(&mut self) -> String {
        let Ok(status) = timeout(SOON, self.child.wait()).await else {
            return "it closed its stdin or stdout and went on".to_owned();
        };
        // What it wrote at its end may still be in the pipe; a child of its own may hold that.
        let _ = timeout(SOON, &mut self.stderr).await;
        let words = self
            .last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let ended = status.map_or_else(|e| format!("it was lost ({e})"), describe);
        match words.as_str() {
            "" => ended,
            words => format!("{ended} (stderr: {words})"),
        }
    }

    /// Ends stdin and waits for the program's end. What it says meanwhile goes to `hear`.
    pub(super) async fn end(&mut self, mut hear: impl FnMut(Line)) -> Result<ExitStatus, String> {
        self.stdin = None;
        let both = async {
            let wait = self.child.wait();
            tokio::pin!(wait);
            loop {
                tokio::select! {
                    ended = &mut wait => return ended,
                    Some(line) = self.lines.recv() => hear(line),
                }
            }
        };
        match timeout(END_LIMIT, both).await {
            Ok(ended) => ended.map_err(|error| error.to_string()),
            Err(_) => Err(format!("it still ran after {} s", END_LIMIT.as_secs())),
        }
    }

    /// After the program's end: hears all that is left on stdout; `false` where that does not end.
    pub(super) async fn drain(&mut self, mut hear: impl FnMut(Line)) -> bool {
        let drained = async {
            while let Some(line) = self.lines.recv().await {
                hear(line);
            }
        };
        timeout(SOON, drained).await.is_ok()
    }

    /// Ends it by force, so that it is gone before the next run begins.
    pub(super) async fn kill(mut self) {
        // One that has ended already is as good.
        let _ = timeout(SOON, self.child.kill()).await;
    }
}

pub(super) fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("it ended with code {code}"),
        None => format!("it was ended by {status}"),
    }
}

async fn follow(stdout: impl AsyncRead + Unpin, lines: mpsc::Sender<Line>) {
    let mut reader = BufReader::new(stdout);
    // An unreadable stdout is an ended one.
    while let Ok(Some(line)) = next_line(&mut reader, MAX_LINE).await {
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

async fn remember_last_line(stderr: impl AsyncRead + Unpin, last: Arc<Mutex<String>>) {
    let mut reader = BufReader::new(stderr);
    while let Ok(Some(line)) = next_line(&mut reader, STDERR_LINE).await {
        let (Line::Whole(bytes) | Line::TooLong(bytes)) = line;
        if !bytes.trim_ascii().is_empty() {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = quote(bytes.trim_ascii());
        }
    }
}

/// Types a line as the user, where the program has a user.
pub(super) fn type_line(user: &mut Option<PipeWriter>, text: &str) -> io::Result<()> {
    use std::io::Write;
    match user {
        // A few bytes always fit a pipe that nobody else writes to.
        Some(user) => writeln!(user, "{text}"),
        None => Ok(()),
    }
}
