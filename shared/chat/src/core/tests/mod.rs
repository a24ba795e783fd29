//! The core, driven by hand: inputs in, outputs out.

mod chatting;
mod interleavings;
mod reaching;
mod simulation;
mod world;

use std::time::Duration;

use p2p_chat_protocol::nat::{NatEvent, PortMapped};
use p2p_chat_protocol::transport::{DisconnectReason, PeerDisconnected};
use p2p_chat_protocol::ui::{
    Connect, Direction, Listen, MessageUpdated, PeerConnected, SendMessage, Status, Verification,
};
use p2p_chat_protocol::{ErrorCode, Payload, Refusal, transport};

use p2p_chat_protocol::Received;
use p2p_chat_protocol::nat::NatRequest;
use p2p_chat_protocol::transport::TransportEvent;
use p2p_chat_protocol::ui::UiRequest;

use super::*;
use crate::invite::Invite;

/// A core with everything around it played by the test.
struct Stage {
    core: Core,
    now: Now,
}

impl Stage {
    fn new(config: Config) -> Self {
        let mut stage = Self {
            core: Core::new(config),
            now: Now::default(),
        };
        stage.input(Input::PluginReady(Role::Ui));
        stage
    }

    fn menu() -> Self {
        let mut stage = Self::new(insecure());
        stage.input(Input::PluginReady(Role::Transport));
        stage
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.core.handle(input, self.now, &mut out);
        out
    }

    fn ui(&mut self, id: u64, message: UiRequest) -> Vec<Output> {
        let id = Some(id);
        self.input(Input::Ui(Received {
            id,
            reply_to: None,
            message,
        }))
    }

    fn transport(&mut self, reply_to: Option<u64>, message: TransportEvent) -> Vec<Output> {
        self.input(Input::Transport(Received {
            id: None,
            reply_to,
            message,
        }))
    }

    fn say(&mut self, id: u64, text: &str) -> Vec<Output> {
        let text = text.into();
        self.ui(id, UiRequest::SendMessage(SendMessage { text }))
    }

    /// A listener that is up.
    fn listening(config: Config) -> Self {
        let mut stage = Self::new(config);
        let mut out = stage.input(Input::PluginReady(Role::Transport));
        if stage.core.has_menu() {
            out = stage.ui(1, UiRequest::Listen(Listen { port: Some(0) }));
        }
        let id = transport_requests(&out)[0].0;
        stage.transport(Some(id), listening_on(8080));
        stage
    }

    fn chatting(config: Config) -> Self {
        let mut stage = Self::listening(config);
        stage.transport(None, connected());
        stage
    }
}

/// Of the original program's protocol, from the menu.
fn insecure() -> Config {
    Config {
        proof: Proof::Insecure,
        ..Config::default()
    }
}

fn from_argv() -> Config {
    Config {
        start: Start::Listen,
        port: Some(8080),
        ..insecure()
    }
}

fn listening_on(port: u16) -> TransportEvent {
    TransportEvent::Listening(transport::Listening {
        addresses: vec![format!("0.0.0.0:{port}"), format!("[::]:{port}")],
        own_addresses: vec![format!("192.168.1.100:{port}")],
        ..transport::Listening::default()
    })
}

fn connected() -> TransportEvent {
    TransportEvent::PeerConnected(PeerConnected {
        address: "198.51.100.2:54321".to_owned(),
        local_address: "192.168.1.100:8080".to_owned(),
        direction: Direction::Incoming,
        verification: Verification::Insecure,
        resumed: false,
    })
}

fn gone(reason: DisconnectReason) -> TransportEvent {
    TransportEvent::PeerDisconnected(PeerDisconnected { reason })
}

fn received(text: &str) -> TransportEvent {
    let payload = Payload::from_text(text);
    TransportEvent::Received(transport::Received { payload })
}

fn told(out: &[Output]) -> Vec<&UiEvent> {
    out.iter()
        .filter_map(|output| match output {
            Output::Ui { event, .. } => Some(event),
            _ => None,
        })
        .collect()
}

fn transport_requests(out: &[Output]) -> Vec<(u64, &TransportRequest)> {
    out.iter()
        .filter_map(|output| match output {
            Output::Transport { id, request } => Some((*id, request)),
            _ => None,
        })
        .collect()
}

fn refused(out: &[Output]) -> Option<ErrorCode> {
    told(out).into_iter().find_map(|event| match event {
        UiEvent::Error(refusal) => Some(refusal.code),
        _ => None,
    })
}

fn stop(out: &[Output]) -> Option<u8> {
    out.iter().find_map(|output| match output {
        Output::Stop(ending) => Some(ending.code()),
        _ => None,
    })
}
