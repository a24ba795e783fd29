//! What the supervisor asks of the secure channel.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2p_chat_protocol::transport::{
    Auth, DisconnectReason, Listening, Send, Ticket as ToldTicket, TransportEvent,
};
use p2p_chat_protocol::ui::{PasscodeRead, Verify};
use p2p_chat_protocol::{ErrorCode, Private, Refusal};
use p2p_chat_secure_channel::{
    CloseReason, Code, MAX_PAYLOAD, Proof, Ticket, TicketRole, WordsError,
};

use super::call::{self, Call};
use super::listening::Listen;
use super::sentences::Way;
use super::wires::Hold;
use super::{Calling, TICKET_LIFE, tickets};
use crate::clock::Now;
use crate::log::debug;
use crate::target::Target;
use crate::transport::Transport;

/// A listener holds two at most: the newest, and the one it was made with.
const MAX_TICKETS: usize = 2;

impl Transport {
    /// The tickets a listener may be given.
    pub(crate) fn listener_tickets(auth: &Auth) -> Result<Vec<Ticket>, Refusal> {
        if auth.tickets.len() > MAX_TICKETS {
            return Err(tickets::no_ticket("a listener has two at most"));
        }
        read(&auth.tickets, TicketRole::Listener)
    }

    /// From now on callers are taken.
    pub(crate) fn secure_listen(&mut self, way: Way, tickets: Vec<Ticket>) -> Listening {
        let now = Now::read();
        let given = tickets.iter().map(|ticket| *ticket.id()).collect();
        self.secure.ticket = None;
        self.secure.listen = Some(Listen::new(way, tickets, now));
        self.has_tickets(given, now);
        self.listening(now)
    }

    /// Callers who are not in are let go; a chat goes on.
    pub(crate) fn secure_stop_listening(&mut self) {
        if let Some(listen) = &mut self.secure.listen {
            listen.close();
        }
    }

    /// Begins to connect.
    pub(crate) fn secure_connect(
        &mut self,
        targets: Vec<Target>,
        way: Way,
        auth: &Auth,
    ) -> Result<TransportEvent, Refusal> {
        let (proof, proved) = match way {
            Way::Code => self.code_typed(auth.passcode.as_ref())?,
            Way::Words => (Proof::Words, Arc::default()),
            Way::Resume => match read(&auth.tickets, TicketRole::Connector)?.as_slice() {
                [ticket] => (Proof::Ticket(ticket.clone()), Arc::default()),
                _ => return Err(tickets::no_ticket("it takes exactly one to connect")),
            },
        };
        self.secure.listen = None;
        self.secure.ticket = match &proof {
            Proof::Ticket(ticket) => Some(ticket.clone()),
            Proof::Words | Proof::Code(_) => None,
        };
        let given = self.secure.ticket.iter().map(|ticket| *ticket.id());
        self.has_tickets(given.collect(), Now::read());
        let id = self.next_id();
        let (hold, wires) = Hold::new(id, self.secure.news.clone());
        let resumes = way == Way::Resume;
        self.secure.calling = Some(Calling {
            id,
            _hold: hold,
            resumes,
        });
        let call = Call {
            targets,
            way,
            proof,
            proved,
        };
        self.tasks.spawn(call::call(call, wires));
        Ok(TransportEvent::Ok)
    }

    /// These tickets, which the supervisor gave, are in the place of all others. Those that were
    /// here already get no more time by being given again: it runs since the cut.
    pub(super) fn has_tickets(&mut self, mut given: Vec<[u8; 16]>, now: Now) {
        given.sort_unstable();
        let known = |id| self.secure.told_tickets.contains(id);
        let since_cut = self.secure.tickets_die.filter(|_| given.iter().all(known));
        let die = since_cut.unwrap_or(now.since_boot + TICKET_LIFE);
        self.secure.tickets_die = (!given.is_empty()).then_some(die);
        if !given.is_empty() {
            self.secure.told_tickets = given;
        }
        self.tell_tickets();
    }

    /// A code is understood before anything is sent, and shown so.
    fn code_typed(&mut self, typed: Option<&Private>) -> Result<(Proof, Arc<AtomicBool>), Refusal> {
        let Some(typed) = typed else {
            let sentence = "A code is needed: the three words your friend was shown.";
            return Err(Refusal::new(ErrorCode::CodeNeeded, sentence));
        };
        let code = Code::parse(&typed.0).map_err(|error| {
            let sentence = format!("{error} No try was lost.");
            Refusal::new(ErrorCode::BadCode, sentence)
        })?;
        let Some(proved) = self.secure.codes.try_out(&code) else {
            let sentence = "This code was used just now, and works only once. Ask for a new code.";
            return Err(Refusal::new(ErrorCode::BadCode, sentence));
        };
        let read = PasscodeRead {
            passcode: Private::from(&*code.words()),
            numbers: Private::from(&*code.numbers()),
        };
        self.outbox.event(TransportEvent::PasscodeRead(read));
        Ok((Proof::Code(code), proved))
    }

