//! What comes of handshakes, and of the session.

use p2p_chat_protocol::transport::{DisconnectReason, Received, Tickets, TransportEvent};
use p2p_chat_protocol::ui::Direction;
use p2p_chat_secure_channel::{CloseReason, Event, Ticket, Verification};

use super::session::{Progress, Session, Told};
use super::wires::{Joined, News};
use super::{Chat, TICKET_LIFE, tickets};
use crate::clock::Now;
use crate::connection::ConnectionId;
use crate::transport::Transport;

impl Transport {
    /// A handshake has news. Those of one that was let go are late, and dropped.
    pub(crate) fn secure_news(&mut self, id: ConnectionId, news: News) {
        let calling = self.secure.calling.as_ref();
        let is_call = calling.is_some_and(|call| call.id == id);
        match news {
            News::Hello(hello) => self.greeted(id, hello),
            News::Proof(proof) => self.proved(id, *proof),
            News::Gone => self.caller_gone(id),
            News::Joined(joined) if is_call => self.joined(*joined),
            News::Failed(refusal) if is_call => {
                self.secure.calling = None;
                self.outbox.event(TransportEvent::ConnectFailed(refusal));
            }
            News::Joined(_) | News::Failed(_) => {}
        }
    }

    /// Our call was answered by the right one.
    fn joined(&mut self, joined: Joined) {
        let Some(calling) = self.secure.calling.take() else {
            return;
        };
        let Joined {
            stream,
            ends,
            channel,
            rest,
        } = joined;
        self.secure.ticket = channel.ticket().cloned();
        self.begin(Chat {
            ends,
            direction: Direction::Outgoing,
            verification: channel.verification(),
            resumed: calling.resumes,
            session: Session::joined(stream, channel, rest),
        });
    }

    /// The session does what it can. What came of that is told if the supervisor `hears`: until
    /// it does, nothing more is read, and this is how a slow one slows the peer.
    pub(crate) fn secure_go_on(&mut self, now_ms: u64, hears: bool) {
        let Some(chat) = &mut self.secure.chat else {
            return;
        };
        let over = chat.session.go_on(now_ms);
        if over.is_none() && !(hears && chat.session.has_news(now_ms)) {
            return;
        }
        let progress = chat.session.news();
        let left = chat.session.leaves();
        self.progress(progress);
        if let Some(reason) = left.or(over) {
            self.ended(reason);
        }
    }

    fn progress(&mut self, progress: Progress) {
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
                Told::Event(event) => self.follow(event),
            }
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
        self.tasks.spawn(chat.session.part());
        self.peer_is_gone(reason);
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

    /// All ends at once, and without a goodbye: nobody asked for one, so the supervisor was killed
    /// or cannot hear, and its chat may go on. A goodbye that has begun is finished.
    pub(crate) fn secure_finish(&mut self) {
        self.secure.listen = None;
        self.secure.calling = None;
        if let Some(mut chat) = self.secure.chat.take()
            && chat.session.leaves().is_some()
        {
            self.tasks.spawn(chat.session.part());
        }
    }

    /// We end the chat, if there is one.
    pub(super) fn end_chat(&mut self, close: CloseReason, reason: DisconnectReason) {
        if let Some(chat) = self.secure.chat.take() {
            self.tasks.spawn(chat.session.close(close));
            self.peer_is_gone(reason);
        }
        if reason == DisconnectReason::Rejected {
            self.end_listening();
        }
        self.forget_tickets();
    }

    pub(super) fn end_listening(&mut self) {
        self.listener = None;
        self.secure.listen = None;
    }

    /// The chat, while its peer is not verified.
    pub(super) fn unverified(&mut self) -> Option<&mut Chat> {
        let chat = self.secure.chat.as_mut();
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
