//! What breaks when. Pure: the same seed gives the same schedule, as far as the chat allows it.

use std::time::Duration;

use crate::pair::{Fault, Part, Setup, Who};

/// A program gives a plugin up after five crashes within three minutes; so many stay far from it,
/// for one that was stopped for too long counts as well.
const MAX_CRASHES: usize = 3;
/// Three minutes and what a busy computer adds.
const CRASH_WINDOW: Duration = Duration::from_secs(190);

/// Chance, from a seed: SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn who(&mut self) -> Who {
        match self.below(2) {
            0 => Who::Listener,
            _ => Who::Connector,
        }
    }

    fn millis(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}

/// Something to break.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) fault: Fault,
    /// How long it stays so, where it can be mended.
    pub(crate) lasts: Duration,
    /// Before the next step, if that does not wait until the chat has recovered.
    pub(crate) pause: Option<Duration>,
}

/// The faults of one chat.
pub(crate) struct Schedule {
    setup: Setup,
    /// When a plugin was made to crash.
    crashes: Vec<(Duration, Who, Part)>,
}

impl Schedule {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            crashes: Vec::new(),
        }
    }

    /// The next step, at this time of the chat.
    pub(crate) fn next(&mut self, now: Duration, dice: &mut Dice) -> Step {
        let fault = loop {
            let fault = self.any_fault(dice);
            if self.may_come(fault, now) {
                break fault;
            }
        };
        Step {
            fault,
            lasts: dice.millis(2500),
            // Some faults come one upon another.
            pause: dice.one_in(4).then(|| dice.millis(500)),
        }
    }

    fn any_fault(&self, dice: &mut Dice) -> Fault {
        let who = dice.who();
        match dice.below(10) {
            0 => Fault::Killed(who, Part::Transport),
            1 => self.of_ui(dice),
            2 if self.setup.router => match dice.below(2) {
                0 => Fault::Killed(Who::Listener, Part::NatHelper),
                _ => Fault::Stopped(Who::Listener, Part::NatHelper),
            },
            3 => Fault::Stopped(who, Part::Supervisor),
            4 => Fault::Stopped(who, Part::Transport),
            5 if self.setup.breakable.is_some() => {
                let who = self.setup.breakable.unwrap_or(who);
                match dice.below(2) {
                    0 => Fault::StdoutClosed(who, Part::Transport),
                    _ => Fault::StdinClosed(who, Part::Transport),
                }
            }
            6 => Fault::Stalled,
            7 => Fault::Refused,
            8 => Fault::CutForTheConnector,
            _ => Fault::Cut,
        }
    }

    fn of_ui(&self, dice: &mut Dice) -> Fault {
        match (self.setup.ui_process, dice.below(4)) {
            (None, _) => Fault::Cut,
            (Some(who), 0) => Fault::Stopped(who, Part::Ui),
            (Some(who), 1) => Fault::StdoutClosed(who, Part::Ui),
            (Some(who), 2) => Fault::StdinClosed(who, Part::Ui),
            (Some(who), _) => Fault::Killed(who, Part::Ui),
        }
    }

    /// Counts a crash, where there may be one more.
    fn may_come(&mut self, fault: Fault, now: Duration) -> bool {
        if !fault.is_crash() {
            return true;
        }
        let Some((who, part)) = fault.hits() else {
            return true;
        };
        self.crashes.retain(|(at, ..)| now - *at < CRASH_WINDOW);
        let same = self
            .crashes
            .iter()
            .filter(|(_, w, p)| (*w, *p) == (who, part));
        let may = same.count() < MAX_CRASHES;
        if may {
            self.crashes.push((now, who, part));
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        Setup {
            words: false,
            ui_process: Some(Who::Listener),
            breakable: Some(Who::Connector),
            router: true,
        }
    }

    fn steps(seed: u64) -> Vec<Fault> {
        let (mut schedule, mut dice) = (Schedule::new(setup()), Dice::new(seed));
        let next = |n| schedule.next(Duration::from_secs(n), &mut dice).fault;
        (0..100).map(next).collect()
    }

    #[test]
    fn a_seed_gives_a_schedule_again_and_another_seed_another() {
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
    }

    #[test]
    fn no_plugin_crashes_so_often_that_it_is_given_up() {
        for part in [Part::Transport, Part::Ui, Part::NatHelper] {
            let crashes = steps(9).into_iter().filter(|fault| fault.is_crash());
            let parts = crashes.filter(|fault| fault.hits() == Some((Who::Listener, part)));
            assert!(parts.count() <= MAX_CRASHES, "{part:?}");
        }
    }

    #[test]
    fn every_kind_of_fault_comes() {
        let kinds: std::collections::HashSet<_> = (0..50)
            .flat_map(steps)
            .map(|fault| std::mem::discriminant(&fault))
            .collect();
        // All but those that only a test of one fault alone can wait for.
        assert_eq!(kinds.len(), 8);
    }
}
