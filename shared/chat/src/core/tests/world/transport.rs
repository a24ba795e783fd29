//! A transport as the core knows it: requests in, events out, one session at a time, tickets.

use std::collections::VecDeque;

use p2p_chat_protocol::transport::{
    AuthMode, DisconnectReason, Listening, PeerDisconnected, Received as Payloads, Ticket, Tickets,
    TransportEvent, TransportRequest,
};
use p2p_chat_protocol::ui::{Direction, PeerConnected, Verification};
use p2p_chat_protocol::{ErrorCode, Payload, Private, Received, Refusal};

use super::network::{Connection, Packet, Proven, SOCKET};

/// The side that calls and the side that waits.
pub(in crate::core) const CALLER: usize = 0;
/// See [`CALLER`].
pub(in crate::core) const LISTENER: usize = 1;

type Connections = Vec<Connection>;

/// One run of a transport.
#[derive(Clone)]
pub(in crate::core) struct Transport {
    side: usize,
    tickets: Vec<u64>,
    /// Whether it takes calls, and whether somebody with the code is expected.
    listens: bool,
    code: bool,
    /// The connection of the session.
    session: Option<usize>,
    /// The listener's peer has used its keys.
    confirmed: bool,
    /// The call that is not answered yet.
    call: Option<usize>,
    /// What it has to say.
    pub(in crate::core) says: VecDeque<Received<TransportEvent>>,
    /// It was asked to look after the line.
    pub(in crate::core) checks: bool,
}

fn said(reply_to: Option<u64>, message: TransportEvent) -> Received<TransportEvent> {
    Received {
        id: None,
        reply_to,
        message,
    }
}

impl Transport {
    /// What it holds, for tests that compare states: tickets, and its connections.
    pub(in crate::core) fn shape(&self) -> (String, &[u64], [Option<usize>; 2]) {
        let Self {
            listens,
            code,
            confirmed,
            checks,
            ..
        } = self;
        let flags = format!("{listens} {code} {confirmed} {checks}");
        (flags, &self.tickets, [self.session, self.call])
    }

    pub(in crate::core) fn new(side: usize) -> Self {
        Self {
            side,
            tickets: Vec::new(),
            listens: false,
            code: false,
            session: None,
            confirmed: false,
            call: None,
            says: VecDeque::new(),
            checks: false,
        }
    }

    fn say(&mut self, message: TransportEvent) {
        self.says.push_back(said(None, message));
    }

    fn reply(&mut self, id: u64, message: TransportEvent) {
        self.says.push_back(said(Some(id), message));
    }

    /// Whether a request can be done now; a `send` waits for room in the socket.
    pub(in crate::core) fn can_take(
        &self,
        request: &TransportRequest,
        connections: &Connections,
    ) -> bool {
        match (request, self.session) {
            (TransportRequest::Send(_), Some(session)) => {
                connections[session].to[1 - self.side].len() < SOCKET
            }
            _ => true,
        }
    }

    pub(in crate::core) fn request(
        &mut self,
        id: u64,
        request: TransportRequest,
        connections: &mut Connections,
    ) {
        match request {
            TransportRequest::Listen(listen) => {
                self.listens = true;
                self.code = listen.auth.mode == AuthMode::Code;
                self.tickets = serials(&listen.auth.tickets);
                let address = "192.0.2.2:8080".to_owned();
                self.reply(
                    id,
                    TransportEvent::Listening(Listening {
                        addresses: vec![address.clone()],
                        own_addresses: vec![address],
                        passcode: self.code.then(|| Private::from("a-b-c")),
                        ..Listening::default()
                    }),
                );
            }
            TransportRequest::Connect(connect) => {
                self.reply(id, TransportEvent::Ok);
                self.tickets = serials(&connect.auth.tickets);
                let proven = match connect.auth.mode {
                    AuthMode::Resume => self.tickets.last().map(|t| Proven::Ticket(*t)),
                    _ => Some(Proven::Code),
                };
                let mut connection = Connection::new();
                match proven {
                    Some(proven) => connection.send(1 - self.side, Packet::Prove(proven)),
                    None => connection.cut(false),
                }
                self.call = Some(connections.len());
                connections.push(connection);
            }
            TransportRequest::Send(send) => match self.session {
                Some(session) => {
                    let record = Packet::Record(Some(send.payload));
                    connections[session].send(1 - self.side, record);
                    self.reply(id, TransportEvent::Ok);
                }
                None => {
                    let refusal = Refusal::new(ErrorCode::NotConnected, "Nobody is there.");
                    self.reply(id, TransportEvent::Error(refusal));
                }
            },
            TransportRequest::CheckLine => {
                self.checks = true;
                self.reply(id, TransportEvent::Ok);
            }
            TransportRequest::Disconnect => {
                self.leave(connections);
                self.reply(id, TransportEvent::Ok);
            }
            other => panic!("the core asked for {other:?}"),
        }
    }

