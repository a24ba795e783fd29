//! What the supervisor asks, and what it is answered.

use p2p_chat_plugin::{Inbox, Incoming};
use p2p_chat_protocol::transport::{
    Connect, DisconnectReason, Listen, Listening, Send, TransportEvent, TransportRequest,
};
use p2p_chat_protocol::{ErrorCode, Refusal};

use crate::listen::Listener;
use crate::log::debug;
use crate::own_addresses::own_addresses;
use crate::service::{Listens, Transport};
use crate::target::Target;
use crate::{channel, session};

/// Addresses of one `connect`: as many as an invite may hold; at a step of 250 ms all
/// are begun within half the time there is.
const MAX_ADDRESSES: usize = 20;

impl Transport {
    /// Does what a line of stdin asks for.
    pub(crate) fn line(&mut self, inbox: &mut Inbox, line: &[u8]) {
        let received = match inbox.read::<TransportRequest>(line) {
            Incoming::Message(received) => received,
            Incoming::Refuse(id, refusal) => return self.outbox.reply(Some(id), Err(refusal)),
            Incoming::BadReply(..) | Incoming::Ignore => return,
        };
        let id = received.id;
        let answer = match received.message {
            TransportRequest::Listen(listen) => self.listen(listen),
            TransportRequest::StopListening => {
                self.stop_listening();
                Ok(TransportEvent::Ok)
            }
            TransportRequest::Connect(connect) => self.connect(connect),
            TransportRequest::Verify(_) | TransportRequest::Reject => {
                Err(unavailable("An INSECURE chat has no words to compare."))
            }
            TransportRequest::NewCode => Err(unavailable("An INSECURE chat has no code.")),
            TransportRequest::Send(send) => match self.send(id, send) {
                Ok(()) => return,
                Err(refusal) => Err(refusal),
            },
            TransportRequest::Disconnect => {
                self.disconnect();
                Ok(TransportEvent::Ok)
            }
        };
        self.outbox.reply(id, answer);
    }

    fn listen(&mut self, listen: Listen) -> Result<TransportEvent, Refusal> {
        let verification = channel::verification(&listen.auth)?;
        self.expect_idle()?;
        let listener = Listener::open(listen.port, listen.bind.as_deref())?;
        let sockets = listener.addresses();
        let listening = Listening {
            addresses: sockets.iter().map(ToString::to_string).collect(),
            own_addresses: own_addresses(&sockets)
                .iter()
                .map(ToString::to_string)
                .collect(),
            ..Listening::default()
        };
        self.listens = Some(Listens {
            listener,
            auth: listen.auth,
            verification,
        });
        Ok(TransportEvent::Listening(listening))
    }

    fn stop_listening(&mut self) {
        self.listens = None;
        let rulings = self.seat.turn_all_away();
        self.carry_out(rulings);
    }

    fn connect(&mut self, connect: Connect) -> Result<TransportEvent, Refusal> {
        let verification = channel::verification(&connect.auth)?;
        self.expect_idle()?;
        let count = connect.addresses.len();
        if count == 0 || count > MAX_ADDRESSES {
            let sentence =
                format!("{count} addresses to connect to. Give 1 to {MAX_ADDRESSES} of them.");
            return Err(Refusal::new(ErrorCode::InvalidMessage, sentence));
        }
        let targets = connect.addresses.iter().map(|text| Target::parse(text));
        let targets = targets.collect::<Result<Vec<_>, _>>()?;
        let (id, wires) = self.open_session(verification, None);
        self.calls = Some(id);
        self.tasks
            .spawn(session::call(targets, connect.auth, wires));
        Ok(TransportEvent::Ok)
    }

    /// Queues a payload; it is answered when it was sent.
    fn send(&mut self, id: Option<u64>, send: Send) -> Result<(), Refusal> {
        let peer = self.seat.peer();
        let Some(open) = peer.and_then(|peer| self.sessions.get(&peer)) else {
            let sentence = "Nobody is connected. Connect, or wait for somebody, then send.";
            return Err(Refusal::new(ErrorCode::NotConnected, sentence));
        };
        self.sends.accept(id, send.payload.0.get().len())?;
        open.session.send(send.payload);
        self.seat.addressed();
        Ok(())
    }

    /// Ends whatever there is. All events of it come before the `ok`.
    fn disconnect(&mut self) {
        self.stop_listening();
        if let Some(attempt) = self.calls.take() {
            self.sessions.remove(&attempt);
            debug(format_args!("the attempt to connect was cancelled"));
        }
        if let Some(peer) = self.seat.peer() {
            if let Some(open) = self.sessions.remove(&peer) {
                open.session.say_goodbye();
            }
            self.seat.gone(peer);
            self.peer_is_gone(DisconnectReason::Ended);
        }
    }

    fn expect_idle(&self) -> Result<(), Refusal> {
        let what = if self.calls.is_some() {
            "connecting"
        } else if self.seat.peer().is_some() {
            "chatting"
        } else if self.listens.is_some() {
            "listening"
        } else {
            return Ok(());
        };
        let sentence = format!("This program is {what} already. Disconnect first.");
        Err(Refusal::new(ErrorCode::Busy, sentence))
    }
}

fn unavailable(sentence: &str) -> Refusal {
    Refusal::new(ErrorCode::Unavailable, sentence)
}
