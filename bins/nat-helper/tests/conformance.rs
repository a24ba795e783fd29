//! The rules of the pipe, which need no router.

mod support;

use std::process::{Command, Stdio};

use p2p_chat_plugin::conformance::{self, Started};
use p2p_chat_protocol::Role;
use support::nat_lab::{lines, next};
use support::{NAT_HELPER, Plugin, SOON, exit};

#[test]
fn it_speaks_first_and_ends_with_its_stdin() {
    let plugin = Plugin::start(Command::new(NAT_HELPER));
    let (status, _) = plugin.end();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_environment_makes_it_a_plugin_too() {
    let mut child = Command::new(NAT_HELPER)
        .env("P2P_CHAT_PLUGIN", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("nat-helper starts");
    let said = lines(child.stdout.take().expect("piped"));
    let hello = next(&said, SOON).expect("a hello");
    assert!(hello.contains("\"role\":\"nat-helper\""), "{hello}");
    assert_eq!(next(&said, SOON), None);
    assert_eq!(exit(&mut child).code(), Some(0));
}

#[test]
fn questions_it_does_not_know_are_answered() {
    let mut plugin = Plugin::start(Command::new(NAT_HELPER));
    plugin.ask(r#"{"type":"dance","id":7}"#);
    plugin.ask(r#"{"type":"dance"}"#);
    plugin.ask(r#"{"type":"map_port","id":8,"port":"80a","lease_s":60}"#);
    plugin.ask(r#"{"type":"map_port","id":9,"port":0,"lease_s":60}"#);
    plugin.ask(r#"{"type":"map_port","id":10,"port":8080,"external_port":0,"lease_s":60}"#);
    plugin.ask(r#"{"type":"map_port","id":11,"port":8080,"lease_s":0}"#);
    let answers: Vec<_> = (0..5)
        .map(|_| {
            let event = plugin.event();
            let p2p_chat_protocol::nat::NatEvent::Error(refusal) = event.message else {
                panic!("{event:?}");
            };
            (event.reply_to, refusal.code)
        })
        .collect();
    use p2p_chat_protocol::ErrorCode::{InvalidMessage, UnknownType};
    let expected = [
        (Some(7), UnknownType),
        (Some(8), InvalidMessage),
        (Some(9), InvalidMessage),
        (Some(10), InvalidMessage),
        (Some(11), InvalidMessage),
    ];
    assert_eq!(answers, expected);
    assert_eq!(plugin.end().0.code(), Some(0));
}

#[test]
fn garbage_is_never_answered() {
    let mut plugin = Plugin::start(Command::new(NAT_HELPER));
    for garbage in [
        "hello",
        "[\"probe\",7,null]",
        "{}",
        "{\"id\":7}",
        "",
        "\u{fffd}",
    ] {
        plugin.ask(garbage);
    }
    // Answered in order, so an answer to the garbage would come before this one.
    plugin.ask(r#"{"type":"unmap_port","id":3,"port":8080,"colour":"blue"}"#);
    let line = plugin.line().expect("an answer");
    assert_eq!(line, r#"{"type":"ok","reply_to":3}"#);
    assert_eq!(plugin.end().0.code(), Some(0));
}

#[test]
fn a_line_over_the_limit_ends_it() {
    let mut plugin = Plugin::start(Command::new(NAT_HELPER));
    plugin.ask(&"x".repeat(300_000));
    assert_eq!(plugin.line(), None);
    assert_ne!(plugin.end().0.code(), Some(0));
}

#[test]
fn a_wrong_port_is_a_usage_error_that_says_what_a_port_is() {
    for arguments in [
        &["map", "80a"][..],
        &["map", "0"],
        &["map", "8080", "--external-port", "70000"],
    ] {
        let output = Command::new(NAT_HELPER)
            .args(arguments)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let wrong = arguments.last().expect("an argument");
        let sentence = format!("invalid port number {wrong:?}, a port is 1 to 65535");
        assert!(said.contains(&sentence), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn help_says_what_it_is_and_names_the_protocol() {
    let output = Command::new(NAT_HELPER)
        .arg("--help")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("home router"), "{said}");
    assert!(
        said.contains("--stdio") && said.contains("plugin protocol"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn it_passes_the_checks_of_its_role() {
    let seed = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |t| t.as_micros() as u64 % 1_000_000);
    println!("seed {seed}");
    let start = || Started::new(Command::new(NAT_HELPER));
    let checks = conformance::check(Role::NatHelper, seed, start, |outcome| {
        println!("{outcome}")
    });
    let runtime = p2p_chat_plugin::runtime().expect("a runtime");
    assert_eq!(runtime.block_on(checks), 0, "failed checks");
}
