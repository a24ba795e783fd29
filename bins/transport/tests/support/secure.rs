//! Secure chats: two transports, or one and a caller made by hand on the same handshake.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use p2p_chat_secure_channel::{
    AwaitAuthL, AwaitHelloL, Channel, Code, Event, Message, Proof, connect, take_message,
    take_record,
};
use serde_json::{Value, json};

use super::{DEADLINE, Member, Transport, port_of};

/// Where a caller comes from: any address of loopback.
#[derive(Clone, Copy)]
pub(crate) struct Source(pub(crate) u8, pub(crate) u8);

impl Transport {
    /// Listens on loopback; says the port and the reply.
    pub(crate) fn listen_with(&mut self, auth: Value) -> (u16, Value) {
        let request = json!({"type":"listen","port":0,"bind":"127.0.0.1","auth":auth});
        let listening = self.expect(request, "listening");
        let address = listening["addresses"][0].as_str().expect("an address");
        (port_of(address), listening)
    }

    /// Listens with a code; says the port and the code.
    pub(crate) fn listen_with_code(&mut self) -> (u16, String) {
        let (port, listening) = self.listen_with(json!({"mode":"code"}));
        let code = listening["passcode"].as_str().expect("a code").to_owned();
        (port, code)
    }

    /// Begins to connect with a code.
    pub(crate) fn connect_with_code(&mut self, addresses: &[&str], code: &str) {
        let auth = json!({"mode":"code","passcode":code});
        let request = json!({"type":"connect","addresses":addresses,"auth":auth});
        self.expect(request, "ok");
        self.event("passcode_read");
    }

    /// Begins to connect.
    pub(crate) fn connect_with(&mut self, port: u16, auth: Value) {
        let addresses = [format!("127.0.0.1:{port}")];
        let request = json!({"type":"connect","addresses":addresses,"auth":auth});
        self.expect(request, "ok");
    }

    /// Sends a payload and waits until it is written.
    pub(crate) fn send(&mut self, payload: Value) {
        self.expect(json!({"type":"send","payload":payload}), "ok");
    }

    /// The next payload received.
    pub(crate) fn receive(&mut self) -> Value {
        self.event("received")["payload"].clone()
    }

    /// The tickets of the next `tickets` event.
    pub(crate) fn tickets(&mut self) -> Value {
        self.event("tickets")["tickets"].clone()
    }
}

/// Two transports with a verified chat, and the tickets each has.
pub(crate) struct Chatting {
    pub(crate) listener: Transport,
    pub(crate) connector: Transport,
    pub(crate) port: u16,
    pub(crate) listener_tickets: Value,
    pub(crate) connector_tickets: Value,
}

/// A chat by code.
pub(crate) fn secure_chat() -> Chatting {
    let (mut listener, mut connector) = (Transport::start(), Transport::start());
    let (port, code) = listener.listen_with_code();
    connector.connect_with_code(&[&format!("127.0.0.1:{port}")], &code);
    let connector_tickets = connector.tickets();
    let there = connector.event("peer_connected");
    assert_eq!(there["verification"], "code");
    let listener_tickets = listener.tickets();
    let here = listener.event("peer_connected");
    assert_eq!(here["verification"], "code");
    listener.event("listening");
    Chatting {
        listener,
        connector,
        port,
        listener_tickets,
        connector_tickets,
    }
}

/// Somebody who calls a listener, step by step.
pub(crate) struct Caller {
    pub(crate) stream: TcpStream,
    pub(crate) buffer: BytesMut,
}

impl Caller {
    /// Calls from 127.0.0.1.
    pub(crate) fn call(port: u16) -> Self {
        Self::call_from(Source(0, 1), port)
    }

