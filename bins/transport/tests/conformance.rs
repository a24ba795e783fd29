//! The rules of the pipe: what is answered, what is refused, and what is not answered at all.

mod support;

use std::process::Command;

use p2p_chat_plugin::conformance::{self, Started};
use p2p_chat_protocol::Role;
use serde_json::{Value, json};
use support::{Transport, port_of};

fn listen(port: u16, bind: Option<&str>) -> Value {
    let mut request = json!({"type":"listen","port":port,"auth":{"mode":"legacy"}});
    if let Some(bind) = bind {
        request["bind"] = bind.into();
    }
    request
}

#[test]
fn unknown_requests_are_refused_and_garbage_is_never_answered() {
    let mut transport = Transport::start();
    for garbage in [
        "hello",
        "[1,2]",
        "{}",
        "{\"id\":7}",
        "\"send\"",
        "{\"type\":7,\"id\":9}",
    ] {
        transport.write(garbage);
    }
    transport.write("{\"type\":\"dance\"}");
    let sentence = transport.refused(json!({"type":"dance"}), "unknown_type");
    assert!(sentence.contains("dance"), "{sentence}");
    transport.refused(json!({"type":"listen","port":"80a"}), "invalid_message");
    transport.undisturbed();
    transport.end();
}

#[test]
fn requests_of_a_newer_version_are_understood() {
    let mut transport = Transport::start();
    let request = json!({"type":"listen","port":0,"colour":"red",
        "auth":{"mode":"legacy","strength":{"deep":[1,2]}}});
    transport.expect(request, "listening");
}

#[test]
fn a_request_without_id_is_done_without_a_word() {
    let mut transport = Transport::start();
    transport.write(r#"{"type":"disconnect"}"#);
    transport.write(r#"{"type":"send","payload":"x"}"#);
    transport.undisturbed();
}

#[test]
fn what_nobody_asked_for_cannot_be_verified_or_renewed() {
    let mut transport = Transport::start();
    transport.refused(json!({"type":"verify","words":"a b c"}), "unavailable");
    transport.refused(json!({"type":"reject"}), "unavailable");
    transport.refused(json!({"type":"new_code"}), "unavailable");
}

#[test]
fn nobody_to_send_to_and_nothing_to_end_are_told_apart() {
    let mut transport = Transport::start();
    transport.refused(json!({"type":"send","payload":"x"}), "not_connected");
    transport.expect(json!({"type":"stop_listening"}), "ok");
    transport.expect(json!({"type":"disconnect"}), "ok");
}

#[test]
fn a_listener_says_where_it_listens() {
    let mut transport = Transport::start();
    let listening = transport.expect(listen(0, None), "listening");
    let port = port_of(listening["addresses"][0].as_str().expect("an address"));
    let both = json!([format!("0.0.0.0:{port}"), format!("[::]:{port}")]);
    assert_eq!(listening["addresses"], both);
    let own = listening["own_addresses"].as_array().expect("a list");
    assert!(!own.is_empty());
    assert!(
        own.iter()
            .all(|a| a.as_str().is_some_and(|a| port_of(a) == port))
    );
    transport.refused(listen(0, None), "busy");
}

#[test]
fn a_listener_bound_to_one_address_has_only_that() {
    for bind in ["127.0.0.1", "::1"] {
        let mut transport = Transport::start();
        let listening = transport.expect(listen(0, Some(bind)), "listening");
        let address = listening["addresses"][0].as_str().expect("an address");
        assert!(address.contains(bind), "{address}");
        assert_eq!(listening["addresses"].as_array().map(Vec::len), Some(1));
        assert_eq!(listening["addresses"], listening["own_addresses"]);
    }
}

#[test]
fn addresses_that_cannot_be_listened_on_are_refused_by_their_value() {
    let mut transport = Transport::start();
    let port = transport.listen();
    let mut other = Transport::start();
    let sentence = other.refused(listen(port, None), "address_in_use");
    assert_eq!(sentence, format!("Port {port} is in use on this computer."));
    let sentence = other.refused(listen(0, Some("203.0.113.7")), "address_unavailable");
    assert!(sentence.starts_with("203.0.113.7 is no address of this computer."));
    let sentence = other.refused(listen(0, Some("my computer")), "address_unavailable");
    assert!(sentence.starts_with("\"my computer\" is no IP address."));
    assert_ne!(other.listen(), 0, "after all that it is still idle");
}

#[test]
fn it_passes_the_checks_of_its_role() {
    let seed = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |t| t.as_micros() as u64 % 1_000_000);
    println!("seed {seed}");
    let start = || Started::new(Command::new(env!("CARGO_BIN_EXE_transport")));
    let checks = conformance::check(Role::Transport, seed, start, |outcome| {
        println!("{outcome}")
    });
    let runtime = p2p_chat_plugin::runtime().expect("a runtime");
    assert_eq!(runtime.block_on(checks), 0, "failed checks");
}
