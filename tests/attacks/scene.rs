//! Two transports and somebody in between.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::man_in_the_middle::{Message, Wires, man_in_the_middle};
use crate::transport::{Transport, mode, resume, typed};

/// So many attacks at once: each waits more than it computes.
const AT_ONCE: usize = 6;

pub(crate) struct Scene {
    pub(crate) listener: Transport,
    pub(crate) connector: Transport,
    /// Where the listener is, past the man in the middle.
    pub(crate) port: u16,
    pub(crate) passcode: String,
}

impl Scene {
    /// A listener with a code, a connector who knows it, and a man in the middle.
    pub(crate) fn new(meddle: impl FnMut(Message, &Wires) + Send + 'static) -> Self {
        let mut listener = Transport::start();
        let listening = listener.listen(mode("code"));
        let middle = man_in_the_middle(listening.port, meddle);
        let mut connector = Transport::start();
        let reply = connector.connect(middle, typed(&listening.passcode));
        assert_eq!(reply["type"], "ok", "{reply}");
        Self {
            listener,
            connector,
            port: listening.port,
            passcode: listening.passcode,
        }
    }

    /// One in which both have said hello already.
    pub(crate) fn chatting(meddle: impl FnMut(Message, &Wires) + Send + 'static) -> Self {
        let mut scene = Self::new(meddle);
        scene.connector.event("peer_connected");
        scene.listener.event("peer_connected");
        scene.connector.send(&Value::from("hello"));
        assert_eq!(scene.listener.received(), "hello");
        scene.listener.send(&Value::from("welcome"));
        assert_eq!(scene.connector.received(), "welcome");
        scene
    }

    /// Nobody has shown anything from the other side.
    pub(crate) fn nothing_was_shown(&self) {
        for side in [&self.connector, &self.listener] {
            let shown = side.process.so_far("received");
            assert!(shown.is_empty(), "{shown:?}");
        }
    }

    /// The friend himself, past the man in the middle, still comes in.
    pub(crate) fn friend_comes_in(&mut self) {
        let mut friend = Transport::start();
        friend.connect(self.port, typed(&self.passcode));
        friend.event("peer_connected");
        let connected = self.listener.event("peer_connected");
        assert_eq!(connected["verification"], "code");
    }

    /// Both were cut, and go on past the man in the middle.
    pub(crate) fn resumes(&mut self) {
        assert_eq!(self.connector.event("peer_disconnected")["reason"], "cut");
        assert_eq!(self.listener.event("peer_disconnected")["reason"], "cut");
        let tickets = self.connector.tickets();
        self.connector.connect(self.port, resume(&tickets));
        assert_eq!(self.connector.event("peer_connected")["resumed"], true);
        assert_eq!(self.listener.event("peer_connected")["resumed"], true);
        self.connector.send(&Value::from("back"));
        while self.listener.received() != "back" {}
    }
}

/// Does this with each, several at once.
pub(crate) fn with_each<T: Send + Clone>(all: &[T], act: impl Fn(T) + Sync) {
    let left = Mutex::new(all.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(next) = left.lock().expect("not held while acting").pop() else {
                        return;
                    };
                    act(next);
                }
            });
        }
    });
}

/// A switch that a test turns while the man in the middle looks on.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<bool>>);

impl Switch {
    pub(crate) fn turn_on(&self) {
        *self.0.lock().expect("not poisoned") = true;
    }

    pub(crate) fn is_on(&self) -> bool {
        *self.0.lock().expect("not poisoned")
    }
}
