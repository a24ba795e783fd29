//! The loop: whatever comes from a plugin, a signal or a clock goes into the core, and what the
//! core wants done goes out. The loop never waits for a plugin. `finish.rs` is the end of it.

mod finish;

use std::io::Write;
use std::time::Instant;

use bytes::Bytes;
use p2p_chat_chat::{Core, Ending, Input, Now, Output};
use p2p_chat_plugin::{Alarm, Incoming};
use p2p_chat_protocol::nat::NatEvent;
use p2p_chat_protocol::transport::TransportEvent;
use p2p_chat_protocol::ui::{Level, Notice, PluginStatus, UiEvent};
use p2p_chat_protocol::{Options, Received, Role, VERSION, Welcome};
use tokio::sync::mpsc;

use crate::args::Settings;
use crate::clock::Clock;
use crate::life::End;
use crate::locate::Programs;
use crate::logs::LogLine;
use crate::restart::Verdict;
use crate::run::Event;
use crate::signals::Signals;
use crate::slot::{Slot, Turn};
use crate::terminal::Terminal;

/// Lines of stderr that wait for us; a plugin that writes more waits.
const LOG_QUEUE: usize = 64;

/// Runs the program to its end. The error is a sentence about a plugin that does not work.
pub(crate) async fn supervise(
    settings: Settings,
    programs: Programs,
    terminal: Option<Terminal>,
) -> Result<Ending, String> {
    let mut signals = Signals::watch().map_err(|e| format!("cannot watch signals: {e}"))?;
    let (log_lines, mut logs) = mpsc::channel(LOG_QUEUE);
    let mut supervisor = Supervisor {
        clock: Clock::start(),
        welcome: Welcome {
            protocol: VERSION,
            supervisor: env!("CARGO_PKG_VERSION").to_owned(),
            start: settings.config.start,
            options: settings.options,
        },
        core: Core::new(settings.config),
        ui: Slot::new(Role::Ui, programs.ui),
        transport: Slot::new(Role::Transport, programs.transport),
        nat_helper: Slot::new(Role::NatHelper, programs.nat_helper),
        terminal,
        log_lines,
        alarm: Alarm::new().map_err(|e| format!("cannot make a timer: {e}"))?,
        outputs: Vec::new(),
        ending: None,
        broken: None,
    };
    supervisor.start(Role::Transport);
    supervisor.start(Role::Ui);
    while supervisor.ending.is_none() {
        supervisor.step(&mut signals, &mut logs).await;
    }
    supervisor.end(&mut signals, logs).await
}

struct Supervisor {
    clock: Clock,
    welcome: Welcome,
    core: Core,
    ui: Slot,
    transport: Slot,
    nat_helper: Slot,
    terminal: Option<Terminal>,
    log_lines: mpsc::Sender<LogLine>,
    /// For what the core waits for, and what waits for company on its way to the ui.
    alarm: Alarm,
    /// What the core wants done; kept for its capacity.
    outputs: Vec<Output>,
    ending: Option<Ending>,
    /// Which plugin does not work, and how that showed.
    broken: Option<(Role, String)>,
}

impl Supervisor {
    async fn step(&mut self, signals: &mut Signals, logs: &mut mpsc::Receiver<LogLine>) {
        let deadline = self.core.deadline().map(|at| self.clock.at(at));
        let deadlines = [deadline, self.ui.deadline()];
        self.alarm.set(deadlines.into_iter().flatten().min());
        // A ui that reads slowly is waited for: it gets no replies to new requests, and transport
        // no ear for new texts, so that TCP slows the peer. So is one that is to be started again.
        let may_ask = !self.ui.is_congested();
        let may_tell = may_ask && self.core.takes_more(self.ui.hears());
        tokio::select! {
            turn = self.ui.turn(may_ask) => self.turn(Role::Ui, turn),
            turn = self.transport.turn(may_tell) => self.turn(Role::Transport, turn),
            turn = self.nat_helper.turn(true) => self.turn(Role::NatHelper, turn),
            Some(line) = logs.recv() => self.log(line),
            () = signals.next() => self.handle(Input::Quit),
            () = self.alarm.rings() => self.tick(),
        }
        // transport first: the peer waits for it.
        for slot in [&mut self.transport, &mut self.ui, &mut self.nat_helper] {
            slot.flush();
        }
    }

    fn tick(&mut self) {
        if self.ui.deadline().is_some_and(|at| at <= Instant::now()) {
            self.ui.gather();
        }
        self.handle(Input::Tick);
    }

    fn slot(&mut self, role: Role) -> &mut Slot {
        match role {
            Role::Ui => &mut self.ui,
            Role::Transport => &mut self.transport,
            Role::NatHelper => &mut self.nat_helper,
        }
    }

    fn start(&mut self, role: Role) {
        let (welcome, logs) = (self.welcome.clone(), self.log_lines.clone());
        if let Err(sentence) = self.slot(role).start(welcome, &logs) {
            self.give_up(role, &sentence);
        }
    }

    fn turn(&mut self, role: Role, turn: Turn) {
        match turn {
            Turn::Event(Event::Ready) => self.handle(Input::PluginReady(role)),
            Turn::Event(Event::Lines(lines)) => self.lines(role, lines),
            Turn::Event(Event::Ended(end)) => self.ended(role, &end),
            Turn::Event(Event::Written) => {}
            Turn::RestartDue => self.start(role),
        }
    }

