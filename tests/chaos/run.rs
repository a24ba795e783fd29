//! A run: chats one after the other, in each of which both talk without end while things break.

use std::time::{Duration, Instant};

use crate::pair::{Broken, Fault, Ledger, Pair, Part, Setup, Who, compare};
use crate::schedule::{Dice, Schedule, Step};
use crate::tally::Tally;

/// Long enough for keys to be renewed and leaks to show; a new chat tries the start and the end.
const CHAT: Duration = Duration::from_secs(300);
/// Restarts and redials each pause for up to 30 s, and several can come together.
const RECOVERY: Duration = Duration::from_secs(120);
/// Between two turns of the talk: so short that whatever breaks, breaks among texts.
const BEAT: Duration = Duration::from_millis(10);
/// How many texts a burst has.
const BURST: u64 = 1000;
/// Nothing more is said while so many wait to be taken.
const BACKLOG: u64 = 2000;

/// Chats for this time.
pub(crate) fn run(duration: Duration, dice: &mut Dice) -> Tally {
    let mut tally = Tally::default();
    let begun = Instant::now();
    while tally.is_good() {
        let left = duration.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break;
        }
        let setup = Setup {
            words: dice.one_in(4),
            ui_process: (!dice.one_in(3)).then(|| dice.who()),
            breakable: (!dice.one_in(3)).then(|| dice.who()),
            router: true,
        };
        let mut chat = Chat::begin(setup);
        chat.go_on_for(left.min(CHAT), dice, &mut tally);
        chat.end(dice.who(), &mut tally);
        tally.chats += 1;
    }
    tally
}

/// One chat.
struct Chat {
    pair: Pair,
    schedule: Schedule,
    begun: Instant,
    /// What is broken, and when it is to be mended.
    broken: Vec<(Instant, Step, Broken)>,
    /// What is over, since when, and the last numbers that were asked for before.
    over: Vec<(Fault, Instant, [u64; 2])>,
}

impl Chat {
    fn begin(setup: Setup) -> Self {
        Self {
            pair: Pair::chatting(setup),
            schedule: Schedule::new(setup),
            begun: Instant::now(),
            broken: Vec::new(),
            over: Vec::new(),
        }
    }

    fn go_on_for(&mut self, duration: Duration, dice: &mut Dice, tally: &mut Tally) {
        let mut next = Some(Instant::now());
        while self.begun.elapsed() < duration && tally.is_good() {
            self.talk(dice);
            let now = Instant::now();
            if next.is_some_and(|at| at <= now) {
                let step = self.schedule.next(self.begun.elapsed(), dice);
                next = step.pause.map(|pause| now + pause);
                tally.faults += u64::from(self.strike(step));
            }
            self.mend(|due| due <= now);
            self.note_recoveries(tally);
            if next.is_none() && self.broken.is_empty() && self.over.is_empty() {
                next = Some(now);
            }
            std::thread::sleep(BEAT);
        }
    }

    fn talk(&self, dice: &mut Dice) {
        for side in [&self.pair.listener, &self.pair.connector] {
            if side.now(Ledger::wanted) > BACKLOG {
                continue;
            }
            // Mostly as people type, rarely large, more rarely very many.
            let padding = match dice.below(50) {
                0 => dice.below(20_000),
                _ => dice.below(100),
            };
            let count = if dice.one_in(300) {
                BURST
            } else {
                dice.below(3)
            };
            side.say(count, usize::try_from(padding).unwrap_or_default());
        }
    }

    /// Breaks something, if it is whole now; whether it was.
    fn strike(&mut self, step: Step) -> bool {
        let hit = step.fault.hits();
        let there = hit.is_none_or(|(who, part)| self.pair.side(who).find(part).is_some());
        let stopped =
            |broken: &(Instant, Step, Broken)| hit.is_some() && broken.1.fault.hits() == hit;
        let same = |broken: &(Instant, Step, Broken)| broken.1.fault == step.fault;
        if !there || self.broken.iter().any(|b| stopped(b) || same(b)) {
            return false;
        }
        println!(
            "{:>9.3} s {:?}",
            self.begun.elapsed().as_secs_f64(),
            step.fault
        );
        let broken = step.fault.begins(&self.pair);
        self.broken
            .push((Instant::now() + step.lasts, step, broken));
        true
    }

    fn mend(&mut self, is_due: impl Fn(Instant) -> bool) {
        for (due, step, broken) in std::mem::take(&mut self.broken) {
            if !is_due(due) && broken.can_be_mended() {
                self.broken.push((due, step, broken));
                continue;
            }
            broken.mend(&self.pair);
            let asked =
                [&self.pair.listener, &self.pair.connector].map(|side| side.now(Ledger::asked));
            self.over.push((step.fault, Instant::now(), asked));
        }
    }

    /// Texts that were asked for since have come, in both directions.
    fn note_recoveries(&mut self, tally: &mut Tally) {
        let came = [&self.pair.connector, &self.pair.listener]
            .map(|side| side.now(|ledger| ledger.texts.received.last().copied()));
        let (pair, now) = (&self.pair, Instant::now());
        self.over.retain(|(fault, since, asked)| {
            let recovered = came
                .iter()
                .zip(asked)
                .all(|(came, asked)| *came > Some(*asked));
            let took = now - *since;
            if recovered {
                tally.recovered(*fault, took);
            } else if took > RECOVERY {
                let sides =
                    [&pair.listener, &pair.connector].map(|side| side.now(Ledger::describe));
                tally
                    .wrong
                    .push(format!("{fault:?}: no recovery. {}", sides.join("\n")));
            }
            !recovered
        });
    }

    /// Everything is mended, everything arrives, and one of the two leaves.
    fn end(mut self, leaves: Who, tally: &mut Tally) {
        self.mend(|_| true);
        if let Err(why) = self.pair.arrives_within(RECOVERY) {
            let sides = [&self.pair.listener, &self.pair.connector];
            let [listener, connector] = sides.map(|side| side.now(Ledger::describe));
            let sentence = format!("{why}\nlistener: {listener}\nconnector: {connector}");
            tally.wrong.push(sentence);
        }
        self.pair.look_at_memory();
        for from in [Who::Listener, Who::Connector] {
            let (sender, receiver) = (self.pair.side(from), self.pair.side(from.other()));
            let verdict = sender.now(|from| receiver.now(|to| compare(from, to)));
            sender.now(|ledger| tally.direction(&verdict, ledger));
            for part in [Part::Supervisor, Part::Transport] {
                tally.grew(part, sender.memory().growth_kib(part));
            }
        }
        if tally.is_good() {
            self.pair.goes_on_and_ends_well(leaves);
        }
    }
}
