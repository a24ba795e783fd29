//! Chats that are cut and go on: with new keys, without a code, whoever was killed.

mod support;

use p2p_chat_secure_channel::{Proof, Ticket, TicketRole, Verification};
use serde_json::{Value, json};
use support::{Caller, Chatting, Transport, proof_of, resume, secure_chat};

/// Listens again where a killed transport did.
fn listen_again(port: u16, tickets: &Value) -> Transport {
    let mut transport = Transport::start();
    let auth = resume(tickets);
    let request = json!({"type":"listen","port":port,"bind":"127.0.0.1","auth":auth});
    transport.expect(request, "listening");
    transport
}

/// The newest tickets, after everything else that came with them.
fn resumed(transport: &mut Transport) -> Value {
    let tickets = transport.tickets();
    let connected = transport.event("peer_connected");
    assert_eq!(connected["resumed"], true, "{connected}");
    assert_eq!(connected["verification"], "code");
    tickets
}

#[test]
fn a_killed_connector_comes_back_with_its_ticket() {
    let Chatting {
        mut listener,
        connector,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    connector.kill();
    listener.event_after_state("peer_disconnected");
    let mut connector = Transport::start();
    connector.connect_with(port, resume(&connector_tickets));
    let newer = resumed(&mut connector);
    assert_ne!(newer, connector_tickets);
    let both = resumed(&mut listener);
    assert_eq!(
        both.as_array().map(Vec::len),
        Some(2),
        "the new one, and the one just used"
    );
    // With the connector's first record the one just used is dead.
    let newest = listener.tickets();
    assert_eq!(newest[0]["resume_id_b64"], newer[0]["resume_id_b64"]);
    assert_eq!(newest.as_array().map(Vec::len), Some(1));
    connector.send(json!("still here"));
    assert_eq!(listener.receive(), "still here");
}

#[test]
fn a_killed_listener_comes_back_with_its_tickets() {
    let Chatting {
        listener,
        mut connector,
        port,
        listener_tickets,
        connector_tickets,
    } = secure_chat();
    listener.kill();
    connector.peer_gone("cut");
    let mut listener = listen_again(port, &listener_tickets);
    connector.connect_with(port, resume(&connector_tickets));
    resumed(&mut connector);
    resumed(&mut listener);
    listener.send(json!(["back", 1]));
    assert_eq!(connector.receive(), json!(["back", 1]));
}

#[test]
fn both_killed_in_the_midst_of_a_chat_go_on_again_and_again() {
    let Chatting {
        mut listener,
        mut connector,
        port,
        mut listener_tickets,
        mut connector_tickets,
    } = secure_chat();
    for round in 0..3 {
        connector.send(json!({"kind":"text","n":round}));
        listener.event_after_state("received");
        connector.kill();
        listener.kill();
        listener = listen_again(port, &listener_tickets);
        connector = Transport::start();
        connector.connect_with(port, resume(&connector_tickets));
        connector_tickets = resumed(&mut connector);
        listener_tickets = resumed(&mut listener);
    }
}

#[test]
fn a_ticket_works_once_more_where_the_newest_never_arrived() {
    let Chatting {
        mut listener,
        mut connector,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    let old = ticket_of(&connector_tickets[0]);
    connector.kill();
    listener.event_after_state("peer_disconnected");
    // It is let in, and cut before it says a word.
    let member = Caller::call(port).join(Proof::Ticket(old.clone()));
    drop(member.expect("let in"));
    resumed(&mut listener);
    listener.event_after_state("peer_disconnected");
    let mut again = Caller::call(port)
        .join(Proof::Ticket(old.clone()))
        .expect("let in");
    let newest = again.channel.ticket().expect("verified").clone();
    again.tick();
    listener.event_after_state("peer_connected");
    listener.tickets();
    drop(again);
    listener.event_after_state("peer_disconnected");
    // That word killed it.
    assert!(Caller::call(port).join(Proof::Ticket(old)).is_none());
    assert!(Caller::call(port).join(Proof::Ticket(newest)).is_some());
    connector = Transport::start();
    connector.end();
}

fn ticket_of(told: &Value) -> Ticket {
    use base64::Engine;
    let bytes = |name: &str| {
        let text = told[name].as_str().expect("a text");
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .expect("base64")
    };
    let id = bytes("resume_id_b64").try_into().expect("16 bytes");
    let secret = bytes("resume_secret_b64").try_into().expect("64 bytes");
    Ticket::new(id, &secret, TicketRole::Connector, Verification::Code)
}

#[test]
fn a_resume_replaces_a_session_that_seems_alive() {
    let Chatting {
        mut listener,
        connector: _silent,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    let proof = Proof::Ticket(ticket_of(&connector_tickets[0]));
    let _member = Caller::call(port).join(proof).expect("let in");
    let gone = listener.event_after_state("peer_disconnected");
    assert_eq!(gone["reason"], "cut");
    resumed(&mut listener);
}

#[test]
fn a_failed_attempt_invalidates_nothing_and_costs_no_try() {
    let Chatting {
        mut listener,
        connector,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    connector.kill();
    listener.event_after_state("peer_disconnected");
    let ticket = ticket_of(&connector_tickets[0]);
    let forged = Ticket::new(
        *ticket.id(),
        &[0; 64],
        TicketRole::Connector,
        Verification::Code,
    );
    assert!(Caller::call(port).join(Proof::Ticket(forged)).is_none());
    let mut connector = Transport::start();
    connector.connect_with(port, resume(&connector_tickets));
    resumed(&mut connector);
    listener.event_after_state("peer_connected");
}

#[test]
fn after_the_first_session_nobody_comes_in_with_a_code() {
    let mut listener = Transport::start();
    let (port, code) = listener.listen_with_code();
    let member = Caller::call(port).join(proof_of(&code)).expect("let in");
    listener.event_after_state("peer_connected");
    let mut second = Caller::call(port);
    second.greet(proof_of(&code));
    second.closed();
    drop(member);
    listener.event_after_state("peer_disconnected");
    let mut third = Caller::call(port);
    third.greet(proof_of(&code));
    third.closed();
}

#[test]
fn a_listener_with_a_new_code_takes_a_ticket_beside_it() {
    let Chatting {
        listener,
        mut connector,
        listener_tickets,
        connector_tickets,
        ..
    } = secure_chat();
    listener.kill();
    connector.peer_gone("cut");
    let mut listener = Transport::start();
    let (port, _) = listener.listen_with(json!({"mode":"code","tickets":listener_tickets}));
    connector.connect_with(port, resume(&connector_tickets));
    resumed(&mut connector);
    resumed(&mut listener);
    // The code is dead: the chat it was made for is another one.
    let state = std::iter::from_fn(|| Some(listener.any_event()));
    let mut listening = state.filter(|event| event["type"] == "listening");
    let told = listening.next().expect("it is told");
    assert_eq!(told["passcode"], Value::Null);
}

#[test]
fn one_resume_a_second_is_answered_and_the_others_wait() {
    let Chatting {
        mut listener,
        connector,
        port,
        connector_tickets,
        ..
    } = secure_chat();
    connector.kill();
    listener.event_after_state("peer_disconnected");
    let ticket = ticket_of(&connector_tickets[0]);
    let begun = std::time::Instant::now();
    let mut callers: Vec<_> = (0..2).map(|_| Caller::call(port)).collect();
    let states: Vec<_> = callers
        .iter_mut()
        .map(|caller| caller.greet(Proof::Ticket(ticket.clone())))
        .collect();
    for (caller, state) in callers.iter_mut().zip(states) {
        let hello_l = caller.read(p2p_chat_secure_channel::Message::HelloL);
        state
            .receive(&hello_l.expect("an answer"))
            .ok()
            .expect("a good answer");
    }
    assert!(begun.elapsed() >= std::time::Duration::from_millis(950));
}
