//! One side: a core, the pipes to its transport, and a person.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::peer::Line;
use crate::core::{Config, Core, Ending, Input, Now, Output};
use crate::invite::Invite;
use p2p_chat_protocol::transport::{TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{PluginStatus, SendMessage, UiRequest};
use p2p_chat_protocol::{Private, Received, Role, Start};

use super::screen::Screen;
use super::transport::{CALLER, Transport};

/// A transport that was killed is started again after this.
const RESTART: Duration = Duration::from_secs(1);

/// One of the two.
#[derive(Clone)]
pub(in crate::core) struct Side {
    pub(in crate::core) core: Core,
    pub(in crate::core) now: Now,
    pub(in crate::core) screen: Screen,
    pub(in crate::core) ui_alive: bool,
    pub(in crate::core) transport: Option<Transport>,
    /// What a dead transport had said and nobody has read yet; then its end is told.
    pub(in crate::core) last_words: Option<VecDeque<Received<TransportEvent>>>,
    pub(in crate::core) restart_at: Option<Duration>,
    /// From the core to its transport.
    pub(in crate::core) requests: VecDeque<(u64, TransportRequest)>,
    pub(in crate::core) stopped: Option<Ending>,
    outputs: Vec<Output>,
    asked: u64,
}

impl Side {
    pub(in crate::core) fn new(side: usize) -> Self {
        let config = match side {
            CALLER => Config {
                start: Start::Connect,
                invite: Some(Invite::parse("192.0.2.2:8080").expect("an address")),
                passcode: Some(Private::from("a-b-c")),
                ..Config::default()
            },
            _ => Config {
                start: Start::Listen,
                port: Some(8080),
                ..Config::default()
            },
        };
        let mut side = Self {
            core: Core::new(config),
            now: Now::default(),
            screen: Screen::default(),
            ui_alive: true,
            transport: Some(Transport::new(side)),
            last_words: None,
            restart_at: None,
            requests: VecDeque::new(),
            stopped: None,
            outputs: Vec::new(),
            asked: 0,
        };
        side.input(Input::PluginReady(Role::Ui));
        side.input(Input::PluginReady(Role::Transport));
        side
    }

    fn input(&mut self, input: Input) {
        self.inputs([input]);
    }

    /// What the supervisor reads together.
    fn inputs(&mut self, inputs: impl IntoIterator<Item = Input>) {
        for input in inputs {
            if self.stopped.is_some() {
                return;
            }
            self.core.take(input, self.now, &mut self.outputs);
            self.put_out();
        }
        self.core.hand_over(&mut self.outputs);
        self.put_out();
    }

    fn put_out(&mut self) {
        for output in std::mem::take(&mut self.outputs) {
            match output {
                Output::Ui { event, .. } if self.ui_alive => self.screen.event(&event),
                Output::Ui { event, .. } => panic!("nobody is there to be told {event:?}"),
                Output::Transport { id, request } => {
                    // One that is dead and was not read to its end is still believed to be there.
                    let believed = self.transport.is_some() || self.last_words.is_some();
                    assert!(believed, "nobody is there for {request:?}");
                    self.requests.push_back((id, request));
                }
                Output::Nat { .. } | Output::StartNatHelper => {}
                Output::Stop(ending) => self.stopped = Some(ending),
            }
        }
    }

    fn ask(&mut self, message: UiRequest) {
        let asked = self.asked(message);
        self.input(asked);
    }

    fn asked(&mut self, message: UiRequest) -> Input {
        self.asked += 1;
        let id = Some(self.asked);
        Input::Ui(Received {
            id,
            reply_to: None,
            message,
        })
    }

    /// Types texts, faster than they are read.
    pub(in crate::core) fn types(&mut self, texts: Vec<String>) {
        let texts = texts.into_iter().map(Private);
        let asked = texts.map(|text| self.asked(UiRequest::SendMessage(SendMessage { text })));
        let asked: Vec<_> = asked.collect();
        self.inputs(asked);
    }

    pub(in crate::core) fn clears(&mut self) {
        self.ask(UiRequest::Clear);
    }

    pub(in crate::core) fn quits(&mut self) {
        self.ask(UiRequest::Quit);
    }

    /// How many lines of transport the core could read.
    pub(in crate::core) fn unread(&self) -> usize {
        match (&self.transport, &self.last_words) {
            (_, Some(words)) => words.len(),
            (Some(transport), None) => transport.says.len(),
            (None, None) => 0,
        }
    }

    /// Whether the next line is one that changes what the core knows, and nothing else.
    pub(in crate::core) fn next_is_noted_only(&self) -> bool {
        let next = match (&self.last_words, &self.transport) {
            (Some(words), _) => words.front(),
            (None, Some(transport)) => transport.says.front(),
            (None, None) => None,
        };
        next.is_some_and(|line| {
            matches!(
                line.message,
                TransportEvent::Ok | TransportEvent::Tickets(_)
            )
        })
    }

    /// The core reads up to `count` lines.
    pub(in crate::core) fn reads(&mut self, count: usize) {
        let count = count.min(self.unread());
        let lines = match (&mut self.last_words, &mut self.transport) {
            (Some(words), _) => words.drain(..count).collect(),
            (None, Some(transport)) => transport.says.drain(..count).collect(),
            (None, None) => vec![],
        };
        self.inputs(lines.into_iter().map(Input::Transport));
    }

    /// Transport is killed: what it was asked is lost, what it said is not.
    pub(in crate::core) fn transport_dies(&mut self) {
        let transport = self.transport.take();
        self.last_words = transport.map(|transport| transport.says);
    }

    /// Its pipe is read to the end.
    pub(in crate::core) fn transport_is_buried(&mut self) {
        self.input(Input::PluginStopped {
            role: Role::Transport,
            status: PluginStatus::Restarting,
        });
        self.last_words = None;
        self.requests.clear();
        self.restart_at = Some(self.now.elapsed + RESTART);
    }

    /// The supervisor is killed, and its plugins end without a goodbye.
    pub(in crate::core) fn is_gone(&mut self) {
        self.stopped = Some(Ending::Broken);
        self.transport = None;
        self.last_words = None;
        self.restart_at = None;
        self.requests.clear();
    }

    pub(in crate::core) fn ui_dies(&mut self) {
        self.ui_alive = false;
        self.input(Input::PluginStopped {
            role: Role::Ui,
            status: PluginStatus::Restarting,
        });
    }

    pub(in crate::core) fn ui_starts(&mut self) {
        self.ui_alive = true;
        self.screen.replaying = true;
        self.input(Input::PluginReady(Role::Ui));
    }

    /// When something happens here without anybody's doing.
    pub(in crate::core) fn deadline(&self) -> Option<Duration> {
        if self.stopped.is_some() {
            return None;
        }
        self.core
            .deadline()
            .into_iter()
            .chain(self.restart_at)
            .min()
    }

    /// Whether the core and its transport are on a line, and agree about it.
    pub(in crate::core) fn is_calm(&self) -> bool {
        let open = self.core.peer.as_ref().is_some_and(|peer| peer.is_open());
        open && self.transport.as_ref().is_some_and(|transport| {
            let news = transport.says.iter().any(|line| {
                !matches!(
                    line.message,
                    TransportEvent::Received(_) | TransportEvent::Ok
                )
            });
            transport.shape().2[0].is_some() && !news
        })
    }

    /// Whether something here waits for nothing but time.
    pub(in crate::core) fn waits_for_time(&self) -> bool {
        let peer = self.core.peer.as_ref();
        let cut = peer.is_some_and(|peer| matches!(peer.line, Line::Cut(_)));
        let confirms = self.core.confirming_deadline().is_some();
        self.stopped.is_none() && (self.restart_at.is_some() || cut || confirms)
    }

    /// It is later by `passed`, of which the computer slept `slept`.
    pub(in crate::core) fn time_passes(&mut self, passed: Duration, slept: bool, side: usize) {
        self.now.boot += passed;
        if !slept {
            self.now.elapsed += passed;
        }
        if self.restart_at.is_some_and(|at| at <= self.now.elapsed) && self.stopped.is_none() {
            self.restart_at = None;
            self.transport = Some(Transport::new(side));
            self.input(Input::PluginReady(Role::Transport));
        }
        if self
            .core
            .deadline()
            .is_some_and(|at| at <= self.now.elapsed)
        {
            self.input(Input::Tick);
        }
    }
}
