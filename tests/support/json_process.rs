//! A process whose stdin and stdout are lines of JSON, driven from a test.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use serde_json::Value;

use crate::support::DEADLINE;
use crate::support::processes::wait_for_exit;
use crate::support::transcript::Transcript;

/// A running program. Dropped, it is killed.
pub(crate) struct JsonProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    /// The field that tells what a line is about.
    kind: &'static str,
    /// How many events of each kind a test has seen.
    seen: HashMap<String, usize>,
    pub(crate) stderr: Transcript,
}

#[derive(Default)]
struct Heard {
    lines: Vec<Value>,
    ended: bool,
}

impl JsonProcess {
    /// Starts it. `kind` is the field that tells what a line of it is about.
    pub(crate) fn spawn(command: &mut Command, kind: &'static str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let (stdout, listener) = (child.stdout.take().expect("piped"), Arc::clone(&heard));
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).expect("a line of JSON");
                listener.0.lock().expect("not poisoned").lines.push(value);
                listener.1.notify_all();
            }
            listener.0.lock().expect("not poisoned").ended = true;
            listener.1.notify_all();
        });
        Self {
            stdin: child.stdin.take(),
            heard,
            kind,
            seen: HashMap::new(),
            stderr: Transcript::follow(child.stderr.take().expect("piped")),
            child,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line.
    pub(crate) fn say(&mut self, line: &Value) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        // One that has ended hears nothing more; what it said is checked elsewhere.
        let _ = writeln!(stdin, "{line}");
    }

    /// The next event of this kind; those of other kinds wait for their own turn.
    pub(crate) fn event(&mut self, kind: &str) -> Value {
        let at = self.seen.get(kind).copied().unwrap_or(0);
        let found = self.wait_for(kind, |line, field| line[field] == kind, at);
        self.seen.insert(kind.to_owned(), at + 1);
        found
    }

    /// The line that answers the request with this id.
    pub(crate) fn reply(&mut self, id: u64) -> Value {
        self.wait_for("a reply", |line, _| line["reply_to"] == id, 0)
    }

    /// Every event of this kind up to now.
    pub(crate) fn so_far(&self, kind: &str) -> Vec<Value> {
        let heard = self.heard.0.lock().expect("not poisoned");
        let events = heard.lines.iter().filter(|line| line[self.kind] == kind);
        events.cloned().collect()
    }

    /// Waits for the line number `at` of those that fit.
    fn wait_for(&self, what: &str, fits: impl Fn(&Value, &str) -> bool, at: usize) -> Value {
        let (heard, changed) = &*self.heard;
        let deadline = Instant::now() + DEADLINE;
        let mut heard = heard.lock().expect("not poisoned");
        loop {
            let mut fitting = heard.lines.iter().filter(|line| fits(line, self.kind));
            if let Some(found) = fitting.nth(at) {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if heard.ended || left.is_zero() {
                let said: Vec<_> = heard.lines.iter().map(Value::to_string).collect();
                let (said, stderr) = (said.join("\n"), self.stderr.so_far());
                drop(heard);
                panic!("no {what} (number {at}). It said:\n{said}\n{stderr}");
            }
            heard = changed.wait_timeout(heard, left).expect("not poisoned").0;
        }
    }

    /// Kills it. What it has said can still be waited for.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was started here");
    }

    /// Ends its stdin.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for its end.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        wait_for_exit(|| self.child.try_wait().expect("it was started here"))
            .unwrap_or_else(|| panic!("it does not end. {}", self.stderr.so_far()))
    }
}

impl Drop for JsonProcess {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