    /// Calls from 127.0.x.y.
    pub(crate) fn call_from(source: Source, port: u16) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let socket = socket.expect("a socket");
        let local = SocketAddr::from((Ipv4Addr::new(127, 0, source.0, source.1), 0));
        socket.bind(&local.into()).expect("an address of loopback");
        let there = SocketAddr::from(([127, 0, 0, 1], port));
        socket
            .connect_timeout(&there.into(), DEADLINE)
            .expect("somebody listens");
        Self::of(TcpStream::from(socket))
    }

    /// Whoever is at this end of a connection.
    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("set");
        stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
        stream.set_write_timeout(Some(DEADLINE)).expect("a limit");
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sent");
    }

    /// Says the first message.
    pub(crate) fn greet(&mut self, proof: Proof) -> AwaitHelloL {
        let (hello_c, state) = connect(proof, &mut random()).expect("a ticket of this role");
        self.write(&hello_c);
        state
    }

    /// Says the first message, where he is still let.
    pub(crate) fn try_greet(&mut self, proof: Proof) -> Option<AwaitHelloL> {
        let (hello_c, state) = connect(proof, &mut random()).expect("a ticket of this role");
        self.try_write(&hello_c)?;
        Some(state)
    }

    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).ok()
    }

    /// Waits for the answer and shows its proof; `None` where it is closed first.
    pub(crate) fn prove(&mut self, state: AwaitHelloL) -> Option<AwaitAuthL> {
        let hello_l = self.read(Message::HelloL)?;
        let (auth_c, state) = state.receive(&hello_l).ok().expect("a good answer");
        self.stream.write_all(&auth_c).ok()?;
        Some(state)
    }

    /// Waits for the listener's proof; `None` where it is closed first.
    pub(crate) fn enter(mut self, state: AwaitAuthL) -> Option<Member> {
        let auth_l = self.read(Message::AuthL)?;
        let channel = state.receive(&auth_l, 0, &mut random()).ok()?;
        Some(Member {
            caller: self,
            channel,
            out: BytesMut::new(),
        })
    }

    /// The whole handshake.
    pub(crate) fn join(mut self, proof: Proof) -> Option<Member> {
        let state = self.greet(proof);
        let state = self.prove(state)?;
        self.enter(state)
    }

    /// The next message; `None` where it is closed first.
    pub(crate) fn read(&mut self, awaited: Message) -> Option<BytesMut> {
        loop {
            let message = take_message(awaited, &mut self.buffer).expect("its length is right");
            if message.is_some() {
                return message;
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(read) => self.buffer.extend_from_slice(&bytes[..read]),
                Err(error) if is_reset(&error) => return None,
                Err(error) => panic!("neither an answer nor a close: {error}"),
            }
        }
    }

    /// Waits until it is closed without another word; says when it was.
    pub(crate) fn closed(&mut self) -> Instant {
        match self.stream.read(&mut [0; 4096]) {
            Ok(0) => {}
            Ok(read) => panic!("{read} bytes instead of a close"),
            Err(error) if is_reset(&error) => {}
            Err(error) => panic!("not closed: {error}"),
        }
        Instant::now()
    }

    /// Whether it is still open, as far as anybody can see now.
    pub(crate) fn is_open(&mut self) -> bool {
        self.is_quiet_for(Duration::from_millis(1))
    }

    /// Whether nothing comes, not even a close.
    pub(crate) fn is_quiet_for(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).expect("a limit");
        let read = self.stream.read(&mut [0; 1]);
        self.stream.set_read_timeout(Some(DEADLINE)).expect("set");
        matches!(read, Err(error) if !is_reset(&error))
    }
}

pub(super) fn is_reset(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    matches!(error.kind(), ConnectionReset | BrokenPipe)
}

pub(crate) fn random() -> impl p2p_chat_secure_channel::CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// A code that is not this one.
pub(crate) fn another_code(code: &str) -> Proof {
    let numbers = if code.starts_with("acid") {
        "5 6 7"
    } else {
        "1 2 3"
    };
    Proof::Code(Code::parse(numbers).expect("a code"))
}

/// This code.
pub(crate) fn proof_of(code: &str) -> Proof {
    Proof::Code(Code::parse(code).expect("a code"))
}

/// Goes on with these tickets.
pub(crate) fn resume(tickets: &Value) -> Value {
    json!({"mode":"resume","tickets":tickets})
}
