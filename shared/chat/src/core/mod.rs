//! The chat core: every message of every pipe goes through [`Core::handle`], and what it returns is
//! all that happens.
//!
//! `requests.rs` is what a ui asks, `session.rs` what transport tells, `router.rs` the way through
//! the router, `ending.rs` the way out.

mod activity;
mod ending;
mod requests;
mod router;
mod session;
#[cfg(test)]
mod tests;

use std::time::Duration;

use p2p_chat_protocol::nat::{NatEvent, NatRequest};
use p2p_chat_protocol::transport::{TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{
    Level, Notice, PeerConnected, PluginChanged, PluginStatus, UiEvent, UiRequest,
};
use p2p_chat_protocol::{Received, Role, Start};

use crate::invite::Invite;
use crate::outbox::Outbox;
use crate::story::Story;

use activity::Activity;

pub use ending::Ending;

/// What the command line asked for.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What to do first, and whether the program ends after it.
    pub start: Start,
    /// Start `listen`: the port; 0: any free one.
    pub port: Option<u16>,
    /// The one address to listen on.
    pub bind: Option<String>,
    /// Start `connect`: whom to.
    pub invite: Option<Invite>,
    /// Whether to ask the router for its port.
    pub ask_router: bool,
    /// Whether a person watches: then texts that were not sent are shown, else the exit code tells.
    pub terminal: bool,
}

/// The time of an input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Since the start of the program, by a clock that never jumps.
    pub elapsed: Duration,
    /// Unix milliseconds, for people.
    pub unix_ms: u64,
}

/// What can happen.
#[derive(Debug)]
pub enum Input {
    /// A plugin was started and has said hello.
    PluginReady(Role),
    /// A plugin has stopped, and is started again unless it was given up.
    PluginStopped {
        /// Which.
        role: Role,
        /// Whether it is started again.
        status: PluginStatus,
    },
    /// From the ui.
    Ui(Received<UiRequest>),
    /// From transport.
    Transport(Received<TransportEvent>),
    /// From nat-helper.
    Nat(Received<NatEvent>),
    /// A sentence for the user.
    Notice(Notice),
    /// The user ends the program by a signal.
    Quit,
    /// [`Core::deadline`] has come.
    Tick,
    /// Transport and nat-helper have ended in answer to [`Output::Stop`].
    Stopped {
        /// Whether nat-helper ended in good order, its mapping removed.
        router_tidied: bool,
    },
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// Tell the ui; where `reply_to` is set, as the reply to that request.
    Ui {
        /// The request that caused it.
        reply_to: Option<u64>,
        /// What to tell.
        event: UiEvent,
    },
    /// Ask transport.
    Transport {
        /// The request's id.
        id: u64,
        /// What to ask.
        request: TransportRequest,
    },
    /// Ask nat-helper.
    Nat {
        /// The request's id.
        id: u64,
        /// What to ask.
        request: NatRequest,
    },
    /// Start nat-helper, if it does not run.
    StartNatHelper,
    /// End transport and nat-helper, then say [`Input::Stopped`]; then the ui, then the program.
    Stop(Ending),
}

/// The state of one program run.
pub struct Core {
    config: Config,
    now: Now,
    out: Vec<Output>,
    next_id: u64,
    ui_ready: bool,
    /// Whether a ui died while somebody was looking at it.
    ui_lost: bool,
    transport_ready: bool,
    nat_ready: bool,
    /// What to say as soon as a ui is there, beside the story.
    unsaid: Vec<UiEvent>,
    activity: Activity,
    peer: Option<Peer>,
    /// The number of the conversation's last text.
    last_n: u64,
    outbox: Outbox,
    story: Story,
    ending: Option<ending::Leaving>,
    /// The request that ends a session, until transport has done so.
    disconnecting: Option<u64>,
    /// Whether something was begun.
    was_used: bool,
    /// Whether there was anything to leave no trace of.
    was_up: bool,
    /// Whether a text of the user's was never sent.
    texts_lost: bool,
}

/// Who is connected.
struct Peer {
    connected: PeerConnected,
    ip: String,
    local_ip: String,
    /// Whether a text went either way.
    spoke: bool,
}

/// No more than a start that goes wrong in every way has to say.
const MAX_UNSAID: usize = 32;

