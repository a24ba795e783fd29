//! Processes are killed and stopped in the middle of a chat. What was said before stays, and what
//! is said after arrives.

mod support;

use std::time::Duration;

use rustix::process::Signal;
use support::{Chat, Piped, Screen, all_gone, children_of, signal, wait_until};

/// The running plugin of this name.
fn pid_of(name: &str, supervisor: u32) -> u32 {
    let mut found = None;
    wait_until(&format!("{name} runs"), || {
        found = children_of(supervisor).into_iter().find(|(_, n)| n == name);
        found.is_some()
    });
    found.expect("it runs").0
}

/// Kills a plugin and waits until it is gone.
fn kill(name: &str, supervisor: u32) {
    let pid = pid_of(name, supervisor);
    signal(pid, Signal::KILL);
    all_gone(&[(pid, name.to_owned())]);
}

/// A listener on a screen and a connector in pipes that have said something to each other.
fn chatting(listener: Chat) -> (Screen, Piped) {
    let mut listener = listener.on_screen();
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("before");
    listener.expect("[peer 127.0.0.1] before");
    listener.keys("also before\r");
    connector.expect("[peer 127.0.0.1] also before");
    (listener, connector)
}

#[test]
fn a_killed_transport_ends_an_insecure_chat_on_both_sides() {
    let (mut listener, mut connector) = chatting(Chat::listen());
    kill("transport", listener.pid());
    listener.expect("[!] The line to 127.0.0.1:");
    assert_eq!(listener.exit_code(), 1);
    let said = listener.text();
    assert!(said.contains("[peer 127.0.0.1] before"), "{said}");
    connector.exit_code();
    let said = connector.stdout.all();
    assert!(
        said.contains("disconnected") || said.contains("was cut"),
        "{said}"
    );
}

#[test]
fn a_killed_transport_is_back_before_the_next_chat() {
    let mut listener = Chat::new(&["--bind", "127.0.0.1", "--insecure-legacy"]).on_screen();
    listener.expect_prompt("Select option:");
    listener.keys("1\r").expect_prompt("Port (default 8080):");
    listener.keys("0\r");
    let port = listener.port();
    kill("transport", listener.pid());
    listener.expect("[!] The part that reaches the network stopped");
    wait_until("it listens again", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let mut connector = Chat::connect(port).piped();
    connector.line("after");
    listener.expect("[peer 127.0.0.1] after");
}

#[test]
fn five_crashes_of_a_ui_end_the_program_with_the_terminal_in_order() {
    let mut listener = Chat::listen().on_screen();
    let before = listener.modes();
    listener.port();
    for crash in 1..=5 {
        listener.expect_that("a ui that waits", |screen| {
            screen.matches("[*] Waiting for connection...").count() >= crash
        });
        kill("ui", listener.pid());
    }
    listener.expect("p2p-chat: the ui does not work: it was killed by a signal");
    assert_eq!(listener.exit_code(), 70);
    assert_eq!(listener.modes(), before);
}

#[test]
fn five_crashes_of_transport_end_the_program_and_leave_nobody() {
    let mut listener = Chat::listen().piped();
    listener.port();
    for _ in 1..=5 {
        kill("transport", listener.pid());
    }
    assert_eq!(listener.exit_code(), Some(70));
    let complaint = listener.stderr.all();
    assert!(
        complaint.contains("the transport does not work: it was killed by a signal"),
        "{complaint}"
    );
}

/// Long enough for a plugin that reads nothing to be found out (10 s).
const STOPPED: Duration = Duration::from_secs(15);

/// Stops a process while the connector goes on sending, then lets it go on, if it still lives.
fn stop_while_texts_flow(stopped: u32, connector: &mut Piped, texts: &[String]) {
    signal(stopped, Signal::STOP);
    let pause = STOPPED / u32::try_from(texts.len()).expect("few texts");
    for text in texts {
        connector.line(text);
        // The time itself is what is tested here.
        std::thread::sleep(pause);
    }
    // It may have been killed for it.
    let pid = i32::try_from(stopped)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .expect("a pid");
    let _ = rustix::process::kill_process(pid, Signal::CONT);
}

/// Texts of nearly 3 KB, sent at up to ten a second: they fill a pipe in three seconds.
fn large_texts() -> Vec<String> {
    (1..=60)
        .map(|n| format!("<{n}>{}<end {n}>", "x".repeat(2900)))
        .collect()
}

#[test]
fn a_stopped_ui_is_replaced_and_nothing_is_missing_on_the_screen() {
    let listener = Chat::listen().piped();
    let port = listener.port();
    let mut connector = Chat::connect(port).piped();
    connector.line("before");
    listener.expect("[peer 127.0.0.1] before");
    let texts = large_texts();
    let ui = pid_of("ui", listener.pid());
    stop_while_texts_flow(ui, &mut connector, &texts);
    connector.line("after");
    // The new ui tells everything from the start.
    listener.expect("[peer 127.0.0.1] before");
    for n in 1..=texts.len() {
        listener.expect(&format!("<{n}>"));
    }
    listener.expect("[peer 127.0.0.1] after");
    assert_ne!(pid_of("ui", listener.pid()), ui);
}

#[test]
fn a_stopped_transport_goes_on_and_nothing_is_missing() {
    goes_on_after_a_stop(|listener| pid_of("transport", listener.pid()));
}

#[test]
fn a_stopped_supervisor_goes_on_and_nothing_is_missing() {
    goes_on_after_a_stop(Piped::pid);
}

fn goes_on_after_a_stop(process: impl Fn(&Piped) -> u32) {
    let listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("before");
    listener.expect("[peer 127.0.0.1] before");
    let texts: Vec<_> = (1..=30).map(|n| format!("text {n};")).collect();
    stop_while_texts_flow(process(&listener), &mut connector, &texts);
    connector.line("after");
    for text in &texts {
        listener.expect(text);
    }
    listener.expect("[peer 127.0.0.1] after");
}
