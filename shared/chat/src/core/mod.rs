//! The chat core: every message of every pipe goes through [`Core::take`] or [`Core::handle`], and
//! what comes out is all that happens.
//!
//! `boundary.rs` is what goes in and out. What a ui asks: `requests.rs`, then `listening.rs`,
//! `connecting.rs`, `sending.rs`. What transport tells: `session.rs`, then `answers.rs`, and
//! `conversation.rs` for what a peer says. `spent.rs` remembers used codes, `redial.rs` brings a
//! cut line back, `sleep.rs` notices that this computer slept, `router.rs` is the way through the
//! router, `ending.rs` the way out.

mod activity;
mod answers;
mod asked;
mod boundary;
mod connecting;
mod conversation;
mod ending;
mod listening;
mod peer;
mod redial;
mod requests;
mod router;
mod sending;
mod session;
mod sleep;
mod spent;
#[cfg(test)]
mod tests;

use std::time::Duration;

use p2p_chat_protocol::transport::{Ticket, TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{
    Author, Level, Notice, PluginChanged, PluginStatus, UiEvent, UiRequest,
};
use p2p_chat_protocol::{Role, Start};

use crate::arrivals::Arrivals;
use crate::outbox::Outbox;
use crate::story::Story;

use activity::Activity;
use asked::Asked;
use peer::Peer;

pub use boundary::{Config, Input, Now, Output, Proof};
pub use ending::Ending;

/// The state of one program run.
#[cfg_attr(test, derive(Clone))]
pub struct Core {
    config: Config,
    now: Now,
    out: Vec<Output>,
    next_id: u64,
    ui_ready: bool,
    /// Whether a ui was ever told anything.
    ui_seen: bool,
    /// Whether a ui died while somebody was looking at it.
    ui_lost: bool,
    transport_ready: bool,
    nat_ready: bool,
    /// How many texts of the peer's came while no ui was there.
    unseen: usize,
    /// What to say as soon as a ui is there, beside the story.
    unsaid: Vec<UiEvent>,
    activity: Activity,
    peer: Option<Peer>,
    /// The number of the conversation's last text.
    last_n: u64,
    outbox: Outbox,
    arrivals: Arrivals,
    /// What lets the conversation go on over another line. Secret.
    tickets: Vec<Ticket>,
    story: Story,
    asked: Asked,
    codes: spent::Codes,
    ending: Option<ending::Leaving>,
    /// The request that ends a session, until transport has done so.
    disconnecting: Option<u64>,
    /// Whether something was begun.
    was_used: bool,
    /// Whether there was anything to leave no trace of.
    was_up: bool,
    /// Whether a text of the user's was never sent.
    texts_lost: bool,
    /// How a `connect` that was refused would end the program.
    refused: Option<Ending>,
    clocks: sleep::Clocks,
}

/// More than comes in the second a ui takes to start again, when people type.
const MAX_UNSEEN: usize = 500;

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
            ui_seen: false,
            ui_lost: false,
            transport_ready: false,
            nat_ready: false,
            unseen: 0,
            unsaid: Vec::new(),
            activity: Activity::Idle,
            peer: None,
            last_n: 0,
            outbox: Outbox::default(),
            arrivals: Arrivals::default(),
            tickets: Vec::new(),
            story: Story::default(),
            asked: Asked::default(),
            codes: spent::Codes::default(),
            ending: None,
            disconnecting: None,
            was_used: false,
            was_up: false,
            texts_lost: false,
            refused: None,
            clocks: sleep::Clocks::default(),
        }
    }

    /// Takes one input in; what is to be done is appended to `out`.
    pub fn handle(&mut self, input: Input, now: Now, out: &mut Vec<Output>) {
        self.take(input, now, out);
        self.hand_over(out);
    }

    /// The same, of inputs that came together; [`Core::hand_over`] follows the last of them. So the
    /// user's texts go to the peer together as well.
    pub fn take(&mut self, input: Input, now: Now, out: &mut Vec<Output>) {
        self.now = now;
        if !is_of_many(&input) {
            // What was said before it is to be on its way before it.
            self.send_waiting();
        }
        self.check_sleep();
        match input {
            Input::PluginReady(role) => self.plugin_ready(role),
            Input::PluginStopped { role, status } => self.plugin_stopped(role, status),
            Input::Ui(request) => self.ui_request(request),
            Input::Transport(event) => self.transport_event(event),
            Input::Nat(event) => self.nat_event(event),
            Input::Notice(notice) => self.notice(notice.level, notice.text),
            Input::Quit => self.quit_now(),
            Input::Broken(role) => self.broken(role),
            Input::Tick => {}
            Input::Stopped { router_tidied } => self.say_goodbye(router_tidied),
        }
        self.check_clocks();
        out.append(&mut self.out);
    }

    /// Hands the user's texts to transport.
    pub fn hand_over(&mut self, out: &mut Vec<Output>) {
        self.send_waiting();
        out.append(&mut self.out);
    }

    /// When to say [`Input::Tick`], in the time of [`Now::elapsed`].
    pub fn deadline(&self) -> Option<Duration> {
        [
            self.router_deadline(),
            self.leaving_deadline(),
            self.redial_deadline(),
            self.sleep_deadline(),
            self.confirming_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether transport should be listened to: without a ui only for a while, since the peer is told
    /// that what came was delivered. With one that hears nothing any more (`ui_hears` is false) only
    /// by who leaves: he waits to know whether his own texts arrive.
    pub fn takes_more(&self, ui_hears: bool) -> bool {
        self.unseen < MAX_UNSEEN && (ui_hears || self.ending.is_some())
    }

    /// The beginnings of texts that will not arrive, for when no ui could name them.
    pub fn undelivered(&self) -> Vec<String> {
        self.story.failed().map(beginning).collect()
    }

    fn check_clocks(&mut self) {
        self.check_router_clock();
        self.check_redial();
        self.check_leaving();
        self.check_confirming();
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
        self.unseen = 0;
        let unsaid = std::mem::take(&mut self.unsaid);
        let missed = !std::mem::replace(&mut self.ui_seen, true);
        let asked = self.story.router_was_asked().filter(|_| missed);
        let told = unsaid.into_iter().chain(asked).chain(self.story.replay());
        let told = told.chain([UiEvent::ReplayFinished]);
        self.out.extend(told.map(|event| Output::Ui {
            reply_to: None,
            event,
        }));
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
            self.unseen += usize::from(is_from_peer(&event));
            self.keep_unsaid(event);
        }
    }

    /// What no story tells is told to the next ui; details, only as long as there is plenty of room.
    fn keep_unsaid(&mut self, event: UiEvent) {
        let room = match &event {
            UiEvent::Notice(notice) if notice.level == Level::Debug => MAX_UNSAID / 2,
            UiEvent::Notice(_) | UiEvent::ConnectFailed(_) | UiEvent::AuthenticationFailed(_) => {
                MAX_UNSAID
            }
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

/// Enough of a text to know it again, in one row.
fn beginning(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut characters = text.trim().chars().map(|c| if c == '\n' { ' ' } else { c });
    let mut beginning: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        beginning.push('…');
    }
    beginning
}

/// Whether many such inputs come together, before which no text needs to be on its way.
fn is_of_many(input: &Input) -> bool {
    match input {
        Input::Ui(request) => matches!(request.message, UiRequest::SendMessage(_)),
        Input::Transport(event) => {
            matches!(
                event.message,
                TransportEvent::Ok | TransportEvent::Received(_)
            )
        }
        _ => false,
    }
}

fn is_from_peer(event: &UiEvent) -> bool {
    matches!(event, UiEvent::MessageAdded(added) if added.from == Author::Peer)
}
