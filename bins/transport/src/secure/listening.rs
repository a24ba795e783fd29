//! A listener's own state: who stands at the door, what lets him in, and what the supervisor was
//! told of it. No IO in here; time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use p2p_chat_protocol::Private;
use p2p_chat_protocol::transport::Listening;
use p2p_chat_protocol::ui::AuthenticationFailed;
use p2p_chat_secure_channel::{Admission, AwaitAuthC, Code, Gate, HandshakeError, Mode, Ticket};

use super::door::{Door, Entry};
use super::pace::Pace;
use super::sentences::Way;
use super::wires::{Hold, Order};
use crate::clock::Now;
use crate::connection::{ConnectionId, Ends};
use crate::random::random;

/// How long a code may be used: a phone call and some trouble with a router.
const CODE_LIFE: Duration = Duration::from_secs(60 * 60);

/// Strangers are only counted; the count is told no more often than a person could read it.
const COUNT_APART: Duration = Duration::from_secs(1);

/// A listener.
pub(super) struct Listen {
    pub(super) way: Way,
    pub(super) gate: Gate,
    door: Door,
    callers: HashMap<ConnectionId, Caller>,
    /// Who waits for his turn to be answered.
    queue: Pace,
    code_dies: Option<Duration>,
    turned_away: u64,
    told: Option<Told>,
}

/// Somebody who is not in.
struct Caller {
    hold: Hold,
    ends: Ends,
    stage: Stage,
}

enum Stage {
    Silent,
    /// His first message, which came too soon after another's.
    Queued(BytesMut),
    Answered(AwaitAuthC),
}

/// What the supervisor knows.
#[derive(PartialEq, Eq)]
struct Told {
    has_code: bool,
    guesses_left: Option<u8>,
    turned_away: u64,
    at: Instant,
}

/// What came of somebody's proof.
pub(super) enum Verdict {
    /// He is in.
    In(Ends, Box<Admission>),
    /// He is out, and it cost a guess, or one of the handshakes.
    Failed(AuthenticationFailed),
    /// He is out.
    Out,
}

impl Listen {
    pub(super) fn new(way: Way, tickets: Vec<Ticket>, now: Now) -> Self {
        let mut gate = match way {
            Way::Code => Gate::with_code(Code::generate(&mut random())),
            Way::Words => Gate::with_words(),
            Way::Resume => Gate::with_tickets_only(),
        };
        gate.set_tickets(tickets);
        Self {
            way,
            gate,
            door: Door::default(),
            callers: HashMap::new(),
            queue: Pace::default(),
            code_dies: (way == Way::Code).then_some(now.since_boot + CODE_LIFE),
            turned_away: 0,
            told: None,
        }
    }

    /// All tries anew; tickets stay. `false` where there is nothing to be let in by but tickets.
    pub(super) fn renew(&mut self, now: Now) -> bool {
        match self.way {
            Way::Code => {
                self.gate.new_code(Code::generate(&mut random()));
                self.code_dies = Some(now.since_boot + CODE_LIFE);
            }
            Way::Words => self.gate.new_words(),
            Way::Resume => return false,
        }
        true
    }

    /// Nobody is let in any more, whatever he has; tickets of a chat that goes on stay.
    pub(super) fn close(&mut self) {
        self.gate.retire();
        self.let_all_go();
        // Nobody wants to know any more.
        self.told = None;
    }

    /// Somebody called; `false` where he has to go.
    pub(super) fn called(&mut self, id: ConnectionId, ip: IpAddr, hold: Hold, ends: Ends) -> bool {
        match self.door.called(id, ip) {
            Entry::Free => {}
            Entry::InPlaceOf(oldest) => self.left(oldest, true),
            Entry::Full => {
                self.turned_away();
                return false;
            }
        }
        let stage = Stage::Silent;
        self.callers.insert(id, Caller { hold, ends, stage });
        true
    }

    /// A caller's first message is whole.
    pub(super) fn greeted(&mut self, id: ConnectionId, hello: BytesMut, now: Now) {
        self.door.spoke(id);
        // Those who wait are before him.
        self.take_turns(now);
        self.answer(id, hello, now);
    }

    /// Answers those whose turn it is.
    pub(super) fn take_turns(&mut self, now: Now) {
        while let Some(id) = self.queue.turn(now.awake) {
            if let Some(caller) = self.callers.get_mut(&id)
                && let Stage::Queued(hello) = std::mem::replace(&mut caller.stage, Stage::Silent)
            {
                self.answer(id, hello, now);
            }
        }
    }

    fn answer(&mut self, id: ConnectionId, hello: BytesMut, now: Now) {
        let Some(caller) = self.callers.get_mut(&id) else {
            return;
        };
        match self.gate.answer(&hello, now.ms(), &mut random()) {
            Ok((hello_l, state)) => {
                if state.mode() != Mode::Code {
                    self.queue.answered(now.awake);
                }
                caller.stage = Stage::Answered(state);
                caller.hold.order(Order::Answer(hello_l));
            }
            Err(HandshakeError::TooSoon) => {
                self.queue.asked(id, now.awake);
                caller.stage = Stage::Queued(hello);
            }
            Err(_) => {
                caller.hold.order(Order::Refuse);
                self.left(id, true);
            }
        }
    }

