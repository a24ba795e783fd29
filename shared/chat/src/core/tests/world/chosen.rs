//! A world in which nothing is left to chance: a test chooses every step.

use super::network::{Connection, Packet};
use super::{Plan, Side, Step, World};

impl World {
    /// A world in which the two have met, and every step is chosen by the test.
    pub(in crate::core) fn met() -> Self {
        let mut world = Self::new(0);
        world.trace.seed = None;
        world.read_at_once = Some(usize::MAX);
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
            let only_told = plan.texts == 0 && side.unread() > 0;
            if only_told || side.next_is_noted_only() {
                return vec![Step::Read(at)];
            }
        }
        let mut steps = self.work();
        if let Some(step) = steps.iter().find(|step| self.changes_nothing(step)) {
            return vec![*step];
        }
        // Whether the end of a line is seen is a step of its own, so none is cut silently.
        let silent = |step: &Step| matches!(step, Step::CutSilently(_));
        steps.extend(self.faults(plan).into_iter().filter(|step| !silent(step)));
        if self.sides.iter().any(Side::waits_for_time) {
            steps.push(Step::Wait);
        }
        steps
    }

    /// Whether a step is about a connection that its side no longer cares for.
    fn changes_nothing(&self, step: &Step) -> bool {
        match *step {
            Step::Notice(at, side) | Step::Deliver(at, side) => {
                let transport = self.sides[side].transport.as_ref();
                let calls = self.connections[at].to[side].iter();
                let proves = calls.into_iter().any(|p| matches!(p, Packet::Prove(_)));
                !proves && transport.is_some_and(|t| !t.shape().2.contains(&Some(at)))
            }
            _ => false,
        }
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
        // Between two lines a text may be typed.
        self.read_at_once = Some(if plan.texts > 0 { 1 } else { usize::MAX });
        plan.use_up(step);
        self.step(step, false);
        self.check();
    }

    /// What happened since the two met.
    pub(in crate::core) fn path(&self) -> &[Step] {
        &self.trace.steps
    }
}
