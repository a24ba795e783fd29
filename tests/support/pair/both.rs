//! The two, and the line between them.

use std::time::Duration;

use crate::pair::ledger::{Ledger, Link};
use crate::pair::line::Line;
use crate::pair::memory::Part;
use crate::pair::program::{Kind, Program};
use crate::pair::side::Side;
use crate::pair::verdict::compare;
use crate::support::{DEADLINE, all_gone, wait_until};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Listener,
    Connector,
}

impl Who {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Listener => Self::Connector,
            Self::Connector => Self::Listener,
        }
    }
}

/// How the two are to be started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setup {
    /// They compare words instead of typing a code.
    pub(crate) words: bool,
    /// Whose ui is a process of its own.
    pub(crate) ui_process: Option<Who>,
    /// Whose transport's pipes can be closed.
    pub(crate) breakable: Option<Who>,
    /// The listener's router opens ports, on paper.
    pub(crate) router: bool,
}

/// Who was started again, with which code it had ended, and the code of its last refusal.
pub(crate) type Restart = (Who, Option<i32>, String);

/// Two p2p-chats that were started, and the line between them.
pub(crate) struct Pair {
    pub(crate) listener: Side,
    pub(crate) connector: Side,
    pub(crate) line: Line,
    /// Who had to be started again to come together.
    pub(crate) restarts: Vec<Restart>,
    pub(super) setup: Setup,
    router: tempfile::TempDir,
}

impl Pair {
    /// Starts both; the connector knows the address and not yet the code.
    pub(crate) fn start(setup: Setup) -> Self {
        let router = tempfile::tempdir().expect("a folder");
        let listener = program(Kind::Listener, setup, &router).start();
        if setup.router {
            wait_until("a port is opened", || router.path().join("ports").exists());
        }
        let line = Line::to(port_of(&listener));
        let calls = Kind::Connector(line.address());
        Self {
            connector: program(calls, setup, &router).start(),
            listener,
            line,
            restarts: Vec::new(),
            setup,
            router,
        }
    }

    /// Starts both, and waits until they chat.
    pub(crate) fn chatting(setup: Setup) -> Self {
        let mut pair = Self::start(setup);
        pair.come_together();
        pair.look_at_memory();
        pair
    }

    pub(crate) fn side(&self, who: Who) -> &Side {
        match who {
            Who::Listener => &self.listener,
            Who::Connector => &self.connector,
        }
    }

    fn side_mut(&mut self, who: Who) -> &mut Side {
        match who {
            Who::Listener => &mut self.listener,
            Who::Connector => &mut self.connector,
        }
    }

    /// Starts one of them once more, with nothing of what it knew.
    pub(super) fn start_again(&mut self, who: Who) {
        let kind = match who {
            Who::Listener => Kind::Listener,
            Who::Connector => Kind::Connector(self.line.address()),
        };
        let code = self.exit_code_of(who);
        let why = self.side(who).now(Ledger::last_failure);
        self.restarts.push((who, code, why));
        *self.side_mut(who) = program(kind, self.setup, &self.router).start();
        if who == Who::Listener {
            self.line.lead_to(port_of(&self.listener));
        }
    }

    pub(crate) fn both_say(&self, count: u64, padding: usize) {
        self.listener.say(count, padding);
        self.connector.say(count, padding);
    }

    pub(crate) fn look_at_memory(&self) {
        self.listener.look_at_memory();
        self.connector.look_at_memory();
    }

    /// Waits until all that was said has come, in both directions.
    pub(crate) fn all_arrives(&self) {
        self.arrives_within(DEADLINE)
            .unwrap_or_else(|why| panic!("{why}"));
    }

