//! Two cores, two transports and a network between them, in which everything happens at random and
//! most of it goes wrong. One seed, one story.

mod network;
mod random;
mod screen;
mod shape;
mod side;
mod transport;

use std::collections::BTreeMap;
use std::time::Duration;

use p2p_chat_protocol::ui::Status;
use p2p_chat_protocol::{Payload, transport::TransportRequest};

use network::{Connection, Packet};
pub(in crate::core) use random::Random;
pub(in crate::core) use side::Side;
pub(in crate::core) use transport::{CALLER, LISTENER};

/// A silent cut shows when nothing came for this long.
const DEAD_AFTER: Duration = Duration::from_secs(75);

/// What may go wrong, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::core) struct Plan {
    pub(in crate::core) texts: usize,
    pub(in crate::core) cuts: usize,
    pub(in crate::core) transport_kills: usize,
    pub(in crate::core) ui_kills: usize,
    pub(in crate::core) clears: usize,
    pub(in crate::core) sleeps: usize,
    /// Whether a resumed session may begin with texts that arrived before.
    pub(in crate::core) repeats: bool,
    /// Whether one side leaves in the middle of it.
    pub(in crate::core) quits: usize,
}

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

/// One thing that can happen next.
#[derive(Clone, Copy, Debug)]
pub(in crate::core) enum Step {
    Read(usize),
    Bury(usize),
    Ask(usize),
    Deliver(usize, usize),
    Notice(usize, usize),
    Type(usize),
    Clear(usize),
    Quit(usize),
    Cut(usize),
    CutSilently(usize),
    KillTransport(usize),
    KillUi(usize),
    StartUi(usize),
    Sleep(usize),
    Wait,
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

    /// A world in which the two have met, and every step is chosen by the test.
    pub(in crate::core) fn met() -> Self {
        let mut world = Self::new(0);
        world.trace.seed = None;
        world.connect();
        while let Some(step) = world.work().first() {
            world.step(*step, false);
        }
        world.trace.steps.clear();
        world
    }

    /// Everything that can happen next. Time passes only where somebody waits for it.
    /// An answer that the core takes note of and does nothing about may as well be read at once:
    /// no other step depends on it, and the states are a tenth.
    pub(in crate::core) fn choices(&self, plan: &Plan) -> Vec<Step> {
        for (at, side) in self.sides.iter().enumerate() {
            if side.next_is_noted_only() {
                return vec![Step::Read(at)];
            }
        }
        let mut steps = self.work();
        // Whether the end of a line is seen is a step of its own, so none is cut silently.
        let silent = |step: &Step| matches!(step, Step::CutSilently(_));
        steps.extend(self.faults(plan).into_iter().filter(|step| !silent(step)));
        if self.sides.iter().any(Side::waits_for_time) {
            steps.push(Step::Wait);
        }
        steps
    }

    /// Whether both sit on one whole line, and nothing of another is left: without further faults
    /// every order of what is still to happen comes to the same.
    pub(in crate::core) fn is_calm(&self) -> bool {
        let mut open = self.connections.iter().filter(|c| c.closed != [true; 2]);
        let whole = |c: &Connection| !c.cut && c.closed == [false; 2];
        let line = (open.next().is_some_and(whole), open.next().is_none());
        line == (true, true) && self.sides.iter().all(Side::is_calm)
    }

    /// Lets one thing happen.
    pub(in crate::core) fn choose(&mut self, step: Step, plan: &mut Plan) {
        plan.use_up(step);
        self.step(step, false);
        self.check();
    }

    /// What happened since the two met.
    pub(in crate::core) fn path(&self) -> &[Step] {
        &self.trace.steps
    }

    /// Whoever is left alone waits until he is told that it is over.
    pub(in crate::core) fn wait_for_the_end(&mut self) {
        for _ in 0..3 {
            if self.sides.iter().any(|side| side.stopped.is_none()) {
                self.settle();
            }
        }
    }

    /// What the programs and the network would do by themselves.
    fn work(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for side in 0..2 {
            let Side {
                transport,
                last_words,
                requests,
                stopped,
                ..
            } = &self.sides[side];
            if self.sides[side].unread() > 0 {
                steps.push(Step::Read(side));
            } else if last_words.is_some() {
                steps.push(Step::Bury(side));
            }
            if let (Some(transport), Some((_, request))) = (transport, requests.front())
                && transport.can_take(request, &self.connections)
            {
                steps.push(Step::Ask(side));
            } else if stopped.is_some() && transport.is_some() && requests.is_empty() {
                // The end of its stdin: it says goodbye.
                steps.push(Step::Ask(side));
            }
            for (at, connection) in self.connections.iter().enumerate() {
                if transport.is_some() && !connection.to[side].is_empty() {
                    steps.push(Step::Deliver(at, side));
                }
                if transport.is_some() && connection.is_over(side) {
                    steps.push(Step::Notice(at, side));
                }
            }
        }
        steps
    }

