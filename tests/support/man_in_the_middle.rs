//! Somebody on the way, between a connector and a listener: he sees each message and each record,
//! and does with it what a test says. The sizes he needs stand in clear before each.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::support::DEADLINE;

/// Before these come records: HELLO and AUTH of each side.
const HANDSHAKE_MESSAGES: usize = 2;

/// Who is meant to get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Listener,
    Connector,
}

impl To {
    pub(crate) fn back(self) -> Self {
        match self {
            Self::Listener => Self::Connector,
            Self::Connector => Self::Listener,
        }
    }
}

/// A handshake message or a record, with its length before it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
    pub(crate) to: To,
    /// 0 is HELLO, 1 is AUTH, records follow; in each direction.
    pub(crate) index: usize,
    /// Shorter than it says where the sender ended.
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    /// Whether it is the message `index` to this side.
    pub(crate) fn is(&self, to: To, index: usize) -> bool {
        self.to == to && self.index == index
    }

    pub(crate) fn is_record(&self) -> bool {
        self.index >= HANDSHAKE_MESSAGES
    }

    /// Changes these bits of its byte `at`; the length before it does not count.
    pub(crate) fn flip(&mut self, at: usize, bits: u8) {
        self.body()[at] ^= bits;
    }

    /// What stands behind the length.
    pub(crate) fn body(&mut self) -> &mut [u8] {
        let length = if self.index < HANDSHAKE_MESSAGES {
            2
        } else {
            4
        };
        &mut self.bytes[length..]
    }
}

/// Both ends of each connection through him.
#[derive(Default)]
pub(crate) struct Wires(Vec<[TcpStream; 2]>);

impl Wires {
    /// Sends a message on, to where it was meant to go.
    pub(crate) fn pass(&self, message: &Message) {
        self.send(message.connection, message.to, &message.bytes);
    }

    pub(crate) fn send(&self, connection: usize, to: To, bytes: &[u8]) {
        // One that has hung up gets nothing more.
        let _ = self.end(connection, to).write_all(bytes);
    }

    /// Ends a connection on both sides.
    pub(crate) fn cut(&self, connection: usize) {
        for to in [To::Listener, To::Connector] {
            // It may have ended already.
            let _ = self.end(connection, to).shutdown(Shutdown::Both);
        }
    }

    fn end(&self, connection: usize, to: To) -> &TcpStream {
        &self.0[connection][usize::from(to == To::Connector)]
    }
}

/// Puts somebody before a listener; the port where he waits. `meddle` gets every message and sends
/// on what it likes.
pub(crate) fn man_in_the_middle(
    listener: u16,
    meddle: impl FnMut(Message, &Wires) + Send + 'static,
) -> u16 {
    man_between(vec![listener], meddle)
}

/// The same before several listeners: the first caller gets to the first, and so on, and those
/// after the last to the last.
pub(crate) fn man_between(
    listeners: Vec<u16>,
    meddle: impl FnMut(Message, &Wires) + Send + 'static,
) -> u16 {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = server.local_addr().expect("bound").port();
    let man = Arc::new(Mutex::new((meddle, Wires::default())));
    std::thread::spawn(move || {
        for (connection, connector) in server.incoming().enumerate() {
            let listener = listeners[connection.min(listeners.len() - 1)];
            let ends = TcpStream::connect(("127.0.0.1", listener)).and_then(|listener| {
                let connector = connector?;
                for end in [&listener, &connector] {
                    end.set_nodelay(true)?;
                    end.set_read_timeout(Some(DEADLINE))?;
                }
                Ok([listener, connector])
            });
            // A listener that is gone, or a caller: the test sees what becomes of it.
            let Ok([listener, connector]) = ends else {
                return;
            };
            let copy = |end: &TcpStream| end.try_clone().expect("a copy");
            man.lock()
                .expect("no meddler panics")
                .1
                .0
                .push([copy(&listener), copy(&connector)]);
            for (from, to) in [(connector, To::Listener), (listener, To::Connector)] {
                let man = Arc::clone(&man);
                std::thread::spawn(move || {
                    for index in 0.. {
                        let Some(bytes) = next(&from, index) else {
                            break;
                        };
                        let (meddle, wires) = &mut *man.lock().expect("no meddler panics");
                        let message = Message {
                            connection,
                            to,
                            index,
                            bytes,
                        };
                        meddle(message, wires);
                    }
                    let (_, wires) = &*man.lock().expect("no meddler panics");
                    // The other side may have ended before.
                    let _ = wires.end(connection, to).shutdown(Shutdown::Write);
                });
            }
        }
    });
    port
}

/// The next message or record, or nothing more.
fn next(mut from: &TcpStream, index: usize) -> Option<Vec<u8>> {
    let prefix = if index < HANDSHAKE_MESSAGES { 2 } else { 4 };
    let mut bytes = read(&mut from, prefix);
    if bytes.len() == prefix {
        let length = bytes
            .iter()
            .fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        bytes.extend(read(&mut from, length));
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// So many bytes, or what comes before the end.
fn read(from: &mut impl Read, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    match from.take(count as u64).read_to_end(&mut bytes) {
        Ok(_) => bytes,
        // Cut by us or by the other side, or silent for too long.
        Err(error) if error.kind() != ErrorKind::Interrupted => bytes,
        Err(_) => unreachable!("read_to_end goes on"),
    }
}
