//! Callers, as the service sees them: who comes, who proves himself, who is in.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use p2p_chat_protocol::transport::{DisconnectReason, Listening, TransportEvent};
use p2p_chat_protocol::ui::{AuthenticationFailed, Direction, PeerConnected, VerificationNeeded};
use p2p_chat_protocol::{ErrorCode, Refusal};
use p2p_chat_secure_channel::{Admission, Mode};
use tokio::net::TcpStream;

use super::listening::Verdict;
use super::session::Session;
use super::wires::{Hold, Proof};
use super::{Chat, caller, tickets};
use crate::clock::Now;
use crate::connection::{ConnectionId, Ends};
use crate::log::debug;
use crate::transport::Transport;

/// Each side asks for half of the six words.
const WORDS_ASKED: u32 = 3;

impl Transport {
    /// Somebody called.
    pub(crate) fn secure_caller(&mut self, stream: TcpStream, caller: SocketAddr) {
        // A caller that is gone already has no address any more.
        let (Ok(()), Ok(ends)) = (stream.set_nodelay(true), Ends::of(&stream)) else {
            return;
        };
        let id = self.next_id();
        let (hold, wires) = Hold::new(id, self.secure.news.clone());
        let Some(listen) = &mut self.secure.listen else {
            return;
        };
        if listen.called(id, caller.ip(), hold, ends) {
            let lingering = Arc::clone(&self.secure.lingering);
            self.tasks.spawn(caller::answer(stream, wires, lingering));
        }
    }

    /// A caller's first message is whole.
    pub(super) fn greeted(&mut self, id: ConnectionId, hello: BytesMut) {
        let now = Now::read();
        self.expire(now);
        if let Some(listen) = &mut self.secure.listen {
            listen.greeted(id, hello, now);
        }
    }

    /// A caller's proof is here, and he with it.
    pub(super) fn proved(&mut self, id: ConnectionId, proof: Proof) {
        let now = Now::read();
        self.expire(now);
        if proof.deadline.into_std() <= now.awake {
            // It lay here while the supervisor took nothing.
            return self.caller_gone(id);
        }
        let Some(listen) = &mut self.secure.listen else {
            return;
        };
        match listen.proved(id, &proof.message, now) {
            Some(Verdict::In(ends, admission)) => self.let_in(proof.stream, ends, *admission),
            Some(Verdict::Failed(failed)) => {
                self.failed(failed);
                self.close_later(proof);
            }
            Some(Verdict::Out) => self.close_later(proof),
            // Somebody else has his place, or is in.
            None => {}
        }
    }

    fn close_later(&mut self, proof: Proof) {
        let lingering = Arc::clone(&self.secure.lingering);
        self.tasks
            .spawn(caller::linger(proof.stream, proof.at, lingering));
    }

    /// A caller is gone who was not in.
    pub(super) fn caller_gone(&mut self, id: ConnectionId) {
        let listen = self.secure.listen.as_mut();
        if let Some(failed) = listen.and_then(|listen| listen.gone(id)) {
            self.failed(failed);
        }
    }

    fn failed(&mut self, failed: AuthenticationFailed) {
        debug(format_args!("{} proved nothing", failed.address));
        self.outbox
            .event(TransportEvent::AuthenticationFailed(failed));
    }

    /// The newest wins: the session there was ends without a goodbye, which would end its ticket.
    fn let_in(&mut self, stream: TcpStream, ends: Ends, admission: Admission) {
        if self.secure.chat.take().is_some() {
            self.peer_is_gone(DisconnectReason::Cut);
        }
        let Admission {
            channel,
            auth_l,
            mode,
            ..
        } = admission;
        self.begin(Chat {
            ends,
            direction: Direction::Incoming,
            verification: channel.verification(),
            resumed: mode == Mode::Resume,
            session: Session::admitted(stream, channel, &auth_l),
        });
    }

    /// A session begins. Nothing of it goes out before all this is told.
    pub(super) fn begin(&mut self, chat: Chat) {
        let show = chat.session.words_to_say();
        self.secure.chat = Some(chat);
        self.secure.tickets_die = None;
        self.tell_tickets();
        self.tell_peer();
        if let Some(show) = show {
            let ask = WORDS_ASKED;
            let needed = VerificationNeeded { show, ask };
            self.outbox
                .event(TransportEvent::VerificationNeeded(needed));
        }
    }

    /// Who the peer is, and how far known.
    pub(super) fn tell_peer(&mut self) {
        if let Some(chat) = &self.secure.chat {
            let connected = PeerConnected {
                address: chat.ends.address.clone(),
                local_address: chat.ends.local_address.clone(),
                direction: chat.direction,
                verification: tickets::verification(chat.verification),
                resumed: chat.resumed,
            };
            self.outbox.event(TransportEvent::PeerConnected(connected));
        }
    }

    /// All there is to say of the listener.
    pub(super) fn listening(&mut self, now: Now) -> Listening {
        let told = self.secure.listen.as_mut().map(|listen| listen.tell(now));
        self.with_addresses(told.unwrap_or_default())
    }

    /// Time went by.
    pub(crate) fn secure_settle(&mut self, now: Now) {
        self.expire(now);
        if self.secure.moved(now) {
            self.tell_move(now);
        }
        let Some(listen) = &mut self.secure.listen else {
            return;
        };
        listen.take_turns(now);
        if listen.is_used_up() && self.secure.chat.is_none() {
            return self.words_used_up();
        }
        if self.listener.is_some()
            && let Some(told) = listen.news(now)
        {
            let listening = self.with_addresses(told);
            self.outbox.event(TransportEvent::Listening(listening));
        }
    }

    /// This computer is in another network: a line it had may lead nowhere.
    fn tell_move(&mut self, now: Now) {
        if let Some(chat) = &mut self.secure.chat {
            chat.session.probe();
        }
        if self.listener.is_some() {
            let listening = self.listening(now);
            self.outbox.event(TransportEvent::Listening(listening));
        }
        self.outbox.event(TransportEvent::AddressesChanged);
    }

    /// So many strangers came to compare words that the next would be one too many.
    fn words_used_up(&mut self) {
        let sentence = "Ten callers came and went without comparing words. Nobody can connect \
                        any more: listen again.";
        let refusal = Refusal::new(ErrorCode::Unavailable, sentence);
        self.outbox.event(TransportEvent::Error(refusal));
        self.end_listening();
    }

    /// What lives for a time only is dead when that is over. Asked before anybody is answered:
    /// this computer may just have woken up.
    pub(super) fn expire(&mut self, now: Now) {
        if self
            .secure
            .tickets_die
            .is_some_and(|at| at <= now.since_boot)
        {
            self.forget_tickets();
        }
        if let Some(listen) = &mut self.secure.listen {
            listen.expire(now);
        }
    }
}
