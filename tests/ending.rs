//! However it ends, it ends: in good order, and with nothing left behind.

mod support;

use std::io::Read;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use support::{Chat, Piped, Script, all_gone, children_of, secure_chat, signal, wait_until};

/// Two that chat.
fn chatting() -> (Piped, Piped) {
    let listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    (listener, connector)
}

#[test]
fn a_signal_ends_the_chat_in_good_order() {
    for sent in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (mut listener, mut connector) = chatting();
        let children = children_of(connector.pid());
        signal(connector.pid(), sent);
        assert_eq!(connector.exit_code(), Some(0), "{sent:?}");
        connector.expect("[*] Connection closed. No trace left.");
        all_gone(&children);
        listener.expect("disconnected");
        assert_eq!(listener.exit_code(), Some(0));
    }
}

#[test]
fn a_signal_ends_the_waiting() {
    let mut listener = Chat::listen().piped();
    listener.port();
    signal(listener.pid(), Signal::INT);
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_killed_supervisor_leaves_no_process_and_the_peer_is_told() {
    let (mut listener, mut connector) = secure_chat::chatting();
    let children = children_of(connector.pid());
    let names: Vec<_> = children.iter().map(|(_, name)| name.as_str()).collect();
    assert!(
        names.contains(&"ui") && names.contains(&"transport"),
        "{names:?}"
    );
    wait_until("all it said is delivered", || {
        let said = listener.stdout.so_far();
        said.contains("hi \u{2713}") || said.contains("1 delivered")
    });
    signal(connector.pid(), Signal::KILL);
    connector.exit_code();
    all_gone(&children);
    // It may be started again, for all that the other can know.
    listener.expect("[!] Connection cut. Waiting for your friend to come back, 10 minutes.");
    listener.line("/quit");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn the_peer_of_a_killed_supervisor_is_told_in_an_insecure_chat_too() {
    let (mut listener, mut connector) = chatting();
    signal(connector.pid(), Signal::KILL);
    connector.exit_code();
    let who = listener.expect("[*] Peer 127.0.0.1:");
    assert!(who.ends_with(" disconnected"), "{who}");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_killed_supervisor_leaves_no_process_in_any_state() {
    let full = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = full.local_addr().expect("bound").port();
    let states = [
        ("menu", Chat::new(&[])),
        ("listening", Chat::listen()),
        // It is never given a key, so it stays in the handshake.
        ("handshake", Chat::connect(port)),
    ];
    for (state, chat) in states {
        let mut program = chat.piped();
        wait_until("its children", || children_of(program.pid()).len() >= 2);
        if state == "listening" {
            program.port();
        }
        let children = children_of(program.pid());
        signal(program.pid(), Signal::KILL);
        program.exit_code();
        all_gone(&children);
    }
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let mut listener = Command::new(env!("CARGO_BIN_EXE_p2p-chat"))
        .args([
            "listen",
            "0",
            "--bind",
            "127.0.0.1",
            "--no-nat",
            "--insecure-legacy",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdout = listener.stdout.take().expect("piped");
    let mut said = String::new();
    let port = loop {
        let mut byte = [0];
        stdout
            .read_exact(&mut byte)
            .expect("it says where it listens");
        said.push(byte[0] as char);
        let port = said.split("127.0.0.1:").nth(1);
        if let Some(port) = port.and_then(|rest| rest.strip_suffix('\n')) {
            break port.parse().expect("a port");
        }
    };
    drop(stdout);
    let mut connector = Chat::connect(port).piped();
    connector.line("hello");
    wait_until("its end", || listener.try_wait().expect("ours").is_some());
    assert_eq!(listener.wait().expect("ours").code(), Some(0));
    let mut complaint = String::new();
    listener
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut complaint)
        .expect("text");
    assert_eq!(complaint, "");
}

#[test]
fn ctrl_c_clears_a_line_first_and_leaves_then() {
    let mut listener = Chat::listen().on_screen();
    listener.port();
    listener.expect_prompt(">");
    listener.keys("half a line").expect_prompt("> half a line");
    listener.keys("\x03").expect_prompt(">");
    listener
        .keys("\x03")
        .expect("[*] Connection closed. No trace left.");
    assert_eq!(listener.exit_code(), 0);
}

#[test]
fn ctrl_d_on_an_empty_line_leaves() {
    let mut listener = Chat::listen().on_screen();
    listener.port();
    listener.expect_prompt(">");
    listener.keys("\x04");
    assert_eq!(listener.exit_code(), 0);
}

#[test]
fn the_terminal_is_as_it_was() {
    let mut shell = Chat::listen().on_screen();
    shell.port();
    shell.expect_prompt(">");
    assert!(!shell.is_in_order(), "a line editor changes the modes");
    shell.keys("/quit\r");
    assert_eq!(shell.exit_code(), 0);
    shell.assert_in_order();
}

#[test]
fn a_ui_that_is_ended_by_force_leaves_the_terminal_in_order() {
    let hello = r#"{"type":"hello","protocol":1,"role":"ui","name":"raw"}"#;
    // As an editor on the other screen leaves it: no cursor, and pastes in brackets.
    let raw = r"stty raw -echo </dev/tty
        printf '\033[?1049h\033[?25l\033[?2004hraw now\n' >&4; exec sleep 1000";
    let script = Script::new(&format!("echo '{hello}'; {raw}"));
    let mut program = Chat::listen().arg("--ui").arg(script.path()).on_screen();
    program.expect("raw now");
    assert!(!program.is_in_order());
    signal(program.pid(), Signal::TERM);
    assert_eq!(program.exit_code(), 0);
    program.assert_in_order();
}