    /// Says goodbye to the peer, and forgets all.
    pub(in crate::core) fn leave(&mut self, connections: &mut Connections) {
        for connection in [self.session.take(), self.call.take()]
            .into_iter()
            .flatten()
        {
            connections[connection].send(1 - self.side, Packet::Close);
            connections[connection].close(self.side);
        }
        self.listens = false;
        self.tickets.clear();
    }

    /// Takes one packet. `fresh`: a number nobody had before.
    pub(in crate::core) fn packet(
        &mut self,
        at: usize,
        packet: Packet,
        fresh: u64,
        connections: &mut Connections,
    ) -> Option<Payload> {
        match packet {
            Packet::Prove(proven) => self.prove(at, proven, fresh, connections),
            Packet::Welcome(ticket) if self.call == Some(at) => {
                let resumed = !self.tickets.is_empty();
                self.call = None;
                self.session = Some(at);
                self.tickets = vec![ticket];
                self.tell_tickets();
                // The first record says that the keys are in use.
                connections[at].send(1 - self.side, Packet::Record(None));
                self.connected(resumed);
            }
            Packet::Record(payload) if self.session == Some(at) => {
                if !std::mem::replace(&mut self.confirmed, true) && self.side == LISTENER {
                    self.tickets.truncate(1);
                    self.tell_tickets();
                }
                return payload.inspect(|payload| {
                    let payload = payload.clone();
                    self.say(TransportEvent::Received(Payloads { payload }));
                });
            }
            Packet::Close if self.session == Some(at) => {
                self.session = None;
                self.tickets.clear();
                connections[at].close(self.side);
                self.tell_tickets();
                self.gone(DisconnectReason::Left);
            }
            Packet::Welcome(_) | Packet::Record(_) | Packet::Close => {}
        }
        None
    }

    fn prove(&mut self, at: usize, proven: Proven, fresh: u64, connections: &mut Connections) {
        let used = match proven {
            Proven::Code => std::mem::take(&mut self.code).then_some(None),
            Proven::Ticket(ticket) => self.tickets.contains(&ticket).then_some(Some(ticket)),
        };
        let Some(used) = used.filter(|_| self.listens) else {
            return connections[at].close(self.side);
        };
        // The first who proves himself is the one: all others are closed, half-open ones as well.
        for (other, connection) in connections.iter_mut().enumerate() {
            if other != at {
                connection.close(self.side);
            }
        }
        if self.session.replace(at).is_some() {
            self.gone(DisconnectReason::Cut);
        }
        self.tickets = [Some(fresh), used].into_iter().flatten().collect();
        self.confirmed = false;
        self.tell_tickets();
        connections[at].send(1 - self.side, Packet::Welcome(fresh));
        self.connected(used.is_some());
    }

    /// The end of a connection was seen.
    pub(in crate::core) fn cut(&mut self, at: usize, connections: &mut Connections) {
        connections[at].close(self.side);
        if self.session == Some(at) {
            self.session = None;
            self.gone(DisconnectReason::Cut);
        }
        if self.call == Some(at) {
            self.call = None;
            let refusal = Refusal::new(ErrorCode::HandshakeFailed, "It hung up.");
            self.say(TransportEvent::ConnectFailed(refusal));
        }
    }

    fn connected(&mut self, resumed: bool) {
        let (address, direction) = match self.side {
            CALLER => ("192.0.2.2:8080", Direction::Outgoing),
            _ => ("192.0.2.1:50000", Direction::Incoming),
        };
        self.say(TransportEvent::PeerConnected(PeerConnected {
            address: address.to_owned(),
            local_address: "192.0.2.9:9".to_owned(),
            direction,
            verification: Verification::Code,
            resumed,
        }));
    }

    fn gone(&mut self, reason: DisconnectReason) {
        self.say(TransportEvent::PeerDisconnected(PeerDisconnected {
            reason,
        }));
    }

    fn tell_tickets(&mut self) {
        let tickets = self.tickets.iter().map(|serial| Ticket {
            role: "any".to_owned(),
            resume_id_b64: serial.to_string(),
            resume_secret_b64: Private::from("secret"),
            verification: Verification::Code,
        });
        let tickets = tickets.collect();
        self.say(TransportEvent::Tickets(Tickets { tickets }));
    }
}

fn serials(tickets: &[Ticket]) -> Vec<u64> {
    let serial = |ticket: &Ticket| ticket.resume_id_b64.parse().expect("a serial");
    tickets.iter().map(serial).collect()
}
