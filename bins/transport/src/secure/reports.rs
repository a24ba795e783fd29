//! What the tasks tell of their handshakes and sessions.

use p2p_chat_protocol::transport::{DisconnectReason, Received, Tickets, TransportEvent};
use p2p_chat_protocol::ui::Direction;
use p2p_chat_protocol::{ErrorCode, Refusal};
use p2p_chat_secure_channel::{CloseReason, Event, Ticket, Verification, WordsError};

use super::wires::{Joined, News, Order, Progress, Told};
use super::{Chat, TICKET_LIFE, tickets};
use crate::clock::Now;
use crate::connection::ConnectionId;
use crate::transport::Transport;

impl Transport {
    /// A task has news. Those of one that was let go are late, and dropped.
    pub(crate) fn secure_news(&mut self, id: ConnectionId, news: News) {
        let is_chat = self.secure.chat.as_ref().is_some_and(|chat| chat.id == id);
        let is_call = self
            .secure
            .calling
            .as_ref()
            .is_some_and(|call| call.id == id);
        match news {
            News::Hello(hello) => self.greeted(id, hello),
            News::Proof(proof) => self.proved(id, &proof),
            News::Gone if is_chat => self.ended(DisconnectReason::Cut),
            News::Gone => self.caller_gone(id),
            News::Joined(joined) if is_call => self.joined(*joined),
            News::Failed(refusal) if is_call => {
                self.secure.calling = None;
                self.outbox.event(TransportEvent::ConnectFailed(refusal));
            }
            News::Progress(progress) if is_chat => self.progress(progress),
            News::Ended(reason) if is_chat => self.ended(reason),
            News::Joined(_) | News::Failed(_) | News::Progress(_) | News::Ended(_) => {}
        }
    }

    /// Our call was answered by the right one.
    fn joined(&mut self, joined: Joined) {
        let Some(calling) = self.secure.calling.take() else {
            return;
        };
        let Joined {
            ends,
            verification,
            ticket,
            show,
        } = joined;
        self.secure.ticket = ticket;
        let chat = Chat {
            id: calling.id,
            hold: calling.hold,
            ends,
            direction: Direction::Outgoing,
            verification,
            resumed: calling.resumes,
            when_told: vec![Order::Release],
        };
        self.begin(chat, show);
    }

    fn progress(&mut self, progress: Progress) {
        let has_tickets = progress.has_tickets;
        for _ in 0..progress.sent {
            let id = self.sends.done();
            self.outbox.reply(id, Ok(TransportEvent::Ok));
        }
        for told in progress.told {
            match told {
                Told::Received(payload) => {
                    let received = TransportEvent::Received(Received { payload });
                    self.outbox.event(received);
                }
                Told::Verify(outcome) => {
                    if let Some(id) = self.secure.verifying.pop_front() {
                        self.outbox.reply(id, answer(outcome));
                    }
                }
                Told::Event(event) => self.follow(event),
            }
        }
        if has_tickets && let Some(chat) = &mut self.secure.chat {
            chat.when_told.push(Order::Release);
        }
    }

    /// The session went on in a way that changes tickets.
    fn follow(&mut self, event: Event) {
        let Some(chat) = &mut self.secure.chat else {
            return;
        };
        if chat.direction == Direction::Incoming
            && let Some(listen) = &mut self.secure.listen
        {
            listen.gate.follow(&event);
        }
        let (now_verified, keys_changed, ticket) = match event {
            Event::Verified(ticket) => {
                chat.verification = Some(Verification::Words);
                (true, false, Some(ticket))
            }
            Event::KeysChanged { ticket, .. } => (false, true, Some(ticket)),
            _ => (false, false, None),
        };
        if chat.direction == Direction::Outgoing && ticket.is_some() {
            self.secure.ticket = ticket;
        }
        self.tell_tickets();
        if now_verified {
            self.tell_peer();
        }
        if keys_changed {
            self.outbox.event(TransportEvent::KeysChanged);
        }
    }

