//! One p2p-chat whose ui is this test.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::pair::ledger::Ledger;
use crate::pair::memory::{Memory, Part, family, runs};
use crate::pair::program::Program;
use crate::support::{DEADLINE, Transcript, all_gone, signal, wait_for_exit, wait_until};

/// A running program. Dropped, it is killed.
pub(crate) struct Side {
    child: Child,
    shared: Arc<Shared>,
    stderr: Transcript,
    memory: Mutex<Memory>,
    ui_process: bool,
}

struct Shared {
    state: Mutex<State>,
    /// A line was heard.
    heard: Condvar,
    /// There is something to write, or nothing more.
    asked: Condvar,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    /// At most what a ledger asks at once, for each ui there was.
    requests: VecDeque<Value>,
    /// Nothing more is said to it.
    closed: bool,
    /// It has closed its stdout.
    ended: bool,
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
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            heard: Condvar::new(),
            asked: Condvar::new(),
        });
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
            ui_process: program.ui_process,
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

    /// The process that plays this part now.
    pub(crate) fn process(&self, part: Part) -> u32 {
        let mut found = None;
        wait_until(&format!("{part:?} runs"), || {
            found = self.find(part);
            found.is_some()
        });
        found.expect("just found")
    }

    /// The same, if it runs now.
    pub(crate) fn find(&self, part: Part) -> Option<u32> {
        if part == Part::Supervisor {
            return Some(self.pid());
        }
        let family = family(self.pid()).into_iter().map(|(pid, _)| pid);
        family
            .into_iter()
            .find(|pid| runs(*pid, Program::file_of(part)))
    }

    /// Kills a process, and waits for its end.
    pub(crate) fn kill(&self, part: Part) {
        self.look_at_memory();
        let pid = self.process(part);
        signal(pid, Signal::KILL);
        // Whose parent has not looked yet counts as gone.
        all_gone(&[(pid, format!("{part:?}"))]);
    }

    /// Lets a stopped process go on. One that was killed for it needs nothing.
    pub(crate) fn go_on(&self, pid: u32) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::CONT);
        }
    }

    /// Who stands between the supervisor and a transport whose pipes can be closed, or is the ui.
    pub(crate) fn breakable(&self, part: Part) -> u32 {
        let file = match part {
            Part::Ui => "relay_ui.py",
            _ => "between.py",
        };
        let mut found = None;
        wait_until(&format!("{file} runs"), || {
            let mut family = family(self.pid()).into_iter().map(|(pid, _)| pid);
            found = family.find(|pid| runs(*pid, file));
            found.is_some()
        });
        found.expect("just found")
    }

    /// Takes note of how much memory its processes hold and held. Stand-ins do not count.
    pub(crate) fn look_at_memory(&self) {
        let mut memory = self.memory.lock().expect("not poisoned");
        for part in [Part::Supervisor, Part::Transport] {
            if let Some(pid) = self.find(part) {
                memory.look(part, pid);
            }
        }
    }

    /// What its processes held.
    pub(crate) fn memory(&self) -> Memory {
        self.memory.lock().expect("not poisoned").clone()
    }

    /// All processes it started.
    pub(crate) fn family(&self) -> Vec<(u32, String)> {
        family(self.pid())
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds it")
    }

    fn close(&self) {
        self.lock().closed = true;
        self.asked.notify_all();
    }
}

impl State {
    /// Asks for as many texts as it is time for.
    fn pump(&mut self) {
        while let Some(ask) = self.ledger.next_ask() {
            self.requests.push_back(ask);
        }
    }
}

fn write_requests(shared: &Shared, mut stdin: ChildStdin) {
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

fn read_events(shared: &Shared, stdout: impl Read) {
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
