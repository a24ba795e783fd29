//! The time between a plugin's hello and its end: lines come, chunks go.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use p2p_chat_plugin::{LineReader, Sink, Source};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use crate::life::{Event, GRACE, LINGER, Life};
use crate::signs::Signs;

/// A plugin that does not read for this long, and gives no sign of life, is stuck.
const STALLED: Duration = Duration::from_secs(10);
/// Lines that nobody takes now, in bytes: as much as a pipe holds. Signs of life are heard meanwhile.
const HEARD: usize = 65_536;
/// What a plugin that has ended may have left in its pipe and our hands: more comes from somebody
/// else.
const LEFT: usize = 1 << 20;
/// A timer this late means that the whole computer, or this program, slept; it starts anew.
const LATE: Duration = Duration::from_secs(5);

/// Passes lines and chunks until the plugin is gone; its exit code.
pub(crate) async fn talk(
    life: &mut Life,
    mut reader: LineReader<Source>,
    sink: Sink,
    chunks: mpsc::Receiver<Vec<u8>>,
) -> Option<i32> {
    let (kill, tell) = (Arc::clone(&life.kill), life.tell.clone());
    let mut writer = std::pin::pin!(write_chunks(sink, chunks, life.signs.clone()));
    let mut writing = true;
    let mut batch = Vec::new();
    // When it closed its end of stdin or stdout; when and how its process ended.
    let mut deaf: Option<Instant> = None;
    let mut mute: Option<Instant> = None;
    let mut exit = life.child.is_none().then(|| (Instant::now(), Some(0)));
    let mut left = 0;
    loop {
        if batch.is_empty()
            && mute.is_some()
            && let Some((_, code)) = exit
        {
            // Without a process of its own there is no other sign that it went wrong.
            return if life.child.is_none() && life.failure.is_some() {
                None
            } else {
                code
            };
        }
        let lingering = exit.filter(|_| life.child.is_some()).map(|(at, _)| at);
        let half_open = [deaf, mute].into_iter().flatten().min();
        tokio::select! {
            line = reader.next(), if size_of(&batch) < HEARD && mute.is_none() => {
                if let Err(failure) = collect(&mut reader, line, &mut batch) {
                    mute = Some(Instant::now());
                    if let Some(failure) = failure { life.fail(failure); }
                }
                // Nearly always there is room, and another turn of this loop is saved.
                if let Ok(permit) = tell.try_reserve() && !batch.is_empty() {
                    permit.send(Event::Lines(std::mem::take(&mut batch)));
                }
            }
            permit = tell.reserve(), if !batch.is_empty() => match permit {
                Ok(permit) => permit.send(Event::Lines(std::mem::take(&mut batch))),
                Err(_) => batch.clear(),
            },
            written = &mut writer, if writing => {
                writing = false;
                match written {
                    // Nobody's process: its end is ours.
                    Written::All if life.child.is_none() => mute = Some(Instant::now()),
                    Written::All => {}
                    Written::Refused => deaf = Some(Instant::now()),
                    Written::Stalled => life.fail(format!("it read nothing for {} s", STALLED.as_secs())),
                }
            }
            code = life.exit_code(), if exit.is_none() => exit = Some((Instant::now(), code)),
            () = kill.notified() => life.fail("it was ended"),
            () = at(lingering, LINGER), if batch.is_empty() => {
                // What is there already is its own; what comes later is somebody else's.
                let last = timeout(Duration::ZERO, reader.next()).await;
                let more = last.is_ok_and(|line| collect(&mut reader, line, &mut batch).is_ok());
                left += size_of(&batch);
                if left > LEFT || !more { mute = Some(Instant::now()); }
            }
            () = at(half_open, GRACE), if exit.is_none() && life.failure.is_none() => {
                let end = if mute.is_some() { "stdout" } else { "stdin" };
                life.fail(format!("it closed its {end} and did not end"));
            }
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

/// How writing came to its end.
enum Written {
    /// There is nothing more to write.
    All,
    /// Nobody reads any more.
    Refused,
    /// It is not read.
    Stalled,
}

/// Writes chunks until there are no more, then closes.
async fn write_chunks(
    mut sink: Sink,
    mut chunks: mpsc::Receiver<Vec<u8>>,
    signs: Signs,
) -> Written {
    while let Some(chunk) = chunks.recv().await {
        let mut rest = &chunk[..];
        let mut signs_before = signs.count();
        let mut deadline = Instant::now() + STALLED;
        while !rest.is_empty() {
            tokio::select! {
                // The write first: where it is done at once, as it nearly always is, no timer is set.
                biased;
                written = sink.write(rest) => match written {
                    Ok(0) | Err(_) => return Written::Refused,
                    Ok(count) => {
                        rest = &rest[count..];
                        deadline = Instant::now() + STALLED;
                    }
                },
                () = sleep_until(deadline) => {
                    let lives = signs_before != signs.count();
                    if !lives && deadline.elapsed() < LATE { return Written::Stalled; }
                    signs_before = signs.count();
                    deadline = Instant::now() + STALLED;
                }
            }
        }
        if sink.flush().await.is_err() {
            return Written::Refused;
        }
    }
    Written::All
}
