//! Processes are killed and stopped in the middle of a chat. What was said before stays, and what
//! is said after arrives.

#[path = "kills/crashes.rs"]
mod crashes;
#[path = "kills/stops.rs"]
mod stops;
mod support;

use support::secure_chat::{chatting, chatting_on_screen, listener, texts_of_peer};
use support::{Chat, Piped, kill_plugin, wait_until};

/// What is said where a transport was killed, and what the other side says.
const STARTED_AGAIN: &str = "[!] The part that reaches the network stopped and was started again. \
                             Connecting again...";
const CONNECTOR_WAITS: &str =
    "[!] Connection cut. Trying again for 10 minutes. Keep typing: messages wait here.";
const LISTENER_WAITS: &str =
    "[!] Connection cut. Waiting for your friend to come back, 10 minutes.";

#[test]
fn a_killed_transport_is_told_on_both_sides_and_costs_no_text() {
    let (mut listener, mut connector) = chatting();
    kill_plugin(connector.pid(), "transport");
    listener.expect(LISTENER_WAITS);
    listener.line("while the first is gone");
    connected_again(1, &listener, &connector);
    both_say(&mut listener, &mut connector, "after the first");
    kill_plugin(listener.pid(), "transport");
    connector.expect(CONNECTOR_WAITS);
    connector.line("while the second is gone");
    connected_again(2, &listener, &connector);
    both_say(&mut listener, &mut connector, "after the second");
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(listener.exit_code(), Some(0));
    for (side, waits, first, meanwhile) in [
        (
            listener,
            LISTENER_WAITS,
            "hello",
            [None, Some("while the second is gone")],
        ),
        (
            connector,
            CONNECTOR_WAITS,
            "hi",
            [Some("while the first is gone"), None],
        ),
    ] {
        let said = side.stdout.all();
        let times = |sentence| said.matches(sentence).count();
        assert_eq!(times(STARTED_AGAIN), 1, "its own was killed once:\n{said}");
        assert_eq!(times(waits), 1, "the other's was killed once:\n{said}");
        let [first_gap, second_gap] = meanwhile;
        let texts = [
            Some(first),
            first_gap,
            Some("after the first"),
            second_gap,
            Some("after the second"),
        ];
        let texts: Vec<_> = texts.into_iter().flatten().collect();
        assert_eq!(texts_of_peer(&said), texts, "{said}");
    }
}

/// Both are told so, with what has arrived or before it.
fn connected_again(times: usize, listener: &Piped, connector: &Piped) {
    for side in [listener, connector] {
        wait_until("the line is mended", || {
            side.stdout.so_far().matches("[+] Connected again.").count() == times
        });
    }
}

fn both_say(listener: &mut Piped, connector: &mut Piped, text: &str) {
    listener.line(text);
    connector.line(text);
    for side in [listener, connector] {
        side.expect(&format!("[peer 127.0.0.1] {text}"));
    }
}

#[test]
fn a_killed_transport_ends_an_insecure_chat_on_both_sides() {
    let mut listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    both_say(&mut listener, &mut connector, "before");
    kill_plugin(listener.pid(), "transport");
    let own = listener.expect("[!] The line to 127.0.0.1:");
    assert!(own.ends_with(" was cut."), "{own}");
    assert_eq!(listener.exit_code(), Some(1));
    // All that an insecure peer can see is the end of the connection, as after `/quit`.
    let ended = connector.expect("[*] Peer 127.0.0.1:");
    assert!(ended.ends_with(" disconnected"), "{ended}");
    assert_eq!(connector.exit_code(), Some(0));
    for side in [listener, connector] {
        assert_eq!(texts_of_peer(&side.stdout.all()), ["before"]);
    }
}

#[test]
fn a_killed_transport_is_back_before_the_next_chat() {
    let mut listener = Chat::new(&["--bind", "127.0.0.1", "--insecure-legacy"]).on_screen();
    listener.expect_prompt("Select option:");
    listener.keys("1\r").expect_prompt("Port (default 8080):");
    listener.keys("0\r");
    let port = listener.port();
    kill_plugin(listener.pid(), "transport");
    listener.expect("[!] The part that reaches the network stopped");
    wait_until("it listens again", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let mut connector = Chat::connect(port).piped();
    connector.line("after");
    listener.expect("[peer 127.0.0.1] after");
}

#[test]
fn a_killed_ui_comes_back_with_the_conversation_and_the_terminal_in_order() {
    let (mut listener, mut connector) = chatting_on_screen(listener());
    listener.keys("/clear\r");
    listener.expect_that("an empty screen", |screen| !screen.contains("hello"));
    listener.keys("one\r");
    connector.expect("[peer 127.0.0.1] one");
    listener.expect("[me 127.0.0.1] one");
    connector.line("two");
    listener.expect("[peer 127.0.0.1] two");
    kill_plugin(listener.pid(), "ui");
    connector.line("three");
    listener.expect_that("the conversation again", |screen| {
        let once_more = screen.rsplit("[me 127.0.0.1] one").next();
        let texts = once_more.map(texts_of_peer);
        screen.matches("[me 127.0.0.1] one").count() == 2
            && texts.is_some_and(|texts| texts == ["two", "three"])
    });
    let text = listener.text();
    assert!(!text.contains("hello"), "it was cleared:\n{text}");
    listener.expect_prompt(">");
    listener.keys("four\r");
    connector.expect("[peer 127.0.0.1] four");
    listener.keys("/quit\r");
    assert_eq!(listener.exit_code(), 0);
    listener.assert_in_order();
    assert_eq!(connector.exit_code(), Some(0));
    let said = connector.stdout.all();
    assert_eq!(texts_of_peer(&said), ["hi", "one", "four"]);
}
