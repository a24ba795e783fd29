//! Two cores, two transports and a network between them, in which everything happens at random and
//! most of it goes wrong. One seed, one story. `steps.rs` is what can happen, `happening.rs` how.

mod chosen;
mod happening;
mod network;
mod random;
mod screen;
mod shape;
mod side;
mod steps;
mod transport;

use std::collections::BTreeMap;
use std::time::Duration;

use p2p_chat_protocol::Payload;
use p2p_chat_protocol::ui::Status;

use network::Connection;
pub(in crate::core) use random::Random;
pub(in crate::core) use side::Side;
pub(in crate::core) use steps::{Plan, Step};
pub(in crate::core) use transport::{CALLER, LISTENER};

/// A silent cut shows when nothing came for this long.
const DEAD_AFTER: Duration = Duration::from_secs(75);

/// Everything.
#[derive(Clone)]
pub(in crate::core) struct World {
    pub(in crate::core) sides: [Side; 2],
    connections: Vec<Connection>,
    random: Random,
    serial: u64,
    typed: usize,
    /// The texts each side's transport was given, by number.
    sent: [BTreeMap<u64, Payload>; 2],
    time: Duration,
    /// How many lines a core reads in one step; at random, where that is not chosen.
    read_at_once: Option<usize>,
    trace: Trace,
}

/// The story so far, told when it ends badly.
#[derive(Clone)]
struct Trace {
    /// Where every step is chosen, somebody else tells.
    seed: Option<u64>,
    steps: Vec<Step>,
}

impl Drop for Trace {
    fn drop(&mut self) {
        if let Some(seed) = self.seed
            && std::thread::panicking()
        {
            let last = self.steps.len().saturating_sub(60);
            eprintln!("seed {seed}: … {:?}", &self.steps[last..]);
        }
    }
}

impl World {
    pub(in crate::core) fn new(seed: u64) -> Self {
        Self {
            sides: [CALLER, LISTENER].map(Side::new),
            connections: Vec::new(),
            random: Random::new(seed),
            serial: 0,
            typed: 0,
            sent: [BTreeMap::new(), BTreeMap::new()],
            time: Duration::ZERO,
            read_at_once: None,
            trace: Trace {
                seed: Some(seed),
                steps: Vec::new(),
            },
        }
    }

    /// Lets the two meet: before that, a cut is the end.
    pub(in crate::core) fn connect(&mut self) {
        for step in [Step::Ask(LISTENER), Step::Read(LISTENER)] {
            self.step(step, false);
        }
        while !self.sides.iter().all(|side| side.screen.connected) {
            let steps = self.work();
            let step = steps[self.random.below(steps.len())];
            self.step(step, false);
        }
    }

    /// Lets things happen until the plan is used up.
    pub(in crate::core) fn run(&mut self, mut plan: Plan) {
        loop {
            let mut steps = self.work();
            let faults = self.faults(&plan);
            if faults.is_empty() {
                return;
            }
            // Faults are as likely as work, so that they come in the middle of everything.
            if steps.is_empty() || self.random.once_in(4) {
                steps = faults;
            }
            if self.random.once_in(12) {
                let ms = 1 + self.random.below(3000);
                self.pass(Duration::from_millis(ms as u64), None);
            }
            let step = steps[self.random.below(steps.len())];
            plan.use_up(step);
            self.step(step, plan.repeats);
            self.check();
        }
    }

    /// Somebody types faster than anything else happens.
    pub(in crate::core) fn type_all(&mut self, side: usize, count: usize) {
        for _ in 0..count {
            self.types(side, 1);
        }
        self.check();
    }

    /// Nothing goes wrong any more, and everything takes its course.
    pub(in crate::core) fn settle(&mut self) {
        for side in 0..2 {
            if !self.sides[side].ui_alive {
                self.step(Step::StartUi(side), false);
            }
        }
        let end = self.time + Duration::from_secs(300);
        while self.time < end {
            let steps = self.work();
            if steps.is_empty() {
                self.pass_to_next();
                continue;
            }
            let step = steps[self.random.below(steps.len())];
            self.step(step, false);
            self.check();
        }
    }

    /// Whoever is left alone waits until he is told that it is over.
    pub(in crate::core) fn wait_for_the_end(&mut self) {
        for _ in 0..3 {
            if self.sides.iter().any(|side| side.stopped.is_none()) {
                self.settle();
            }
        }
    }

    fn pass_to_next(&mut self) {
        let until = |side: &Side| Some(side.deadline()?.saturating_sub(side.now.elapsed));
        let next = self.sides.iter().filter_map(until).min();
        let most = Duration::from_secs(5);
        self.pass(
            next.unwrap_or(most).min(most).max(Duration::from_millis(1)),
            None,
        );
    }

    fn pass(&mut self, passed: Duration, asleep: Option<usize>) {
        self.time += passed;
        for (at, side) in self.sides.iter_mut().enumerate() {
            side.time_passes(passed, asleep == Some(at), at);
        }
        // Long enough, one by one, for every silence to be noticed.
        if self.time.as_secs() / DEAD_AFTER.as_secs()
            != (self.time - passed).as_secs() / DEAD_AFTER.as_secs()
        {
            self.connections.iter_mut().for_each(|c| c.silent = false);
        }
    }

    /// Whatever happened: what came is what was written, once and in order.
    fn check(&self) {
        for (at, side) in self.sides.iter().enumerate() {
            let peer = &self.sides[1 - at];
            let (written, read) = (&side.screen.accepted, &peer.screen.received);
            assert!(written.starts_with(read), "{written:?} came as {read:?}");
            let [delivered, failed] =
                [Status::Delivered, Status::Failed].map(|status| side.screen.count(status));
            if side.ui_alive {
                // A screen that was told everything: what is neither there nor lost is still held.
                let held = side.core.outbox.len();
                assert_eq!(written.len(), delivered + failed + held, "side {at}");
            }
            assert!(
                delivered <= read.len() || !peer.ui_alive,
                "{delivered} are said to be there, and {} are",
                read.len()
            );
        }
    }
}