    /// The same; the error says what is missing.
    pub(crate) fn arrives_within(&self, limit: Duration) -> Result<(), String> {
        for from in [Who::Listener, Who::Connector] {
            let last = |ledger: &Ledger| ledger.texts.accepted.last().copied().unwrap_or_default();
            let all_taken = |ledger: &Ledger| ledger.is_quiet().then(|| last(ledger));
            let sender = self.side(from);
            let last = sender.try_wait(limit, all_taken);
            let last =
                last.map_err(|why| format!("not all of the {from:?} is delivered: {why}"))?;
            let came = |ledger: &Ledger| ledger.texts.received.last() >= Some(&last);
            let receiver = self.side(from.other());
            let come = receiver.try_wait(limit, |ledger| (last == 0 || came(ledger)).then_some(()));
            come.map_err(|why| format!("not all of the {from:?} came: {why}"))?;
        }
        Ok(())
    }

    /// Both say something, it comes, and one of them leaves: everything was as it should be, and
    /// nothing stays behind.
    pub(crate) fn goes_on_and_ends_well(mut self, leaves: Who) {
        self.both_say(3, 10);
        self.all_arrives();
        self.look_at_memory();
        if self.setup.router {
            // The next one closes what a killed one opened.
            self.listener.process(Part::NatHelper);
        }
        let families = [self.listener.family(), self.connector.family()].concat();
        self.side(leaves).leave();
        assert_eq!(self.side_mut(leaves).exit_code(), Some(0), "who leaves");
        let stays = leaves.other();
        assert_eq!(self.side_mut(stays).exit_code(), Some(0), "who is left");
        let gone = self.side(stays).now(|ledger| ledger.link.clone());
        assert_eq!(gone, Link::Gone("left".to_owned()));
        all_gone(&families);
        self.nothing_is_wrong();
    }

    pub(crate) fn exit_code_of(&mut self, who: Who) -> Option<i32> {
        self.side_mut(who).exit_code()
    }

    /// The other has left or is gone: this one ends, where need be because it is asked to.
    pub(crate) fn the_other_ends(&mut self, who: Who) {
        let side = self.side(who);
        side.wait("it notices", |ledger| {
            matches!(ledger.link, Link::Cut | Link::Gone(_)).then_some(())
        });
        if side.now(|ledger| ledger.link == Link::Cut) {
            side.leave();
        }
        self.exit_code_of(who);
    }

    /// All texts came once and in order, the memory is in bounds, and no port stays open.
    pub(crate) fn nothing_is_wrong(&self) {
        for from in [Who::Listener, Who::Connector] {
            let (sender, receiver) = (self.side(from), self.side(from.other()));
            let verdict = sender.now(|from| receiver.now(|to| compare(from, to)));
            assert!(verdict.is_good(), "from the {from:?}: {verdict:?}");
            let unanswered = sender.now(Ledger::unanswered);
            assert_eq!(unanswered, 0, "texts of the {from:?} were not answered");
            let excess = sender.memory().excess();
            assert!(excess.is_empty(), "the {from:?}: {excess:?}");
        }
        self.no_port_is_open();
    }

    /// The router of the listener has nothing open in a moment, or its user knows.
    pub(crate) fn no_port_is_open(&self) {
        let paper = self.router.path().join("ports");
        let told = |ledger: &Ledger| ledger.warned_of("may still be forwarded");
        let told = self.listener.now(told);
        wait_until("the port is closed", || told || !paper.exists());
    }
}

fn program(kind: Kind, setup: Setup, router: &tempfile::TempDir) -> Program {
    let who = match kind {
        Kind::Listener => Who::Listener,
        Kind::Connector(_) => Who::Connector,
    };
    Program {
        words: setup.words,
        ui_process: setup.ui_process == Some(who),
        breakable: setup.breakable == Some(who),
        router: (setup.router && who == Who::Listener).then(|| router.path().join("ports")),
        kind,
    }
}

/// Where a listener listens, as soon as it does.
fn port_of(listener: &Side) -> u16 {
    listener.wait("it listens", |ledger| {
        let address = ledger.last("listening")?["addresses"][0].as_str()?;
        address.rsplit(':').next()?.parse().ok()
    })
}
