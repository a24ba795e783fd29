//! Connections: two queues each. A cut loses what is on its way; a dead end loses only what goes to
//! it.

use std::collections::VecDeque;

use p2p_chat_protocol::Payload;

/// What a peer can have on its way before its sender has to wait, like a socket's buffer.
pub(in crate::core) const SOCKET: usize = 8;

/// What travels.
#[derive(Clone)]
pub(in crate::core) enum Packet {
    /// A caller shows the code, or a ticket.
    Prove(Proven),
    /// The listener lets it in, with a new ticket.
    Welcome(u64),
    /// A record.
    Record(Option<Payload>),
    /// An authenticated end.
    Close,
}

/// How a caller proves himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Proven {
    Code,
    Ticket(u64),
}

/// A connection between the two sides.
#[derive(Clone)]
pub(in crate::core) struct Connection {
    /// To each side.
    pub(in crate::core) to: [VecDeque<Packet>; 2],
    /// Whether each side's end is closed.
    pub(in crate::core) closed: [bool; 2],
    /// Nothing passes any more.
    pub(in crate::core) cut: bool,
    /// And nothing says so: no end of stream comes.
    pub(in crate::core) silent: bool,
    /// Each side has seen its end.
    pub(in crate::core) noticed: [bool; 2],
}

impl Connection {
    pub(in crate::core) fn new() -> Self {
        Self {
            to: [VecDeque::new(), VecDeque::new()],
            closed: [false; 2],
            cut: false,
            silent: false,
            noticed: [false; 2],
        }
    }

    /// Puts a packet on its way to `side`; a line that is gone swallows it.
    pub(in crate::core) fn send(&mut self, side: usize, packet: Packet) {
        if !self.cut && !self.closed[side] {
            self.to[side].push_back(packet);
        }
    }

    pub(in crate::core) fn cut(&mut self, silent: bool) {
        self.cut = true;
        self.silent = silent;
        self.to.iter_mut().for_each(VecDeque::clear);
    }

    /// `side` has closed its end: the other still gets what is on its way.
    pub(in crate::core) fn close(&mut self, side: usize) {
        self.closed[side] = true;
        self.noticed[side] = true;
        self.to[side].clear();
    }

    /// Whether `side` could see that nothing will come any more.
    pub(in crate::core) fn is_over(&self, side: usize) -> bool {
        let gone = self.cut && !self.silent || self.closed[1 - side];
        gone && self.to[side].is_empty() && !self.noticed[side]
    }
}
