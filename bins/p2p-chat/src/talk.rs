//! The time between a plugin's hello and its end: lines come, chunks go.

use std::time::Duration;

use bytes::Bytes;
use p2p_chat_plugin::{LineReader, Source};
use tokio::time::{Instant, sleep_until, timeout};

use crate::life::{GRACE, LINGER, Life};
use crate::writing::{STALLED, Writing, Written};

/// Lines that nobody takes now, in bytes: more than all that a ui has unanswered (64 KiB of texts, of
/// which JSON may write each byte as six), since its signs of life come behind them.
const HEARD: usize = 512 * 1024;
/// What a plugin that has ended may have left in its pipe and our hands: more comes from somebody
/// else.
const LEFT: usize = 1 << 20;

/// A plugin that was welcomed.
pub(crate) struct Talk {
    reader: LineReader<Source>,
    pub(crate) writing: Writing,
    /// Lines that were not taken yet.
    batch: Vec<Bytes>,
    /// When it closed its end of stdin or stdout.
    deaf: Option<Instant>,
    mute: Option<Instant>,
    /// When and how its process ended.
    exit: Option<(Instant, Option<i32>)>,
    /// What was read after that.
    left: usize,
}

/// What happens in a talk.
pub(crate) enum Happened {
    /// It said something.
    Lines(Vec<Bytes>),
    /// It was written what it is to read, or reads no more.
    Written,
    /// It is over, with this exit code.
    Ended(Option<i32>),
}

impl Talk {
    pub(crate) fn new(reader: LineReader<Source>, writing: Writing, is_process: bool) -> Self {
        Self {
            reader,
            writing,
            batch: Vec::new(),
            deaf: None,
            mute: None,
            // Nobody's process is one that has ended.
            exit: (!is_process).then(|| (Instant::now(), Some(0))),
            left: 0,
        }
    }

    /// Whether it reads no more.
    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf.is_some()
    }

    /// What comes next. Cancel-safe. With `may_take` false lines are kept, and soon read no more.
    pub(crate) async fn next(&mut self, life: &mut Life, may_take: bool) -> Happened {
        loop {
            if may_take && !self.batch.is_empty() {
                return Happened::Lines(std::mem::take(&mut self.batch));
            }
            if !life.is_process() && self.writing.is_over() {
                // Nobody's process: its end is ours.
                self.mute.get_or_insert_with(Instant::now);
            }
            if self.batch.is_empty()
                && self.mute.is_some()
                && let Some((_, code)) = self.exit
            {
                // Without a process of its own there is no other sign that it went wrong.
                let failed = life.failure.is_some() || self.writing.lost_its_end();
                let went_wrong = !life.is_process() && failed;
                return Happened::Ended(code.filter(|_| !went_wrong));
            }
            let lingering = self.exit.filter(|_| life.is_process()).map(|(at, _)| at);
            let half_open = [self.deaf, self.mute].into_iter().flatten().min();
            tokio::select! {
                // Not at random: what nearly always happens is looked at first, and what is written
                // shall not wait for a plugin that never stops talking.
                biased;
                written = self.writing.go_on(), if self.writing.is_busy() => {
                    match written {
                        Written::All => {}
                        Written::Refused => _ = self.deaf.get_or_insert_with(Instant::now),
                        Written::Stalled => {
                            life.fail(format!("it read nothing for {} s", STALLED.as_secs()));
                        }
                    }
                    return Happened::Written;
                }
                line = self.reader.next(), if self.mute.is_none() && size_of(&self.batch) < HEARD => {
                    if let Err(failure) = self.collect(line) {
                        self.mute = Some(Instant::now());
                        if let Some(failure) = failure { life.fail(failure); }
                    }
                }
                code = life.exit_code(), if self.exit.is_none() => {
                    self.exit = Some((Instant::now(), code));
                }
                () = at(lingering, LINGER), if self.batch.is_empty() => {
                    // What is there already is its own; what comes later is somebody else's.
                    let last = timeout(Duration::ZERO, self.reader.next()).await;
                    let more = last.is_ok_and(|line| self.collect(line).is_ok());
                    self.left += size_of(&self.batch);
                    if self.left > LEFT || !more { self.mute = Some(Instant::now()); }
                }
                () = at(half_open, GRACE), if self.exit.is_none() && life.failure.is_none() => {
                    let end = if self.mute.is_some() { "stdout" } else { "stdin" };
                    life.fail(format!("it closed its {end} and did not end"));
                }
                // Its last lines are not wanted yet.
                else => std::future::pending().await,
            }
        }
    }

    /// Takes all lines that are there. `Err`: no more will come, with the reason where it is the
    /// plugin's.
    fn collect(&mut self, first: std::io::Result<Option<Bytes>>) -> Result<(), Option<String>> {
        let mut next = first;
        loop {
            match next {
                Ok(Some(line)) => self.batch.push(line),
                Ok(None) => return Err(None),
                Err(error) => return Err(Some(error.to_string())),
            }
            next = match self.reader.buffered() {
                Ok(None) => return Ok(()),
                more => more,
            };
        }
    }
}

fn size_of(lines: &[Bytes]) -> usize {
    lines.iter().map(Bytes::len).sum()
}

/// `after` has passed since `since`; never, where it has not begun.
async fn at(since: Option<Instant>, after: Duration) {
    match since {
        Some(since) => sleep_until(since + after).await,
        None => std::future::pending().await,
    }
}
