//! What a program has said so far, growing while a test waits.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use crate::support::DEADLINE;

/// All that was read from one stream.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<(Mutex<Heard>, Condvar)>);

#[derive(Default)]
struct Heard {
    text: String,
    /// How far a test has looked.
    seen: usize,
    ended: bool,
}

impl Transcript {
    /// Follows `source` to its end, in a thread.
    pub(crate) fn follow(mut source: impl Read + Send + 'static) -> Self {
        let transcript = Self::default();
        let writer = transcript.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 65_536];
            let mut torn = Vec::new();
            loop {
                let count = source.read(&mut bytes).unwrap_or(0);
                torn.extend_from_slice(&bytes[..count]);
                let rest = torn.split_off(whole_characters(&torn));
                let (read, changed) = &*writer.0;
                let mut read = read.lock().expect("no test panics while it holds it");
                read.text.push_str(&String::from_utf8_lossy(&torn));
                torn = rest;
                read.ended = count == 0;
                changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        transcript
    }

    /// Waits until `text` comes after what was expected before; the rest of its line. The error
    /// is everything that was said instead.
    pub(crate) fn expect(&self, text: &str) -> Result<String, String> {
        let (read, changed) = &*self.0;
        let deadline = Instant::now() + DEADLINE;
        let mut read = read.lock().expect("no test panics while it holds it");
        loop {
            let unseen = &read.text[read.seen..];
            if let Some(at) = unseen.find(text) {
                let after = &unseen[at + text.len()..];
                if let Some(end) = after.find('\n') {
                    let rest = after[..end].trim_end_matches('\r').to_owned();
                    read.seen += at + text.len();
                    return Ok(rest);
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if read.ended || left.is_zero() {
                let why = if read.ended {
                    "it ended"
                } else {
                    "time is over"
                };
                return Err(format!("{why} without {text:?}. It said:\n{}", read.text));
            }
            read = changed.wait_timeout(read, left).expect("not poisoned").0;
        }
    }

    /// Waits until `text` is somewhere in it. The error is everything that was said instead.
    pub(crate) fn expect_anywhere(&self, text: &str) -> Result<(), String> {
        let (read, changed) = &*self.0;
        let deadline = Instant::now() + DEADLINE;
        let mut read = read.lock().expect("no test panics while it holds it");
        while !read.text.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            if read.ended || left.is_zero() {
                return Err(format!("not there: {text:?}. It said:\n{}", read.text));
            }
            read = changed.wait_timeout(read, left).expect("not poisoned").0;
        }
        Ok(())
    }

    /// Everything, when it has ended.
    pub(crate) fn all(&self) -> String {
        let (read, changed) = &*self.0;
        let deadline = Instant::now() + DEADLINE;
        let mut read = read.lock().expect("no test panics while it holds it");
        while !read.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it did not end. It said:\n{}", read.text);
            read = changed.wait_timeout(read, left).expect("not poisoned").0;
        }
        read.text.clone()
    }

    /// Everything up to now.
    pub(crate) fn so_far(&self) -> String {
        self.0
            .0
            .lock()
            .expect("no test panics while it holds it")
            .text
            .clone()
    }
}

/// How many of these bytes are sure to tear no character.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