impl Core {
    /// A core at the start of the program.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: Now::default(),
            out: Vec::new(),
            next_id: 1,
            ui_ready: false,
            ui_lost: false,
            transport_ready: false,
            nat_ready: false,
            unsaid: Vec::new(),
            activity: Activity::Idle,
            peer: None,
            last_n: 0,
            outbox: Outbox::default(),
            story: Story::default(),
            ending: None,
            disconnecting: None,
            was_used: false,
            was_up: false,
            texts_lost: false,
        }
    }

    /// Takes one input in; what is to be done is appended to `out`.
    pub fn handle(&mut self, input: Input, now: Now, out: &mut Vec<Output>) {
        self.now = now;
        match input {
            Input::PluginReady(role) => self.plugin_ready(role),
            Input::PluginStopped { role, status } => self.plugin_stopped(role, status),
            Input::Ui(request) => self.ui_request(request),
            Input::Transport(event) => self.transport_event(event),
            Input::Nat(event) => self.nat_event(event),
            Input::Notice(notice) => self.notice(notice.level, notice.text),
            Input::Quit => self.quit_now(),
            Input::Tick => {}
            Input::Stopped { router_tidied } => self.say_goodbye(router_tidied),
        }
        self.check_clocks();
        out.append(&mut self.out);
    }

    /// When to say [`Input::Tick`], in the time of [`Now::elapsed`].
    pub fn deadline(&self) -> Option<Duration> {
        let router = self.router_deadline();
        // Without a ui it ends when there is one again.
        let leaving = self.ending.as_ref().filter(|_| self.ui_ready);
        let leaving = leaving.and_then(|leaving| leaving.deadline);
        router.into_iter().chain(leaving).min()
    }

    fn check_clocks(&mut self) {
        self.check_router_clock();
        self.check_leaving();
    }

    fn plugin_ready(&mut self, role: Role) {
        match role {
            // It knows that it started.
            Role::Ui => return self.replay(),
            Role::Transport => {
                self.transport_ready = true;
                self.begin();
                self.resume_activity();
            }
            Role::NatHelper => {
                self.nat_ready = true;
                self.map_port();
            }
        }
        let status = PluginStatus::Started;
        self.tell(UiEvent::PluginChanged(PluginChanged { role, status }));
    }

    fn plugin_stopped(&mut self, role: Role, status: PluginStatus) {
        match role {
            Role::Ui => {
                self.ui_lost |= self.ui_ready;
                self.ui_ready = false;
                self.forget_ui_requests();
            }
            Role::Transport => {
                self.transport_ready = false;
                self.tell(UiEvent::PluginChanged(PluginChanged { role, status }));
                self.transport_stopped();
            }
            Role::NatHelper => {
                self.nat_ready = false;
                self.tell(UiEvent::PluginChanged(PluginChanged { role, status }));
                self.nat_stopped(status);
            }
        }
    }

    /// Tells a ui that has just started what happened so far.
    fn replay(&mut self) {
        self.ui_ready = true;
        let unsaid = std::mem::take(&mut self.unsaid);
        let story = self.story.replay().collect::<Vec<_>>();
        for event in unsaid
            .into_iter()
            .chain(story)
            .chain([UiEvent::ReplayFinished])
        {
            self.out.push(Output::Ui {
                reply_to: None,
                event,
            });
        }
        if std::mem::take(&mut self.ui_lost) {
            let text = "The part that shows the chat stopped and was started again. What you had typed on the line is gone.";
            self.notice(Level::Warn, text);
        }
        self.ask_for_missing();
    }

    fn tell(&mut self, event: UiEvent) {
        self.reply(None, event);
    }

    fn reply(&mut self, reply_to: Option<u64>, event: UiEvent) {
        self.story.record(&event);
        if self.ui_ready {
            self.out.push(Output::Ui { reply_to, event });
        } else {
            self.keep_unsaid(event);
        }
    }

    /// What no story tells is told to the next ui; details, only as long as there is plenty of room.
    fn keep_unsaid(&mut self, event: UiEvent) {
        let room = match &event {
            UiEvent::Notice(notice) if notice.level == Level::Debug => MAX_UNSAID / 2,
            UiEvent::Notice(_) | UiEvent::ConnectFailed(_) => MAX_UNSAID,
            _ => 0,
        };
        if self.unsaid.len() < room {
            self.unsaid.push(event);
        }
    }

    fn notice(&mut self, level: Level, text: impl Into<String>) {
        let text = text.into();
        self.tell(UiEvent::Notice(Notice { level, text }));
    }

    fn ask_transport(&mut self, request: TransportRequest) -> u64 {
        let id = self.new_id();
        self.out.push(Output::Transport { id, request });
        id
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Whether the program goes back to a menu when a chat is over.
    fn has_menu(&self) -> bool {
        self.config.start == Start::Menu
    }
}