    fn lines(&mut self, role: Role, lines: Vec<Bytes>) {
        // They came together: the clocks are looked at once.
        let now = self.clock.now();
        for line in lines {
            self.line(role, &line, now);
        }
        self.with_core(Core::hand_over);
        while let Some(text) = self.slot(role).inbox.take_complaint() {
            let level = Level::Warn;
            self.log(LogLine { role, level, text });
        }
    }

    fn line(&mut self, role: Role, line: &[u8], now: Now) {
        match role {
            Role::Ui => match self.ui.inbox.read(line) {
                Incoming::Message(request) => self.take(now, Input::Ui(request)),
                Incoming::Refuse(id, refusal) => {
                    self.ui.push(None, Some(id), &UiEvent::Error(refusal));
                }
                Incoming::BadReply(..) | Incoming::Ignore => {}
            },
            Role::Transport => {
                if let Some(event) = event(self.transport.inbox.read(line), TransportEvent::Error) {
                    self.take(now, Input::Transport(event));
                }
            }
            Role::NatHelper => {
                if let Some(event) = event(self.nat_helper.inbox.read(line), NatEvent::Error) {
                    self.take(now, Input::Nat(event));
                }
            }
        }
    }

    fn handle(&mut self, input: Input) {
        let now = self.clock.now();
        self.with_core(|core, outputs| core.handle(input, now, outputs));
    }

    /// Takes in one of several inputs.
    fn take(&mut self, now: Now, input: Input) {
        self.with_core(|core, outputs| core.take(input, now, outputs));
    }

    fn with_core(&mut self, work: impl FnOnce(&mut Core, &mut Vec<Output>)) {
        let mut outputs = std::mem::take(&mut self.outputs);
        work(&mut self.core, &mut outputs);
        for output in outputs.drain(..) {
            match output {
                Output::Ui { reply_to, event } => self.ui.tell(reply_to, event),
                Output::Transport { id, request } => self.transport.push(Some(id), None, &request),
                Output::Nat { id, request } => self.nat_helper.push(Some(id), None, &request),
                Output::StartNatHelper if self.nat_helper.is_alive() => {}
                Output::StartNatHelper => self.start(Role::NatHelper),
                Output::Stop(ending) => self.ending = Some(ending),
            }
        }
        self.outputs = outputs;
    }

    fn ended(&mut self, role: Role, end: &End) {
        if role == Role::Ui {
            self.restore_terminal();
            if end.code == Some(0) && end.greeted {
                self.slot(role).forget_run();
                let status = PluginStatus::GivenUp;
                self.handle(Input::PluginStopped { role, status });
                return self.handle(Input::Quit);
            }
        }
        let now = self.clock.elapsed();
        match self.slot(role).stopped(now, end) {
            Verdict::Restart { after } => {
                let seconds = after.as_secs();
                self.debug(format!(
                    "{role} stopped: {}; it starts again in {seconds} s",
                    end.reason
                ));
                let status = PluginStatus::Restarting;
                self.handle(Input::PluginStopped { role, status });
            }
            Verdict::GiveUp => self.give_up(role, &end.reason),
        }
    }

    /// The chat goes on without nat-helper, and with nobody else.
    fn give_up(&mut self, role: Role, reason: &str) {
        let status = PluginStatus::GivenUp;
        self.handle(Input::PluginStopped { role, status });
        if role == Role::NatHelper {
            let (level, text) = (Level::Warn, self.report(role, reason));
            self.handle(Input::Notice(Notice { level, text }));
        } else {
            self.broken = Some((role, reason.to_owned()));
            self.handle(Input::Broken(role));
        }
    }

    /// What to say of a plugin that does not work, with the last it said itself.
    fn report(&mut self, role: Role, reason: &str) -> String {
        let tail = self.slot(role).tail.lines();
        let tail: String = tail.map(|line| format!("\n  {line}")).collect();
        format!("the {role} does not work: {reason}.{tail}")
    }

    fn debug(&mut self, text: String) {
        if self.welcome.options.verbose {
            let level = Level::Debug;
            self.handle(Input::Notice(Notice { level, text }));
        }
    }

    fn log(&mut self, line: LogLine) {
        let LogLine { role, level, text } = line;
        let Options { terminal, .. } = self.welcome.options;
        self.slot(role).tail.push(text.clone());
        match level {
            Level::Debug => self.debug(text),
            Level::Info => {}
            // On a terminal everything goes through the ui, which knows where the cursor is; a ui
            // that complains about itself is heard when it is given up.
            Level::Warn | Level::Error if terminal && role == Role::Ui => {}
            Level::Warn | Level::Error if terminal => {
                let text = format!("{role}: {text}");
                self.handle(Input::Notice(Notice { level, text }));
            }
            Level::Warn | Level::Error => {
                // A stderr nobody reads is no reason to stop.
                let _ = writeln!(std::io::stderr(), "{role}: {text}");
            }
        }
    }

    fn restore_terminal(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.restore();
        }
    }
}

/// An event of a plugin; a reply that makes no sense is a refusal.
fn event<M>(
    incoming: Incoming<M>,
    error: fn(p2p_chat_protocol::Refusal) -> M,
) -> Option<Received<M>> {
    match incoming {
        Incoming::Message(received) => Some(received),
        Incoming::BadReply(id, refusal) => Some(Received {
            id: None,
            reply_to: Some(id),
            message: error(refusal),
        }),
        Incoming::Refuse(..) | Incoming::Ignore => None,
    }
}
