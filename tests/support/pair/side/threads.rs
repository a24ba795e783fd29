//! The threads that write to a program and read what it says, and what they share with the test.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdin;
use std::sync::{Condvar, Mutex, MutexGuard};

use serde_json::Value;

use crate::pair::ledger::Ledger;

#[derive(Default)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// A line was heard.
    pub(super) heard: Condvar,
    /// There is something to write, or nothing more.
    pub(super) asked: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) ledger: Ledger,
    /// At most what a ledger asks at once, for each ui there was.
    pub(super) requests: VecDeque<Value>,
    /// Nothing more is said to it.
    closed: bool,
    /// It has closed its stdout.
    pub(super) ended: bool,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds it")
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.asked.notify_all();
    }
}

impl State {
    /// Asks for as many texts as it is time for.
    pub(super) fn pump(&mut self) {
        while let Some(ask) = self.ledger.next_ask() {
            self.requests.push_back(ask);
        }
    }
}

pub(super) fn write_requests(shared: &Shared, mut stdin: ChildStdin) {
    loop {
        let state = shared.lock();
        let nothing = |state: &mut State| state.requests.is_empty() && !state.closed;
        let state = shared.asked.wait_while(state, nothing);
        let mut state = state.expect("nothing panics while it holds it");
        if state.closed {
            return;
        }
        let requests = std::mem::take(&mut state.requests);
        drop(state);
        let lines: String = requests.iter().map(|line| format!("{line}\n")).collect();
        if stdin.write_all(lines.as_bytes()).is_err() {
            return;
        }
    }
}

pub(super) fn read_events(shared: &Shared, stdout: impl Read) {
    let mut lines = BufReader::new(stdout).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let line = String::from_utf8_lossy(&line);
        let mut state = shared.lock();
        state.ledger.hear(&line);
        state.pump();
        let asks = !state.requests.is_empty();
        drop(state);
        shared.heard.notify_all();
        if asks {
            shared.asked.notify_all();
        }
    }
    let mut state = shared.lock();
    state.ended = true;
    // A ui whose stdin has ended ends.
    state.closed = true;
    drop(state);
    shared.heard.notify_all();
    shared.asked.notify_all();
}
