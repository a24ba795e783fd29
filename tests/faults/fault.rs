//! What breaks, and how it is mended.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::pair::{Pair, Part, Setup, Who};
use crate::support::{signal, wait_until};

/// How long whatever is stopped or stalled stays so at least: some round trips, even of a busy
/// computer, and less than anybody's patience.
const LASTS: Duration = Duration::from_millis(300);

/// A fault.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// SIGKILL.
    Killed(Who, Part),
    /// SIGSTOP, and SIGCONT to mend it.
    Stopped(Who, Part),
    /// It says nothing more, and lives.
    StdoutClosed(Who, Part),
    /// It hears nothing more, and lives.
    StdinClosed(Who, Part),
    /// The connection ends, without a goodbye.
    Cut,
    /// The same, and the listener does not notice.
    CutForTheConnector,
    /// Nothing passes.
    Stalled,
    /// The connection ends, and the next call is not answered.
    RedialRefused,
}

/// What is broken now.
pub(crate) struct Broken {
    since: Instant,
    mend: Option<Mend>,
}

enum Mend {
    GoOn(Who, u32),
    Flow,
    /// After one more call than there were.
    Accept(u64),
}

impl Fault {
    /// What the two need for it.
    pub(crate) fn setup(self) -> Setup {
        let mut setup = Setup::default();
        match self {
            Self::StdoutClosed(who, Part::Transport) | Self::StdinClosed(who, Part::Transport) => {
                setup.breakable = Some(who);
            }
            Self::Killed(_, Part::NatHelper | Part::Supervisor)
            | Self::Stopped(_, Part::NatHelper) => setup.router = true,
            _ => {}
        }
        if let Some((who, Part::Ui)) = self.hits() {
            setup.ui_process = Some(who);
        }
        setup
    }

    fn hits(self) -> Option<(Who, Part)> {
        match self {
            Self::Killed(who, part)
            | Self::Stopped(who, part)
            | Self::StdoutClosed(who, part)
            | Self::StdinClosed(who, part) => Some((who, part)),
            Self::Cut | Self::CutForTheConnector | Self::Stalled | Self::RedialRefused => None,
        }
    }

    /// Whose process it hits.
    pub(crate) fn victim(self) -> Option<Who> {
        self.hits().map(|(who, _)| who)
    }

    /// Breaks it.
    pub(crate) fn begins(self, pair: &Pair) -> Broken {
        let mend = match self {
            Self::Killed(who, part) => {
                pair.side(who).kill(part);
                None
            }
            Self::Stopped(who, part) => {
                let pid = pair.side(who).process(part);
                signal(pid, Signal::STOP);
                Some(Mend::GoOn(who, pid))
            }
            Self::StdoutClosed(who, part) => {
                signal(pair.side(who).breakable(part), Signal::USR1);
                None
            }
            Self::StdinClosed(who, part) => {
                signal(pair.side(who).breakable(part), Signal::USR2);
                None
            }
            Self::Cut => {
                pair.line.cut();
                None
            }
            Self::CutForTheConnector => {
                pair.line.cut_for_the_caller();
                None
            }
            Self::Stalled => {
                pair.line.stall();
                Some(Mend::Flow)
            }
            Self::RedialRefused => {
                let calls = pair.line.calls();
                pair.line.hang_up_on_callers();
                pair.line.cut();
                Some(Mend::Accept(calls))
            }
        };
        let since = Instant::now();
        Broken { since, mend }
    }
}

impl Broken {
    /// Mends it, where it can be mended; not before it has lasted.
    pub(crate) fn mend(self, pair: &Pair) {
        let Some(mend) = self.mend else { return };
        std::thread::sleep(LASTS.saturating_sub(self.since.elapsed()));
        match mend {
            Mend::GoOn(who, pid) => pair.side(who).go_on(pid),
            Mend::Flow => pair.line.flow(),
            Mend::Accept(calls) => {
                wait_until("a redial is refused", || pair.line.calls() > calls);
                pair.line.accept();
            }
        }
    }
}