    /// Another code, or as many more strangers to compare words with.
    pub(crate) fn new_code(&mut self) -> Result<TransportEvent, Refusal> {
        if self.secure.chat.is_some() {
            let sentence = "A chat is going on. A new code would let nobody in.";
            return Err(Refusal::new(ErrorCode::Busy, sentence));
        }
        let now = Now::read();
        let renewed = match &mut self.secure.listen {
            Some(listen) if self.listener.is_some() => listen.renew(now),
            _ => return Err(unavailable("Nobody listens for a code here.")),
        };
        if renewed {
            Ok(TransportEvent::Listening(self.listening(now)))
        } else {
            Err(unavailable(
                "Only a chat that was cut can go on here. Listen again for a new code.",
            ))
        }
    }

    /// The words the user heard.
    pub(crate) fn verify(&mut self, typed: &Verify) -> Result<TransportEvent, Refusal> {
        let Some(chat) = self.unverified() else {
            return Err(unavailable("There are no words to compare."));
        };
        match chat.session.verify(&typed.words.0) {
            Ok(()) => Ok(TransportEvent::Ok),
            Err(error) => Err(wrong_words(error)),
        }
    }

    /// The words do not match: the peer goes, and nobody else is let in.
    pub(crate) fn reject(&mut self) -> Result<TransportEvent, Refusal> {
        if self.unverified().is_none() {
            return Err(unavailable("There are no words to compare."));
        }
        self.end_chat(CloseReason::WordsRejected, DisconnectReason::Rejected);
        Ok(TransportEvent::Ok)
    }

    /// This computer slept: finds out at once whether the line still works.
    pub(crate) fn check_line(&mut self) {
        if let Some(chat) = &mut self.secure.chat {
            chat.session.probe();
        }
    }

    /// Queues a payload; it is answered when it was sent.
    pub(crate) fn secure_send(&mut self, id: Option<u64>, send: Send) -> Result<(), Refusal> {
        let Some(chat) = &mut self.secure.chat else {
            let sentence = "Nobody is connected. Connect, or wait for somebody, then send.";
            return Err(Refusal::new(ErrorCode::NotConnected, sentence));
        };
        if chat.verification.is_none() {
            let sentence = "The peer is not verified yet. Compare the words first.";
            return Err(Refusal::new(ErrorCode::NotVerified, sentence));
        }
        let length = send.payload.0.get().len();
        if length > MAX_PAYLOAD {
            let sentence = format!(
                "This has {length} bytes, and {MAX_PAYLOAD} is the most. Send it in parts."
            );
            return Err(Refusal::new(ErrorCode::TooLarge, sentence));
        }
        self.sends.accept(id, length)?;
        chat.session.send(send.payload);
        Ok(())
    }

    /// Ends whatever there is, tickets included.
    pub(crate) fn secure_disconnect(&mut self) {
        if self.secure.calling.take().is_some() {
            debug(format_args!("the attempt to connect was cancelled"));
        }
        self.end_chat(CloseReason::Left, DisconnectReason::Ended);
        self.secure.listen = None;
        self.forget_tickets();
    }
}

fn read(told: &[ToldTicket], role: TicketRole) -> Result<Vec<Ticket>, Refusal> {
    let tickets: Vec<_> = told.iter().map(tickets::read).collect::<Result<_, _>>()?;
    if tickets.iter().any(|ticket| ticket.role() != role) {
        return Err(tickets::no_ticket(match role {
            TicketRole::Listener => "it was issued to the one who connects, and this one listens",
            TicketRole::Connector => "it was issued to the one who listens, and this one connects",
        }));
    }
    Ok(tickets)
}

/// Not in this state.
fn unavailable(sentence: &str) -> Refusal {
    Refusal::new(ErrorCode::Unavailable, sentence)
}

/// What became of the words the user heard.
fn wrong_words(error: WordsError) -> Refusal {
    match error {
        WordsError::NotWords(error) => {
            Refusal::new(ErrorCode::BadCode, format!("{error} No try was lost."))
        }
        WordsError::Wrong { tries_left: 0 } => {
            let sentence =
                "Wrong for the third time: somebody may be between you. The chat was ended.";
            Refusal::new(ErrorCode::WrongCode, sentence)
        }
        WordsError::Wrong { tries_left } => {
            let tries = if tries_left == 1 { "try" } else { "tries" };
            let sentence = format!(
                "These are not the words of the other side. {tries_left} {tries} left. \
                 If your friend says the same words again, somebody is between you: /reject."
            );
            Refusal::new(ErrorCode::WrongCode, sentence)
        }
        _ => unavailable("There are no words to compare."),
    }
}
