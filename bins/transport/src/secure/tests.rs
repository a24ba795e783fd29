//! Lives that no test can wait for: of codes, of tickets, and of a proof.

use std::time::Duration;

use bytes::BytesMut;
use p2p_chat_plugin::Pipe;
use p2p_chat_secure_channel::{HandshakeError, Proof, Ticket, TicketRole, Verification, connect};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::listening::Listen;
use super::*;
use crate::legacy::Legacy;
use crate::outbox::Outbox;
use crate::random::random;
use crate::transport::Transport;

fn after(now: Now, awake: u64, asleep: u64) -> Now {
    Now {
        awake: now.awake + Duration::from_secs(awake),
        since_boot: now.since_boot + Duration::from_secs(awake + asleep),
    }
}

fn ticket(role: TicketRole) -> Ticket {
    Ticket::new([1; 16], &[2; 64], role, Verification::Code)
}

fn transport() -> (Transport, Pipe) {
    let (near, far) = Pipe::memory();
    let (secure_news, _) = mpsc::channel(1);
    let (legacy_news, _) = mpsc::channel(1);
    let secure = Secure::new(secure_news);
    let transport = Transport::new(Outbox::new(near.writer), secure, Legacy::new(legacy_news));
    (transport, far)
}

#[test]
fn a_code_lives_for_an_hour_of_a_clock_that_goes_on_in_suspend() {
    let start = Now::read();
    for (awake, asleep, lives) in [(3599, 0, true), (3600, 0, false), (60, 3540, false)] {
        let mut listen = Listen::new(Way::Code, Vec::new(), start);
        let told = listen.tell(start);
        assert_eq!((told.expires_s, told.guesses_left), (Some(3600), Some(5)));
        let then = after(start, awake, asleep);
        listen.expire(then);
        let told = listen.tell(then);
        assert_eq!(told.passcode.is_some(), lives);
        assert_eq!(told.guesses_left, Some(5), "it did not die of wrong codes");
        assert_eq!(listen.deadline(start).is_some(), lives);
    }
}

#[test]
fn strangers_are_told_of_once_a_second_and_a_dead_code_at_once() {
    let start = Now::read();
    let mut listen = Listen::new(Way::Code, Vec::new(), start);
    listen.tell(start);
    assert!(
        listen.news(after(start, 9, 0)).is_none(),
        "nothing has changed"
    );
    listen.tell(start);
    listen.turned_away();
    assert!(listen.news(start).is_none());
    assert_eq!(listen.deadline(start), Some(after(start, 1, 0).awake));
    let told = listen.news(after(start, 1, 0)).expect("one second later");
    assert_eq!(told.turned_away, 1);
    listen.gate.retire();
    let told = listen.news(after(start, 1, 0)).expect("at once");
    assert!(told.passcode.is_none());
}

#[test]
fn a_listener_that_was_closed_wants_no_time_for_strangers_it_has_not_told_of() {
    let start = Now::read();
    let mut listen = Listen::new(Way::Words, Vec::new(), start);
    listen.tell(start);
    listen.turned_away();
    assert!(listen.deadline(start).is_some());
    listen.close();
    assert_eq!(listen.deadline(start), None);
}

/// A caller and who is called.
async fn connection() -> (TcpStream, TcpStream) {
    let ear = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = ear.local_addr().expect("bound");
    let caller = TcpStream::connect(address).await.expect("it listens");
    (caller, ear.accept().await.expect("somebody called").0)
}

#[tokio::test]
async fn a_proof_that_lay_here_for_too_long_is_compared_with_nothing() {
    let (mut transport, _supervisor) = transport();
    transport.secure_listen(Way::Code, Vec::new());
    let start = tokio::time::Instant::now();
    for (deadline, guesses_left) in [(start, 5), (start + Duration::from_secs(60), 4)] {
        let (_peer, stream) = connection().await;
        let caller = stream.peer_addr().expect("connected");
        transport.secure_caller(stream, caller);
        let id = ConnectionId(transport.next_id().0 - 1);
        let words = p2p_chat_secure_channel::Code::parse("1 2 3").expect("three words");
        let (hello_c, _) = connect(Proof::Code(words), &mut random()).expect("its role");
        transport.greeted(id, BytesMut::from(&hello_c[2..]));
        let proof = wires::Proof {
            stream: connection().await.1,
            // As long as AUTH_C, and wrong.
            message: BytesMut::zeroed(64),
            at: start,
            deadline,
        };
        transport.proved(id, proof);
        let listen = transport.secure.listen.as_ref().expect("it listens");
        assert_eq!(listen.gate.guesses_left(), Some(guesses_left));
    }
}

#[tokio::test]
async fn tickets_of_a_listener_die_fifteen_minutes_after_the_cut() {
    let (mut transport, _supervisor) = transport();
    let given = vec![ticket(TicketRole::Listener)];
    transport.secure_listen(Way::Resume, given);
    let start = Now::read();
    let alive = |transport: &Transport| {
        let listen = transport.secure.listen.as_ref().expect("it listens");
        listen.gate.tickets().count()
    };
    transport.expire(after(start, 10, 14 * 60 + 40));
    assert_eq!(alive(&transport), 1);
    assert!(transport.outbox.is_empty());
    transport.expire(after(start, 10, 15 * 60));
    assert_eq!(alive(&transport), 0);
    assert!(!transport.outbox.is_empty(), "it is told");
}

#[tokio::test]
async fn a_ticket_of_a_connector_dies_as_well() {
    let (mut transport, _supervisor) = transport();
    transport.secure.ticket = Some(ticket(TicketRole::Connector));
    let start = Now::read();
    transport.secure.tickets_die = Some(start.since_boot + TICKET_LIFE);
    transport.expire(after(start, 0, 15 * 60));
    assert!(transport.secure.ticket.is_none());
    assert_eq!(transport.secure.deadline(start), None);
}

#[tokio::test]
async fn a_ticket_given_again_lives_no_longer_for_that() {
    let (mut transport, _supervisor) = transport();
    let start = Now::read();
    for (id, minutes, dies, what) in [
        ([1; 16], 0, 15, "given"),
        ([1; 16], 10, 15, "a redial"),
        ([2; 16], 10, 25, "another one"),
    ] {
        let role = TicketRole::Connector;
        transport.secure.ticket = Some(Ticket::new(id, &[2; 64], role, Verification::Code));
        transport.has_tickets(vec![id], after(start, 0, minutes * 60));
        let dies = start.since_boot + Duration::from_secs(dies * 60);
        assert_eq!(transport.secure.tickets_die, Some(dies), "{what}");
    }
}

#[test]
fn a_listener_never_looks_up_a_connectors_ticket() {
    let now = Now::read();
    let theirs = ticket(TicketRole::Connector);
    let mut listen = Listen::new(Way::Resume, vec![theirs.clone()], now);
    let (hello_c, _) = connect(Proof::Ticket(theirs), &mut random()).expect("its role");
    let answer = listen.gate.answer(&hello_c[2..], now.ms(), &mut random());
    assert_eq!(answer.err(), Some(HandshakeError::UnknownTicket));
}
