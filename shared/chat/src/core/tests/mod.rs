//! The core, driven by hand: inputs in, outputs out.

mod chatting;
mod codes;
mod conversing;
mod interleavings;
mod leaving;
mod reaching;
mod resuming;
mod routing;
mod simulation;
mod sleeping;
mod words;
mod world;

use std::time::Duration;

use p2p_chat_protocol::transport::{DisconnectReason, PeerDisconnected};
use p2p_chat_protocol::ui::{
    Connect, Direction, Listen, MessageUpdated, PeerConnected, SendMessage, Status, Verification,
};
use p2p_chat_protocol::{ErrorCode, Payload, Refusal, transport};

use p2p_chat_protocol::Received;
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
        self.input(asked(id, message))
    }

    /// What the supervisor reads together from the ui; texts that are left are not handed over yet.
    fn ui_together(&mut self, messages: impl IntoIterator<Item = UiRequest>) -> Vec<Output> {
        let mut out = Vec::new();
        for (id, message) in (1..).zip(messages) {
            self.core.take(asked(id, message), self.now, &mut out);
        }
        out
    }

    fn transport(&mut self, reply_to: Option<u64>, message: TransportEvent) -> Vec<Output> {
        self.input(Input::Transport(Received {
            id: None,
            reply_to,
            message,
        }))
    }

    /// Time passes while this computer is awake.
    fn pass(&mut self, time: Duration) {
        self.now.elapsed += time;
        self.now.boot += time;
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

/// A request of the ui.
fn asked(id: u64, message: UiRequest) -> Input {
    Input::Ui(Received {
        id: Some(id),
        reply_to: None,
        message,
    })
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

/// Secure, by code: `listen` of the command line.
fn listener_by_code() -> Config {
    Config {
        proof: Proof::Code,
        ..from_argv()
    }
}

/// Secure, by code: `connect` of the command line, with the code in a file.
fn connector_by_code() -> Config {
    Config {
        start: Start::Connect,
        invite: Some(Invite::parse("me.example.net:8080").expect("an address")),
        passcode: Some("car lem koa".into()),
        ..Config::default()
    }
}

/// Two that are connected by code, seen from one side: their hellos are said, and a ticket is there.
fn talking(config: Config) -> Stage {
    let connects = config.start == Start::Connect;
    let mut stage = Stage::new(config);
    let out = stage.input(Input::PluginReady(Role::Transport));
    let id = transport_requests(&out)[0].0;
    if connects {
        stage.transport(Some(id), TransportEvent::Ok);
    } else {
        stage.transport(Some(id), listening_on(8080));
    }
    stage.transport(None, tickets(&["1"]));
    stage.transport(None, secure(connects, false));
    stage.transport(None, said(r#"{"kind":"hello","last":0}"#));
    stage
}

fn secure(outgoing: bool, resumed: bool) -> TransportEvent {
    let (address, direction) = if outgoing {
        ("203.0.113.7:8080", Direction::Outgoing)
    } else {
        ("198.51.100.2:54321", Direction::Incoming)
    };
    TransportEvent::PeerConnected(PeerConnected {
        address: address.to_owned(),
        local_address: "192.168.1.100:8080".to_owned(),
        direction,
        verification: Verification::Code,
        resumed,
    })
}

fn tickets(serials: &[&str]) -> TransportEvent {
    let ticket = |serial: &&str| transport::Ticket {
        role: "initiator".to_owned(),
        resume_id_b64: (*serial).to_owned(),
        resume_secret_b64: "secret".into(),
        verification: Verification::Code,
    };
    let tickets = serials.iter().map(ticket).collect();
    TransportEvent::Tickets(transport::Tickets { tickets })
}

/// What the peer's core says.
fn said(json: &str) -> TransportEvent {
    let payload = Payload(serde_json::from_str(json).expect("JSON"));
    TransportEvent::Received(transport::Received { payload })
}

/// What is said to the peer's core.
fn sayings(out: &[Output]) -> Vec<&str> {
    let requests = transport_requests(out).into_iter();
    requests
        .filter_map(|(_, request)| match request {
            TransportRequest::Send(send) => Some(send.payload.0.get()),
            _ => None,
        })
        .collect()
}

fn notices(out: &[Output]) -> Vec<&str> {
    let events = told(out).into_iter();
    events
        .filter_map(|event| match event {
            UiEvent::Notice(notice) => Some(notice.text.as_str()),
            _ => None,
        })
        .collect()
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
