//! Two people chat through real processes: through pipes and in terminals.

mod support;

use support::Chat;

#[test]
fn what_one_types_the_other_reads() {
    let mut listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    listener.expect("[!] INSECURE");
    connector.expect("[*] Connecting to 127.0.0.1:");
    connector.expect("[!] INSECURE");
    connector.expect("[*] Chat started. Type /quit to exit");
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    listener.line("gr\u{fc}\u{df} dich \u{1f525}");
    connector.expect("[me 127.0.0.1] hello");
    connector.expect("[peer 127.0.0.1] gr\u{fc}\u{df} dich \u{1f525}");
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    listener.expect("[*] Peer 127.0.0.1:");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_script_sends_its_lines_and_leaves() {
    let mut listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("hello").line("/quit").end_input();
    assert_eq!(connector.exit_code(), Some(0));
    let shown = connector.stdout.all();
    assert!(shown.contains("[me 127.0.0.1] hello"), "{shown}");
    assert!(!shown.contains('\x1b'), "{shown:?}");
    listener.expect("[peer 127.0.0.1] hello");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn the_end_of_input_comes_after_everything_that_was_typed() {
    let mut listener = Chat::listen().piped();
    let port = listener.port();
    listener.line("one").line("two").line("three").end_input();
    let connector = Chat::connect(port).piped();
    for text in ["one", "two", "three"] {
        connector.expect(&format!("[peer 127.0.0.1] {text}"));
    }
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_script_that_waits_can_ask_and_leave() {
    let mut listener = Chat::listen().piped();
    listener.port();
    listener.line("/status");
    listener.expect("Peer:       nobody yet");
    listener.line("/quit");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_listener_without_input_is_a_reader() {
    let mut listener = Chat::listen().piped();
    let port = listener.port();
    listener.end_input();
    let mut connector = Chat::connect(port).piped();
    connector.line("first").line("last").line("/quit");
    listener.expect("[peer 127.0.0.1] last");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn forty_quick_texts_arrive_in_order() {
    let listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    for n in 1..=40 {
        connector.line(&format!("text {n};"));
    }
    connector.end_input();
    for n in 1..=40 {
        listener.expect(&format!("text {n};"));
    }
    assert_eq!(connector.exit_code(), Some(0));
}

#[test]
fn the_longest_text_arrives_and_a_longer_one_is_refused() {
    let listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    connector
        .line(&"\u{a7}".repeat(16_385))
        .line(&format!("{}<end>", "x".repeat(32_763)));
    listener.expect("<end>");
    connector.expect("[!] This text has 32 770 bytes");
    assert!(
        !listener.stdout.so_far().contains('\u{a7}'),
        "part of the long text came through"
    );
}

#[test]
fn a_peer_cannot_write_on_the_terminal() {
    let listener = Chat::listen().piped();
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("\x1b[2J\x1b]0;owned\x07 [*] Peer left");
    listener.expect("[peer 127.0.0.1] \\x1b[2J\\x1b]0;owned\\x07 [*] Peer left");
}

#[test]
fn two_terminals_chat() {
    let mut listener = Chat::listen().on_screen();
    let mut connector = Chat::connect(listener.port()).on_screen();
    for screen in [&listener, &connector] {
        screen.expect("[!] INSECURE: anyone on the way can read and change this chat.");
        screen.expect_prompt("INSECURE >");
    }
    connector.keys("hello\r");
    listener.expect("[peer 127.0.0.1] hello");
    connector.expect("[me 127.0.0.1] hello");
    listener.keys("hi\r");
    connector.expect("[peer 127.0.0.1] hi");
    connector.keys("/quit\r");
    assert_eq!(connector.exit_code(), 0);
    listener.expect("disconnected");
    assert_eq!(listener.exit_code(), 0);
}

#[test]
fn the_line_being_typed_survives_arriving_texts() {
    let mut listener = Chat::listen().on_screen();
    let mut connector = Chat::connect(listener.port()).piped();
    listener.expect_prompt("INSECURE >");
    listener.keys("half a line");
    listener.expect_prompt("INSECURE > half a line");
    connector.line("interrupting");
    listener.expect("[peer 127.0.0.1] interrupting");
    listener.expect_prompt("INSECURE > half a line");
    listener.keys(", and the rest\r");
    connector.expect("[peer 127.0.0.1] half a line, and the rest");
}

#[test]
fn the_menu_leads_to_a_chat_and_back() {
    let mut listener = Chat::new(&["--bind", "127.0.0.1", "--insecure-legacy"]).on_screen();
    for row in [
        "Smart P2P CLI Chat",
        "No server. No tracking. No history.",
        "[1] Listen for connection",
        "[2] Connect to peer",
        "[3] Exit",
    ] {
        listener.expect(row);
    }
    listener.expect_prompt("Select option:");
    listener.keys("1\r").expect_prompt("Port (default 8080):");
    listener.keys("0\r");
    let port = listener.port();
    let mut connector = Chat::new(&["--insecure-legacy"]).on_screen();
    connector.expect_prompt("Select option:");
    connector
        .keys("2\r")
        .expect_prompt("Enter peer IP, hostname or invite:");
    connector
        .keys("127.0.0.1\r")
        .expect_prompt("Enter port (default 8080):");
    connector
        .keys(&format!("{port}\r"))
        .expect("[*] Chat started.");
    connector.expect_prompt("INSECURE >");
    connector.keys("from the menu\r");
    listener.expect("[peer 127.0.0.1] from the menu");
    listener.keys("/quit\r");
    assert_eq!(listener.exit_code(), 0);
    connector
        .expect("disconnected")
        .expect_prompt("Select option:");
    connector.keys("3\r").expect("Goodbye!");
    assert_eq!(connector.exit_code(), 0);
}

#[test]
fn a_second_caller_is_turned_away_and_disturbs_nothing() {
    let listener = Chat::listen().piped();
    let port = listener.port();
    let mut connector = Chat::connect(port).piped();
    connector.line("before");
    listener.expect("[peer 127.0.0.1] before");
    let mut second = Chat::connect(port).piped();
    assert_eq!(second.exit_code(), Some(69));
    connector.line("after");
    listener.expect("[peer 127.0.0.1] after");
}

#[test]
fn a_caller_who_says_nothing_or_rubbish_keeps_nobody_out() {
    use std::io::Write;
    let listener = Chat::listen().piped();
    let port = listener.port();
    let silent = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let mut rubbish = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    rubbish.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("taken");
    let mut connector = Chat::connect(port).piped();
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    drop(silent);
}

#[test]
fn somebody_who_came_and_left_without_a_word_does_not_end_the_waiting() {
    let mut listener = Chat::new(&["--bind", "127.0.0.1", "--insecure-legacy"]).on_screen();
    listener.expect_prompt("Select option:");
    listener.keys("1\r").expect_prompt("Port (default 8080):");
    listener.keys("0\r");
    let port = listener.port();
    let mut silent = Chat::connect(port).piped();
    listener.expect("[*] Chat started.");
    silent.line("/quit");
    assert_eq!(silent.exit_code(), Some(0));
    listener.expect("disconnected").expect_prompt(">");
    let mut connector = Chat::connect(port).piped();
    connector.line("here I am");
    listener.expect("[peer 127.0.0.1] here I am");
}

#[test]
fn details_are_shown_to_those_who_ask_for_them() {
    let listener = Chat::listen().arg("--verbose").piped();
    let mut connector = Chat::connect(listener.port()).arg("--verbose").piped();
    listener.expect("[*] Sent key length: 44 bytes");
    connector.expect("[*] Received key length: 44 bytes");
    connector.expect("[+] Received encryption key from peer");
    connector.line("hello");
    listener.expect("[*] Received 100 bytes of encrypted data");
}
