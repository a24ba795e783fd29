//! One role over all runs of the plugin that plays it.

use std::time::Instant;

use bytes::Bytes;
use p2p_chat_plugin::Inbox;
use p2p_chat_protocol::ui::UiEvent;
use p2p_chat_protocol::{Messages, Role, Welcome};
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep_until};

use crate::life::End;
use crate::locate::Program;
use crate::logs::{LogLine, Tail};
use crate::progress::Progress;
use crate::restart::{History, Verdict};
use crate::run::{Event, Run};

/// What may wait for a plugin before others are asked to wait for it: as much as a pipe holds, so
/// that a fast reader never lacks work. All that a ui has not shown yet is told to the next one if
/// it dies, so it must not be more than the core remembers.
const HIGH_WATER: usize = 65_536;

/// How long a message that nobody waits for may wait for company: less than a frame of a screen.
/// Waking a plugin takes longer than all the work for a message.
const PATIENCE: Duration = Duration::from_millis(5);

/// So many go without further waiting: a ui with at most 800 texts under way is not kept from
/// sending more.
const COMPANY: usize = 64;

/// What can come out of a slot.
pub(crate) enum Turn {
    /// From the plugin.
    Event(Event),
    /// The pause before the next run is over.
    RestartDue,
}

/// How a plugin was when the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It was not there.
    DidNotRun,
    /// It did what it had to, and ended with 0.
    InOrder,
    /// It said that something went wrong, or was ended by force.
    Badly,
}

/// A role and its plugin.
pub(crate) struct Slot {
    pub(crate) role: Role,
    pub(crate) inbox: Inbox,
    pub(crate) tail: Tail,
    program: Program,
    run: Option<Run>,
    /// Whole lines for the plugin.
    pending: Vec<u8>,
    /// Whether somebody waits for one of them.
    urgent: bool,
    /// For a ui: what goes behind them, and can wait.
    progress: Progress,
    /// When all of it is handed over all the same.
    patience: Option<Instant>,
    history: History,
    started: Instant,
    restart_at: Option<Instant>,
}

impl Slot {
    pub(crate) fn new(role: Role, program: Program) -> Self {
        Self {
            role,
            inbox: inbox(role),
            tail: Tail::default(),
            program,
            run: None,
            pending: Vec::new(),
            urgent: false,
            progress: Progress::default(),
            patience: None,
            history: History::default(),
            started: Instant::now(),
            restart_at: None,
        }
    }

    /// Starts the plugin, if it does not run.
    pub(crate) fn start(
        &mut self,
        welcome: Welcome,
        logs: &mpsc::Sender<LogLine>,
    ) -> Result<(), String> {
        if self.run.is_some() {
            return Ok(());
        }
        self.started = Instant::now();
        self.restart_at = None;
        self.inbox = inbox(self.role);
        self.run = Some(match &self.program {
            Program::File(file) => Run::start(self.role, file, welcome, logs.clone())?,
            Program::OwnStdio => Run::own_stdio(self.role, welcome)?,
        });
        Ok(())
    }

    /// Whether it runs, or will again after a pause.
    pub(crate) fn is_alive(&self) -> bool {
        self.run.is_some() || self.restart_at.is_some()
    }

    /// The plugin has stopped by itself: when it starts again, if it does.
    pub(crate) fn stopped(&mut self, now: Duration, end: &End) -> Verdict {
        self.forget_run();
        let own_stdio = self.program == Program::OwnStdio;
        let verdict = self.history.crashed(now, self.started.elapsed(), end.code);
        match verdict {
            Verdict::Restart { after } if !own_stdio => {
                self.restart_at = Some(Instant::now() + after);
                verdict
            }
            _ => Verdict::GiveUp,
        }
    }

    /// The plugin has ended, and with it what was meant for it.
    pub(crate) fn forget_run(&mut self) {
        self.run = None;
        self.pending = Vec::new();
        self.progress = Progress::default();
        self.patience = None;
    }

    /// What comes next. Cancel-safe. With `may_read` false the plugin is not listened to, and soon
    /// waits: that is how a slow reader slows a fast writer.
    pub(crate) async fn turn(&mut self, may_read: bool) -> Turn {
        let Some(run) = &mut self.run else {
            let Some(at) = self.restart_at else {
                return std::future::pending().await;
            };
            sleep_until(at.into()).await;
            self.restart_at = None;
            return Turn::RestartDue;
        };
        Turn::Event(run.next(may_read).await)
    }

    /// Adds a message for the plugin.
    pub(crate) fn push<M: Messages>(
        &mut self,
        id: Option<u64>,
        reply_to: Option<u64>,
        message: &M,
    ) {
        if self.run.is_some() {
            if let Some(id) = id {
                self.inbox.asked(id);
            }
            self.gather();
            p2p_chat_protocol::write(&mut self.pending, id, reply_to, message);
            self.urgent = true;
        }
    }

    /// Adds an event for the ui. One that nobody waits for goes with the next that somebody does, or
    /// soon.
    pub(crate) fn tell(&mut self, reply_to: Option<u64>, event: UiEvent) {
        if self.run.is_none() {
            return;
        }
        if let Some(event) = self.progress.add(reply_to, event) {
            return self.push(None, reply_to, &event);
        }
        if self.progress.len() < COMPANY {
            self.patience
                .get_or_insert_with(|| Instant::now() + PATIENCE);
        } else {
            self.gather();
        }
    }

    /// When to [`Slot::gather`], if nothing is pushed before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.patience
    }

    /// What could wait for company goes with what there is.
    pub(crate) fn gather(&mut self) {
        self.patience = None;
        if self.progress.len() > 0 {
            self.urgent = true;
            self.progress.write(&mut self.pending);
        }
    }

    /// Hands over what waits, as far as there is room.
    pub(crate) fn flush(&mut self) {
        if let Some(run) = &mut self.run
            && self.urgent
        {
            self.urgent = !run.try_send(&mut self.pending);
        }
    }

    /// Whether so much waits that it should wait itself with what it asks.
    pub(crate) fn is_congested(&self) -> bool {
        self.pending.len() > HIGH_WATER
    }

    /// Whether it reads what it is told; also where it is only about to be started.
    pub(crate) fn hears(&self) -> bool {
        !self.run.as_ref().is_some_and(Run::is_deaf)
    }

    /// Lets go of the plugin, for [`close`]; it is not started again.
    pub(crate) fn let_go(&mut self) -> Option<(Run, Vec<u8>)> {
        self.restart_at = None;
        self.gather();
        let last = std::mem::take(&mut self.pending);
        self.run.take().map(|run| (run, last))
    }

    /// Ends it at once.
    pub(crate) async fn kill(&mut self) {
        self.restart_at = None;
        if let Some(run) = self.run.take() {
            run.kill().await;
        }
    }
}

/// Ends a plugin in good order, by force where it takes over 5 s; `heard` takes what it still says.
pub(crate) async fn close(run: Option<(Run, Vec<u8>)>, heard: impl FnMut(Vec<Bytes>)) -> Closed {
    match run {
        None => Closed::DidNotRun,
        Some((run, last)) => match run.end(&last, heard).await {
            true => Closed::InOrder,
            false => Closed::Badly,
        },
    }
}

/// A ui is asked nothing.
fn inbox(role: Role) -> Inbox {
    match role {
        Role::Ui => Inbox::keeping_complaints(),
        Role::Transport | Role::NatHelper => Inbox::of_asker(),
    }
}
