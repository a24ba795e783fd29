//! A peer made by hand, and other things a transport meets on the network.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use fernet::Fernet;

use super::DEADLINE;

/// A peer made by hand, which reads as the original program does: one read, one token.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    fernet: Fernet,
}

impl Peer {
    /// Calls and takes the key.
    pub(crate) fn call(port: u16) -> Self {
        let mut stream = call(port);
        let mut key = [0; 44];
        stream.read_exact(&mut key).expect("a key");
        let key = std::str::from_utf8(&key).expect("base64");
        let fernet = Fernet::new(key).expect("a key");
        Self { stream, fernet }
    }

    /// Takes a call and gives the key.
    pub(crate) fn answer(listener: &TcpListener) -> Self {
        let mut stream = accept(listener);
        let key = Fernet::generate_key();
        stream.write_all(key.as_bytes()).expect("the key is sent");
        let fernet = Fernet::new(&key).expect("a key");
        Self { stream, fernet }
    }

    pub(crate) fn token(&self, text: &str) -> String {
        self.fernet.encrypt(text.as_bytes())
    }

    pub(crate) fn say(&mut self, text: &str) {
        let token = self.token(text);
        self.stream.write_all(token.as_bytes()).expect("sent");
    }

    /// One read of 4096, which must be one token.
    pub(crate) fn hear(&mut self) -> String {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer).expect("something in time");
        let token = std::str::from_utf8(&buffer[..read]).expect("base64");
        let text = self.fernet.decrypt(token).expect("one whole token");
        String::from_utf8(text).expect("a text")
    }

    /// Everything has been read, and the other side ended the connection in good order.
    pub(crate) fn at_end(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }
}

/// A call without a word.
pub(crate) fn call(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    stream.set_write_timeout(Some(DEADLINE)).expect("a limit");
    stream
}

/// The next call, within the deadline.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let listener = listener.try_clone().expect("a duplicate");
    let (calls, call) = sync_channel(1);
    thread::spawn(move || calls.send(listener.accept()));
    let accepted = call.recv_timeout(DEADLINE).expect("a call in time");
    let (stream, _) = accepted.expect("a call");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    stream
}

/// Whether the listener turned this call away: closed, without a key.
pub(crate) fn turned_away(mut stream: TcpStream) -> bool {
    !matches!(stream.read(&mut [0]), Ok(1..))
}

/// A listener made by hand, and its address.
pub(crate) fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    (listener, address)
}

/// A place where a connection is neither made nor refused: the queue of a listener that takes no
/// calls is full. Keep what is returned.
pub(crate) fn black_hole() -> (socket2::Socket, Vec<TcpStream>, String) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).expect("a free port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().expect("bound").as_socket();
    let address = address.expect("an IP address");
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queued.push(stream);
        assert!(queued.len() < 10, "the queue does not fill");
    }
    (socket, queued, address.to_string())
}
