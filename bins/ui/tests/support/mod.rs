//! A supervisor for tests: it drives the real `ui` over its pipe, line by line.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod pipes;
pub(crate) mod terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Anything the ui has to do takes milliseconds; a loaded machine gets this long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The supervisor's end of the pipe.
pub(crate) struct Wire {
    to_ui: Option<Box<dyn Write>>,
    /// Asks for a line of the ui; what nobody asks for stays in the pipe.
    wanted: Sender<()>,
    from_ui: Receiver<String>,
}

impl Wire {
    /// A wire over the ui's stdin and stdout.
    pub(crate) fn new(to_ui: impl Write + 'static, from_ui: impl Read + Send + 'static) -> Self {
        let (wanted, asked) = channel();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(from_ui).lines();
            for () in asked {
                let Some(Ok(line)) = lines.next() else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            to_ui: Some(Box::new(to_ui)),
            wanted,
            from_ui: receiver,
        }
    }

    /// What the ui says next.
    fn line(&self) -> Result<String, RecvTimeoutError> {
        // Nobody reads behind its end.
        let _ = self.wanted.send(());
        self.from_ui.recv_timeout(DEADLINE)
    }

    /// Tells the ui something.
    pub(crate) fn tell(&mut self, event: &Value) {
        self.tell_raw(&format!("{event}\n"));
    }

    /// Tells it anything at all.
    pub(crate) fn tell_raw(&mut self, line: &str) {
        let pipe = self.to_ui.as_mut().expect("not hung up");
        pipe.write_all(line.as_bytes()).expect("the ui reads");
        pipe.flush().expect("the ui reads");
    }

    /// The next line of the ui, which must be of this type.
    pub(crate) fn expect(&self, kind: &str) -> Value {
        let line = self
            .line()
            .unwrap_or_else(|_| panic!("the ui never said {kind:?}"));
        let value: Value = serde_json::from_str(&line).expect("lines are JSON");
        assert_eq!(value["type"], kind, "{line}");
        value
    }

    /// The ui has said nothing so far, and what was told it before has been dealt with.
    pub(crate) fn expect_nothing(&mut self) {
        // A question nobody knows is answered, after all that came before it.
        self.tell(&json!({"type": "no_such_question", "id": 999_999}));
        let answer = self.expect("error");
        assert_eq!(answer["reply_to"], 999_999);
    }

    /// Whether the ui closed its stdout without another word.
    pub(crate) fn is_closed(&self) -> bool {
        self.line() == Err(RecvTimeoutError::Disconnected)
    }

    /// Greets the ui: `start` with these options, and nothing happened so far.
    pub(crate) fn welcome(&mut self, start: &str, options: &Value) {
        let hello = self.expect("hello");
        assert_eq!(
            (&hello["protocol"], &hello["role"]),
            (&json!(1), &json!("ui"))
        );
        self.tell(
            &json!({"type": "welcome", "protocol": 1, "supervisor": "test",
            "start": start, "options": options}),
        );
        self.tell(&json!({"type": "replay_finished"}));
    }

    /// The listener is up, on the same computer only; these fields are added or changed.
    pub(crate) fn listens(&mut self, more: &Value) {
        let mut event = json!({"type": "listening", "addresses": ["0.0.0.0:8080"],
            "own_addresses": [], "invite": "p2pc:0.0.0.0:8080"});
        for (name, value) in more.as_object().expect("fields") {
            event[name] = value.clone();
        }
        self.tell(&event);
    }

    /// A peer of the old kind is there.
    pub(crate) fn peer_connects(&mut self) {
        self.peer_comes("insecure", false);
    }

    /// A peer is there, known as far as `verification` says.
    pub(crate) fn peer_comes(&mut self, verification: &str, resumed: bool) {
        self.tell(
            &json!({"type": "peer_connected", "address": "198.51.100.2:54321",
            "local_address": "192.168.1.100:8080", "direction": "incoming",
            "verification": verification, "resumed": resumed}),
        );
    }

    /// It says something.
    pub(crate) fn peer_says(&mut self, n: u64, text: &str) {
        self.tell(&json!({"type": "message_added", "n": n, "from": "peer",
            "ip": "198.51.100.2", "text": text, "at_ms": 1}));
    }

    /// It leaves.
    pub(crate) fn peer_leaves(&mut self) {
        self.tell(
            &json!({"type": "peer_disconnected", "address": "198.51.100.2:54321",
            "reason": "left", "redialing": false}),
        );
    }

    /// Takes a text, which must be this, into the conversation under number `n`.
    pub(crate) fn takes_text(&mut self, text: &str, n: u64) {
        let request = self.expect("send_message");
        assert_eq!(request["text"], text);
        self.tell(
            &json!({"type": "message_added", "reply_to": request["id"], "n": n,
            "from": "me", "ip": "192.168.1.100", "text": text, "at_ms": 1, "status": "queued"}),
        );
    }

    /// A text of the user got further.
    pub(crate) fn text_is(&mut self, n: u64, status: &str) {
        self.tell(&json!({"type": "message_updated", "n": n, "status": status}));
    }

    /// Refuses the request.
    pub(crate) fn refuses(&mut self, request: &Value, code: &str, message: &str) {
        self.tell(
            &json!({"type": "error", "reply_to": request["id"], "code": code,
            "message": message}),
        );
    }

    /// Waits for `quit` and grants it.
    pub(crate) fn grants_quit(&mut self) {
        let request = self.expect("quit");
        self.tell(&json!({"type": "ok", "reply_to": request["id"]}));
    }

    /// Says something in a sentence.
    pub(crate) fn notice(&mut self, text: &str) {
        self.tell(&json!({"type": "notice", "level": "info", "text": text}));
    }

    /// The end of the ui's stdin.
    pub(crate) fn hang_up(&mut self) {
        self.to_ui = None;
    }
}
