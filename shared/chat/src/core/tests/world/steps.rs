//! What can happen next, and what may go wrong.

use super::{Side, World};

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
    /// How often somebody leaves in the middle of it.
    pub(in crate::core) quits: usize,
    /// Supervisors that are killed, with all they know.
    pub(in crate::core) supervisor_kills: usize,
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
    KillSupervisor(usize),
    KillUi(usize),
    StartUi(usize),
    Sleep(usize),
    Wait,
}

impl World {
    /// What the programs and the network would do by themselves.
    pub(super) fn work(&self) -> Vec<Step> {
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

    pub(super) fn faults(&self, plan: &Plan) -> Vec<Step> {
        let mut steps = Vec::new();
        let budgets = [
            (
                plan.transport_kills,
                Step::KillTransport as fn(usize) -> Step,
            ),
            (plan.sleeps, Step::Sleep),
            (plan.supervisor_kills, Step::KillSupervisor),
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
            if !state.ui_alive && state.stopped.is_none() {
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
}

impl Plan {
    pub(super) fn use_up(&mut self, step: Step) {
        let budget = match step {
            Step::Type(_) => &mut self.texts,
            Step::Clear(_) => &mut self.clears,
            Step::Quit(_) => &mut self.quits,
            Step::Cut(_) | Step::CutSilently(_) => &mut self.cuts,
            Step::KillTransport(_) => &mut self.transport_kills,
            Step::KillSupervisor(_) => &mut self.supervisor_kills,
            Step::KillUi(_) => &mut self.ui_kills,
            Step::Sleep(_) => &mut self.sleeps,
            _ => return,
        };
        *budget -= 1;
    }
}
