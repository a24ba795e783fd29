//! What the supervisor asks, and what it is answered. The way a chat is carried decides who does
//! it: the secure channel, or the original program's protocol.

use p2p_chat_plugin::{Inbox, Incoming};
use p2p_chat_protocol::transport::{
    Connect, Listen, Listening, Send, TransportEvent, TransportRequest,
};
use p2p_chat_protocol::{ErrorCode, Refusal};

use crate::listen::Listener;
use crate::secure::Way;
use crate::target::Target;
use crate::transport::Transport;

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
            TransportRequest::Verify(words) => self.verify(&words),
            TransportRequest::Reject => self.reject(),
            TransportRequest::NewCode => self.new_code(),
            TransportRequest::Send(send) => match self.send(id, send) {
                Ok(()) => return,
                Err(refusal) => Err(refusal),
            },
            TransportRequest::CheckLine => {
                self.check_line();
                Ok(TransportEvent::Ok)
            }
            TransportRequest::Disconnect => {
                self.disconnect();
                Ok(TransportEvent::Ok)
            }
        };
        self.outbox.reply(id, answer);
    }

    fn listen(&mut self, listen: Listen) -> Result<TransportEvent, Refusal> {
        let way = Way::of(&listen.auth)?;
        let tickets = Self::listener_tickets(&listen.auth)?;
        self.expect_idle()?;
        self.listener = Some(Listener::open(listen.port, listen.bind.as_deref())?);
        let listening = match way {
            Some(way) => self.secure_listen(way, tickets),
            None => {
                self.legacy_listen();
                self.with_addresses(Listening::default())
            }
        };
        Ok(TransportEvent::Listening(listening))
    }

    fn stop_listening(&mut self) {
        self.listener = None;
        self.legacy_stop_listening();
        self.secure_stop_listening();
    }

    fn connect(&mut self, connect: Connect) -> Result<TransportEvent, Refusal> {
        let way = Way::of(&connect.auth)?;
        self.expect_idle()?;
        let count = connect.addresses.len();
        if count == 0 || count > MAX_ADDRESSES {
            let sentence =
                format!("{count} addresses to connect to. Give 1 to {MAX_ADDRESSES} of them.");
            return Err(Refusal::new(ErrorCode::InvalidMessage, sentence));
        }
        let targets = connect.addresses.iter().map(|text| Target::parse(text));
        let targets = targets.collect::<Result<Vec<_>, _>>()?;
        match way {
            Some(way) => self.secure_connect(targets, way, &connect.auth),
            None => {
                self.legacy_connect(targets);
                Ok(TransportEvent::Ok)
            }
        }
    }

    /// Queues a payload; it is answered when it was sent.
    fn send(&mut self, id: Option<u64>, send: Send) -> Result<(), Refusal> {
        if self.legacy.is_busy().is_some() {
            self.legacy_send(id, send)
        } else {
            self.secure_send(id, send)
        }
    }

    /// Ends whatever there is. All events of it come before the `ok`.
    fn disconnect(&mut self) {
        self.listener = None;
        self.legacy_disconnect();
        self.secure_disconnect();
    }

    fn expect_idle(&self) -> Result<(), Refusal> {
        let listening = self.listener.is_some().then_some("listening");
        let busy = self.legacy.is_busy().or(self.secure.is_busy());
        let Some(what) = busy.or(listening) else {
            return Ok(());
        };
        let sentence = format!("This program is {what} already. Disconnect first.");
        Err(Refusal::new(ErrorCode::Busy, sentence))
    }
}