    fn faults(&self, plan: &Plan) -> Vec<Step> {
        let mut steps = Vec::new();
        let budgets = [
            (
                plan.transport_kills,
                Step::KillTransport as fn(usize) -> Step,
            ),
            (plan.sleeps, Step::Sleep),
        ];
        for (side, state) in self.sides.iter().enumerate() {
            for (budget, step) in budgets {
                if budget > 0 && state.transport.is_some() && state.stopped.is_none() {
                    steps.push(step(side));
                }
            }
            let ui = [
                (plan.texts, Step::Type as fn(usize) -> Step),
                (plan.clears, Step::Clear),
                (plan.ui_kills, Step::KillUi),
                (plan.quits, Step::Quit),
            ];
            for (budget, step) in ui {
                if budget > 0 && state.ui_alive && state.stopped.is_none() {
                    steps.push(step(side));
                }
            }
            if !state.ui_alive {
                steps.push(Step::StartUi(side));
            }
        }
        if plan.cuts > 0 {
            let lines = self.connections.iter().enumerate();
            let whole = lines.filter(|(_, c)| !c.cut && c.closed == [false; 2]);
            steps.extend(whole.flat_map(|(at, _)| [Step::Cut(at), Step::CutSilently(at)]));
        }
        steps
    }

    fn step(&mut self, step: Step, repeats: bool) {
        self.trace.steps.push(step);
        match step {
            Step::Read(side) => {
                let chosen = self.trace.seed.is_none();
                // Where every step is chosen: all. A line that is read later may as well come later.
                let count = if chosen {
                    usize::MAX
                } else {
                    1 + self.random.below(4)
                };
                self.sides[side].reads(count);
            }
            Step::Bury(side) => self.sides[side].transport_is_buried(),
            Step::Ask(side) => self.ask(side),
            Step::Deliver(at, side) => self.deliver(at, side, repeats),
            Step::Notice(at, side) => {
                if let Some(transport) = &mut self.sides[side].transport {
                    transport.cut(at, &mut self.connections);
                }
            }
            Step::Type(side) => {
                self.typed += 1;
                let text = format!("text {}", self.typed);
                self.sides[side].types(text);
            }
            Step::Clear(side) => self.sides[side].clears(),
            Step::Quit(side) => self.sides[side].quits(),
            Step::Cut(at) => self.connections[at].cut(false),
            Step::CutSilently(at) => self.connections[at].cut(true),
            Step::KillTransport(side) => {
                self.sides[side].transport_dies();
                self.connections.iter_mut().for_each(|c| c.close(side));
            }
            Step::KillUi(side) => self.sides[side].ui_dies(),
            Step::StartUi(side) => self.sides[side].ui_starts(),
            Step::Sleep(side) => {
                let seconds = 1 + self.random.below(60);
                self.pass(Duration::from_secs(seconds as u64), Some(side));
            }
            Step::Wait => self.pass_to_next(),
        }
    }

    fn ask(&mut self, side: usize) {
        let state = &mut self.sides[side];
        let Some(transport) = &mut state.transport else {
            return;
        };
        match state.requests.pop_front() {
            Some((id, request)) => {
                if let TransportRequest::Send(send) = &request
                    && let Some(number) = number_of_text(&send.payload)
                {
                    self.sent[side].insert(number, send.payload.clone());
                }
                transport.request(id, request, &mut self.connections);
            }
            None => {
                transport.leave(&mut self.connections);
                state.transport = None;
            }
        }
        self.found_dead(side);
    }

    /// A line that was looked after, and is dead, is cut.
    fn found_dead(&mut self, side: usize) {
        let Some(transport) = &mut self.sides[side].transport else {
            return;
        };
        if std::mem::take(&mut transport.checks) {
            self.connections.iter_mut().for_each(|c| c.silent = false);
        }
    }

    fn deliver(&mut self, at: usize, side: usize, repeats: bool) {
        let Some(packet) = self.connections[at].to[side].pop_front() else {
            return;
        };
        self.serial += 1;
        let serial = self.serial;
        let Some(transport) = &mut self.sides[side].transport else {
            return;
        };
        let payload = transport.packet(at, packet, serial, &mut self.connections);
        let is_hello = payload.is_some_and(|payload| payload.0.get().contains("\"hello\""));
        if repeats && is_hello && at > 0 {
            self.repeat(at, side);
        }
    }

    /// The other side is of a make that sends its last texts again, whatever it is told.
    fn repeat(&mut self, at: usize, side: usize) {
        if !self.sides[side].ui_alive {
            // Then nobody here knows what has come.
            return;
        }
        let arrived = self.sides[side].screen.received.len() as u64;
        let from = (arrived + 1).saturating_sub(self.random.below(4) as u64);
        for (_, payload) in self.sent[1 - side].range(from..).rev() {
            let record = Packet::Record(Some(payload.clone()));
            self.connections[at].to[side].push_front(record);
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
            let delivered = side.screen.count(Status::Delivered);
            assert!(
                delivered <= read.len() || !peer.ui_alive,
                "{delivered} are said to be there, and {} are",
                read.len()
            );
        }
    }
}

fn number_of_text(payload: &Payload) -> Option<u64> {
    let json: serde_json::Value = serde_json::from_str(payload.0.get()).expect("JSON");
    (json["kind"] == "text").then(|| json["n"].as_u64().expect("a number"))
}

impl Plan {
    fn use_up(&mut self, step: Step) {
        let budget = match step {
            Step::Type(_) => &mut self.texts,
            Step::Clear(_) => &mut self.clears,
            Step::Quit(_) => &mut self.quits,
            Step::Cut(_) | Step::CutSilently(_) => &mut self.cuts,
            Step::KillTransport(_) => &mut self.transport_kills,
            Step::KillUi(_) => &mut self.ui_kills,
            Step::Sleep(_) => &mut self.sleeps,
            _ => return,
        };
        *budget -= 1;
    }
}
