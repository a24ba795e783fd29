//! What goes into the core, and what comes out.

use std::time::Duration;

use p2p_chat_protocol::nat::{NatEvent, NatRequest};
use p2p_chat_protocol::transport::{TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{Notice, PluginStatus, UiEvent, UiRequest};
use p2p_chat_protocol::{Private, Received, Role, Start};

use super::Ending;
use crate::address::Address;
use crate::invite::Invite;

/// What the command line asked for.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What to do first, and whether the program ends after it.
    pub start: Start,
    /// How the two prove who they are.
    pub proof: Proof,
    /// Start `listen`: the port; 0: any free one.
    pub port: Option<u16>,
    /// The one address to listen on.
    pub bind: Option<String>,
    /// The address under which others reach this computer, as the user says.
    pub public: Option<Address>,
    /// Start `connect`: whom to.
    pub invite: Option<Invite>,
    /// The code to connect with, where none is typed.
    pub passcode: Option<Private>,
    /// Whether to ask the router for its port.
    pub ask_router: bool,
    /// Whether this computer is one inside Windows (WSL), with a network of its own.
    pub wsl: bool,
    /// Whether a person watches: then texts that were not sent are shown, else the exit code tells.
    pub terminal: bool,
}

/// How the two prove who they are. The people choose, one on each side; it is never negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// A code that the listener makes and the connector types.
    #[default]
    Code,
    /// Words that both compare, once they are connected.
    Words,
    /// Not at all: the original Python program's protocol.
    Insecure,
}

/// The time of an input, by three clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Since the start of the program, by a clock that never jumps and stands still while this
    /// computer sleeps.
    pub elapsed: Duration,
    /// Since the same moment, by a clock that runs on during sleep.
    pub boot: Duration,
    /// Unix milliseconds, for people.
    pub unix_ms: u64,
}

/// What can happen.
#[derive(Debug)]
pub enum Input {
    /// A plugin was started and has said hello.
    PluginReady(Role),
    /// A plugin has stopped, and is started again unless it was given up. All it said was handed
    /// over before.
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
    /// A plugin that nobody can do without has stopped for the last time; the program ends.
    Broken(Role),
    /// [`Core::deadline`](super::Core::deadline) has come.
    Tick,
    /// Transport and nat-helper have ended in answer to [`Output::Stop`].
    Stopped {
        /// Whether nat-helper ended in good order, its mapping removed.
        router_tidied: bool,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
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
    /// Said again where a text that came too late makes the ending worse.
    Stop(Ending),
}