    /// A caller's proof is here. Nothing else compares one, and it is done at once: so tries are
    /// counted one by one, however many callers there are.
    pub(super) fn proved(&mut self, id: ConnectionId, proof: &[u8], now: Now) -> Option<Verdict> {
        let caller = self.callers.get_mut(&id)?;
        let Stage::Answered(state) = std::mem::replace(&mut caller.stage, Stage::Silent) else {
            return None;
        };
        let mode = state.mode();
        let verdict = self.gate.admit(state, proof, now.ms(), &mut random());
        Some(match verdict {
            Ok(admission) => {
                let caller = self.callers.remove(&id)?;
                self.door.left(id);
                self.let_all_go();
                Verdict::In(caller.ends, Box::new(admission))
            }
            Err(HandshakeError::WrongProof) if mode != Mode::Resume => {
                let ends = caller.ends.clone();
                self.left(id, false);
                Verdict::Failed(self.failed(ends))
            }
            Err(_) => {
                self.left(id, true);
                Verdict::Out
            }
        })
    }

    /// A caller's connection is gone. Where it had used up a handshake, there is something to tell.
    pub(super) fn gone(&mut self, id: ConnectionId) -> Option<AuthenticationFailed> {
        let caller = self.callers.get(&id)?;
        let stranger = match &caller.stage {
            Stage::Answered(state) if state.mode() == Mode::Words => Some(caller.ends.clone()),
            _ => None,
        };
        self.left(id, stranger.is_none());
        Some(self.failed(stranger?))
    }

    /// Who failed, and what is left: guesses where there was a code, handshakes where there was none.
    fn failed(&self, who: Ends) -> AuthenticationFailed {
        AuthenticationFailed {
            address: who.address,
            guesses_left: self.gate.guesses_left().map(u32::from),
            handshakes_left: self.gate.handshakes_left().map(u32::from),
        }
    }

    /// Words were compared with as many as may try, and nobody is left who still could.
    pub(super) fn is_used_up(&self) -> bool {
        let answered = |caller: &Caller| matches!(caller.stage, Stage::Answered(_));
        self.gate.handshakes_left() == Some(0)
            && self.gate.tickets().next().is_none()
            && !self.callers.values().any(answered)
    }

    /// Time went by.
    pub(super) fn expire(&mut self, now: Now) {
        if self.code_dies.is_some_and(|at| at <= now.since_boot) {
            self.code_dies = None;
            self.gate.retire();
        }
    }

    pub(super) fn deadline(&self, now: Now) -> Option<Instant> {
        let code = self.code_dies.map(|at| now.until(at));
        let all = [code, self.queue.deadline(), self.count_due()];
        all.into_iter().flatten().min()
    }

    /// What there is to tell, apart from addresses, if the supervisor does not know it yet.
    pub(super) fn news(&mut self, now: Now) -> Option<Listening> {
        let told = self.told.as_ref()?;
        let same = told.has_code == self.gate.code().is_some()
            && told.guesses_left == self.gate.guesses_left();
        let due = self.count_due().is_some_and(|at| at <= now.awake);
        (!same || due).then(|| self.tell(now))
    }

    /// All there is to tell, apart from addresses.
    pub(super) fn tell(&mut self, now: Now) -> Listening {
        let code = self.gate.code();
        let left = self.code_dies.filter(|_| code.is_some());
        let left = left.map(|at| at.saturating_sub(now.since_boot).as_secs());
        let listening = Listening {
            passcode: code.map(|code| Private::from(&*code.words())),
            numbers: code.map(|code| Private::from(&*code.numbers())),
            // An hour has fewer seconds.
            expires_s: left.map(|seconds| seconds.try_into().unwrap_or(u32::MAX)),
            guesses_left: self.gate.guesses_left().map(u32::from),
            turned_away: self.turned_away,
            ..Listening::default()
        };
        self.told = Some(Told {
            has_code: code.is_some(),
            guesses_left: self.gate.guesses_left(),
            turned_away: self.turned_away,
            at: now.awake,
        });
        listening
    }

    fn count_due(&self) -> Option<Instant> {
        let told = self.told.as_ref()?;
        (told.turned_away != self.turned_away).then_some(told.at + COUNT_APART)
    }

    fn left(&mut self, id: ConnectionId, count: bool) {
        self.door.left(id);
        self.queue.left(id);
        if self.callers.remove(&id).is_some() && count {
            self.turned_away();
        }
    }

    /// A stranger went; he is only counted.
    pub(super) fn turned_away(&mut self) {
        self.turned_away += 1;
    }

    fn let_all_go(&mut self) {
        for id in self.callers.keys().copied().collect::<Vec<_>>() {
            self.left(id, false);
        }
    }
}
