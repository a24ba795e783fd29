//! What breaks, and how it is mended.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::pair::both::{Pair, Setup, Who};
use crate::pair::memory::Part;
use crate::support::{signal, wait_until};

/// How long whatever is stopped or stalled stays so at least: some round trips, even of a busy
/// computer, and less than anybody's patience.
const LASTS: Duration = Duration::from_millis(300);
/// The first redial comes after 1 s. Nobody sees one that the kernel refuses, so it is waited for by
/// the clock; a test that is early then only has one refusal less.
const UNTIL_REDIALED: Duration = Duration::from_millis(1300);

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// The connection ends, and whoever answers the next call hangs up.
    RedialRefused,
    /// The connection ends, and for a while nobody answers calls.
    Refused,
}

/// What is broken now.
pub(crate) struct Broken {
    since: Instant,
    mend: Option<Mend>,
}

enum Mend {
    GoOn(Who, u32),
    Flow,
    Accept,
    /// After one more call than there were.
    AcceptAfter(u64),
}

impl Fault {
    /// What the two need for it.
    pub(crate) fn setup(self) -> Setup {
        let mut setup = Setup::default();
        match self {
            Self::StdoutClosed(who, Part::Transport) | Self::StdinClosed(who, Part::Transport) => {
                setup.breakable = Some(who);
            }
            Self::Killed(Who::Listener, Part::NatHelper | Part::Supervisor)
            | Self::Stopped(Who::Listener, Part::NatHelper) => setup.router = true,
            _ => {}
        }
        if let Some((who, Part::Ui)) = self.hits() {
            setup.ui_process = Some(who);
        }
        setup
    }

    /// The process it hits.
    pub(crate) fn hits(self) -> Option<(Who, Part)> {
        match self {
            Self::Killed(who, part)
            | Self::Stopped(who, part)
            | Self::StdoutClosed(who, part)
            | Self::StdinClosed(who, part) => Some((who, part)),
            Self::Cut
            | Self::CutForTheConnector
            | Self::Stalled
            | Self::RedialRefused
            | Self::Refused => None,
        }
    }

    /// Whether a plugin has to be started again for it.
    pub(crate) fn is_crash(self) -> bool {
        matches!(
            self,
            Self::Killed(..) | Self::StdoutClosed(..) | Self::StdinClosed(..)
        )
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
                close(pair.side(who).breakable(part), Signal::USR1, 1);
                None
            }
            Self::StdinClosed(who, part) => {
                close(pair.side(who).breakable(part), Signal::USR2, 0);
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
                Some(Mend::AcceptAfter(calls))
            }
            Self::Refused => {
                pair.line.refuse();
                pair.line.cut();
                Some(Mend::Accept)
            }
        };
        let since = Instant::now();
        Broken { since, mend }
    }
}

impl Broken {
    /// Whether it stays broken until it is mended; the rest mends itself.
    pub(crate) fn can_be_mended(&self) -> bool {
        self.mend.is_some()
    }

    /// Mends it, where it can be mended; not before it has lasted.
    pub(crate) fn mend(self, pair: &Pair) {
        let Some(mend) = self.mend else { return };
        let lasts = match mend {
            Mend::Accept => UNTIL_REDIALED,
            _ => LASTS,
        };
        // How long it lasts is part of what is tested; nothing is waited for here.
        std::thread::sleep(lasts.saturating_sub(self.since.elapsed()));
        match mend {
            Mend::GoOn(who, pid) => pair.side(who).go_on(pid),
            Mend::Flow => pair.line.flow(),
            Mend::Accept => pair.line.accept(),
            Mend::AcceptAfter(calls) => {
                wait_until("a redial is refused", || pair.line.calls() > calls);
                pair.line.accept();
            }
        }
    }
}

/// Lets one of the stand-ins close a descriptor, and waits until it has.
fn close(pid: u32, request: Signal, descriptor: u32) {
    signal(pid, request);
    let open = format!("/proc/{pid}/fd/{descriptor}");
    wait_until("it is closed", || std::fs::symlink_metadata(&open).is_err());
}