    /// The chat is over. Only a cut leaves tickets, for a time; and a listener that strangers
    /// may try takes the next one, but for words that did not match.
    fn ended(&mut self, reason: DisconnectReason) {
        let Some(chat) = self.secure.chat.take() else {
            return;
        };
        self.chat_is_over(reason);
        if reason == DisconnectReason::Rejected {
            self.end_listening();
        } else if chat.verification.is_none()
            && let Some(listen) = &mut self.secure.listen
        {
            listen.gate.reopen_words();
        }
        if reason == DisconnectReason::Cut {
            self.secure.tickets_die = Some(Now::read().since_boot + TICKET_LIFE);
        } else {
            self.forget_tickets();
        }
    }

    /// We end the chat, if there is one.
    pub(super) fn end_chat(&mut self, close: CloseReason, reason: DisconnectReason) {
        if let Some(chat) = self.secure.chat.take() {
            chat.hold.order(Order::Close(close));
            self.chat_is_over(reason);
        }
        if reason == DisconnectReason::Rejected {
            self.end_listening();
        }
        self.forget_tickets();
    }

    /// Whoever waits for an answer gets none any more, and everybody is told.
    pub(super) fn chat_is_over(&mut self, reason: DisconnectReason) {
        while let Some(id) = self.secure.verifying.pop_front() {
            let sentence = "The peer is gone; the words were not compared.";
            let refusal = Refusal::new(ErrorCode::NotConnected, sentence);
            self.outbox.reply(id, Err(refusal));
        }
        self.peer_is_gone(reason);
    }

    pub(super) fn end_listening(&mut self) {
        self.listener = None;
        self.secure.listen = None;
    }

    /// The chat, while its peer is not verified.
    pub(super) fn unverified(&self) -> Option<&Chat> {
        let chat = self.secure.chat.as_ref();
        chat.filter(|chat| chat.verification.is_none())
    }

    /// No chat can be resumed any more.
    pub(super) fn forget_tickets(&mut self) {
        self.secure.tickets_die = None;
        self.secure.ticket = None;
        if let Some(listen) = &mut self.secure.listen {
            listen.gate.set_tickets([]);
        }
        self.tell_tickets();
    }

    /// Tells all tickets there are, if the supervisor does not know them.
    pub(super) fn tell_tickets(&mut self) {
        let listen = self.secure.listen.as_ref();
        let ours = listen.into_iter().flat_map(|listen| listen.gate.tickets());
        let all: Vec<&Ticket> = ours.chain(&self.secure.ticket).collect();
        let mut ids: Vec<_> = all.iter().map(|ticket| *ticket.id()).collect();
        ids.sort_unstable();
        if ids != self.secure.told_tickets {
            let tickets = all.into_iter().map(tickets::tell).collect();
            self.outbox
                .event(TransportEvent::Tickets(Tickets { tickets }));
            self.secure.told_tickets = ids;
        }
    }
}

fn answer(outcome: Result<(), WordsError>) -> Result<TransportEvent, Refusal> {
    match outcome {
        Ok(()) => Ok(TransportEvent::Ok),
        Err(WordsError::NotWords(error)) => {
            let sentence = format!("{error} No try was lost.");
            Err(Refusal::new(ErrorCode::BadCode, sentence))
        }
        Err(WordsError::Wrong { tries_left: 0 }) => {
            let sentence =
                "Wrong for the third time: somebody may be between you. The chat was ended.";
            Err(Refusal::new(ErrorCode::WrongCode, sentence))
        }
        Err(WordsError::Wrong { tries_left }) => {
            let tries = if tries_left == 1 { "try" } else { "tries" };
            let sentence = format!(
                "These are not the words of the other side. {tries_left} {tries} left. \
                 If your friend says the same words again, somebody is between you: /reject."
            );
            Err(Refusal::new(ErrorCode::WrongCode, sentence))
        }
        Err(_) => {
            let sentence = "There are no words to compare.";
            Err(Refusal::new(ErrorCode::Unavailable, sentence))
        }
    }
}
