//! One p2p-chat whose ui is this test.

mod processes;
mod threads;

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pair::ledger::Ledger;
use crate::pair::memory::{Memory, family};
use crate::pair::program::Program;
use crate::support::{DEADLINE, Transcript, wait_for_exit, wait_until};

use threads::{Shared, read_events, write_requests};

/// A running program. Dropped, it is killed.
pub(crate) struct Side {
    child: Child,
    shared: Arc<Shared>,
    stderr: Transcript,
    memory: Mutex<Memory>,
}

impl Side {
    pub(super) fn start(program: &Program) -> Self {
        let mut child = program
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let shared = Arc::<Shared>::default();
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            unreachable!("they were asked for");
        };
        let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
        std::thread::spawn(move || write_requests(&writer, stdin));
        std::thread::spawn(move || read_events(&reader, stdout));
        let side = Self {
            child,
            shared,
            stderr: Transcript::follow(stderr),
            memory: Mutex::default(),
        };
        if !program.ui_process {
            side.write(json!({ "type": "hello", "protocol": 1, "role": "ui", "name": "pair" }));
        }
        side
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it knows now.
    pub(crate) fn now<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.shared.lock().ledger)
    }

    /// Sends `count` texts, each with so much padding, as soon as they are taken.
    pub(crate) fn say(&self, count: u64, padding: usize) {
        let mut state = self.shared.lock();
        state.ledger.want(count, padding);
        state.pump();
        self.shared.asked.notify_all();
    }

    /// Leaves, and sends texts behind that with the same write.
    pub(crate) fn leave_and_say(&self, count: u64, padding: usize) {
        let mut state = self.shared.lock();
        let quit = state.ledger.ask_other(json!({ "type": "quit" }));
        state.requests.push_back(quit);
        state.ledger.want(count, padding);
        state.pump();
        self.shared.asked.notify_all();
    }

    /// Sends texts without end until it is told that too many wait.
    pub(crate) fn say_until_full(&self, padding: usize, limit: Duration) {
        let before = self.now(|ledger| ledger.queue_full);
        self.say(u64::from(u32::MAX), padding);
        self.wait_for("it is told queue_full", limit, |ledger| {
            (ledger.queue_full > before).then_some(())
        });
        self.shared.lock().ledger.want_no_more();
    }

    /// Asks something else.
    pub(crate) fn ask(&self, request: Value) {
        let mut state = self.shared.lock();
        let request = state.ledger.ask_other(request);
        state.requests.push_back(request);
        self.shared.asked.notify_all();
    }

    /// Its user leaves; where a new ui has not heard of it, once more.
    pub(crate) fn leave(&self) {
        loop {
            let answers = |ledger: &Ledger| [ledger.count("ok"), ledger.count("welcome")];
            let before = self.now(answers);
            self.ask(json!({ "type": "quit" }));
            let heard = self.try_wait(DEADLINE, |ledger| {
                Some(answers(ledger)).filter(|after| *after != before)
            });
            // One that has ended needs no more words.
            if !heard.is_ok_and(|[oks, _]| oks == before[0]) {
                return;
            }
        }
    }

    fn write(&self, line: Value) {
        self.shared.lock().requests.push_back(line);
        self.shared.asked.notify_all();
    }

    /// Waits until `look` finds what it looks for.
    pub(crate) fn wait<T>(&self, what: &str, look: impl Fn(&Ledger) -> Option<T>) -> T {
        self.wait_for(what, DEADLINE, look)
    }

    /// The same with another limit.
    pub(crate) fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        look: impl Fn(&Ledger) -> Option<T>,
    ) -> T {
        let found = self.try_wait(limit, &look);
        found.unwrap_or_else(|why| panic!("{what}: {why}"))
    }

    /// The same; the error says how it is instead.
    pub(crate) fn try_wait<T>(
        &self,
        limit: Duration,
        look: impl Fn(&Ledger) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = look(&state.ledger) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                let why = if state.ended {
                    "it ended"
                } else {
                    "time is over"
                };
                let known = state.ledger.describe();
                drop(state);
                return Err(format!("{why}. {known}\n{}", self.stderr.so_far()));
            }
            let woken = self.shared.heard.wait_timeout(state, left);
            state = woken.expect("nothing panics while it holds it").0;
        }
    }

    /// Waits until every text that it was to send was taken, or no more are because many wait.
    pub(crate) fn wait_until_taken(&self) {
        self.wait("its texts are taken", |ledger| {
            (ledger.wanted() == 0 || ledger.is_held_back()).then_some(())
        });
    }

    /// What it wrote on stderr.
    pub(crate) fn complaints(&self) -> String {
        self.stderr.all()
    }

    /// Whether it has said its last line.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.lock().ended
    }

    /// Waits for its end and its last line; the exit code, none after a signal.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let code = wait_for_exit(|| self.child.try_wait().expect("it was started here"));
        let code = code.unwrap_or_else(|| {
            let known = self.now(Ledger::describe);
            panic!("it does not end. {known}\n{}", self.stderr.so_far())
        });
        wait_until("its last line", || self.has_ended());
        code
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.shared.close();
        // One that has ended needs neither. Its plugins end with their stdin, or were stopped by
        // a test that failed.
        let family = family(self.pid());
        let _ = self.child.kill();
        let _ = self.child.wait();
        for (pid, _) in family {
            self.go_on(pid);
        }
    }
}
