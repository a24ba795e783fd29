//! The ui between pipes: scripts, logs, `printf 'hello\n/quit\n' | p2p-chat connect …`.

mod support;

use std::io::{BufRead, BufReader};

use serde_json::json;
use support::DEADLINE;
use support::pipes::{Piped, within_deadline};

const CHAT_BEGAN: &str = "\
[!] INSECURE: anyone on the way can read and change this chat.
[+] Connected to peer 198.51.100.2:54321, INSECURE (legacy peer)
[*] Chat started. Type /quit to exit
";

#[test]
fn lines_wait_for_the_peer_and_are_delivered_before_it_leaves() {
    let mut ui = Piped::start();
    ui.types("hello\n/quit\n");
    ui.wire.welcome("connect", &json!({}));
    ui.wire.expect_nothing();
    ui.wire.peer_connects();
    ui.wire.takes_text("hello", 1);
    ui.wire.expect_nothing();
    ui.wire.text_is(1, "sent");
    ui.wire.grants_quit();
    ui.wire.notice("Connection closed. No trace left.");
    let (shown, status) = ui.finish();
    let expected =
        format!("{CHAT_BEGAN}[192.168.1.100] hello\n[*] Connection closed. No trace left.\n");
    assert_eq!(shown, expected);
    assert!(status.success());
}

#[test]
fn two_pipes_are_served_without_threads_and_left_as_they_were() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    ui.types("hello\n");
    ui.wire.takes_text("hello", 1);
    ui.wire.expect_nothing();
    assert_eq!(ui.threads(), "1");
    let changed = [3, 4].map(|descriptor| ui.is_non_blocking(descriptor));
    assert_eq!(changed, [false; 2], "a shell shares these");
    // The instrument sees it where it is so: the ui's own stdin is nobody else's.
    assert!(ui.is_non_blocking(0));
}

#[test]
fn the_end_of_the_input_is_a_quit_once_everything_is_on_its_way() {
    let mut ui = Piped::start();
    ui.types("one\ntwo");
    ui.ends_input();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.expect_nothing();
    ui.wire.peer_connects();
    ui.wire.takes_text("one", 1);
    ui.wire.takes_text("two", 2);
    ui.wire.text_is(1, "sent");
    ui.wire.expect_nothing();
    ui.wire.text_is(2, "failed");
    ui.wire.grants_quit();
}

#[test]
fn with_nothing_typed_it_only_receives() {
    let mut ui = Piped::start_without_input();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    ui.wire.peer_says(1, "first\nsecond");
    ui.wire.expect_nothing();
    ui.wire.peer_leaves();
    ui.wire.expect_nothing();
    let expected = format!(
        "{CHAT_BEGAN}[198.51.100.2] first\n[198.51.100.2] second\n\
         [*] Peer 198.51.100.2:54321 disconnected\n"
    );
    assert_eq!(ui.finish().0, expected);
}

#[test]
fn the_menu_takes_its_answers_in_order_and_shows_no_prompt() {
    let mut ui = Piped::start();
    ui.types("5\n1\n0\nhello\n");
    ui.wire.welcome("menu", &json!({}));
    let listen = ui.wire.expect("listen");
    assert_eq!(listen["port"], 0);
    ui.wire
        .tell(&json!({"type": "listening", "reply_to": listen["id"],
        "addresses": ["0.0.0.0:4711"], "own_addresses": ["127.0.0.1:4711"],
        "invite": "p2pc:127.0.0.1:4711"}));
    ui.wire.expect_nothing();
    ui.wire.peer_connects();
    ui.wire.takes_text("hello", 1);
    ui.wire.text_is(1, "sent");
    let expected = format!(
        "[!] Invalid option\n[*] Listening on 0.0.0.0:4711\n\
         [*] Waiting for connection...\n{CHAT_BEGAN}[192.168.1.100] hello\n"
    );
    assert_eq!(ui.finish().0, expected);
}

#[test]
fn the_next_line_answers_what_is_needed_to_connect() {
    let mut ui = Piped::start();
    ui.types("203.0.113.7:8080\nhello\n");
    ui.wire.welcome("connect", &json!({}));
    ui.wire.expect_nothing();
    ui.wire
        .tell(&json!({"type": "input_needed", "what": "invite"}));
    let connect = ui.wire.expect("connect");
    assert_eq!(connect["invite"], "203.0.113.7:8080");
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": connect["id"]}));
    ui.wire.expect_nothing();
    ui.wire.peer_connects();
    ui.wire.takes_text("hello", 1);
}

#[test]
fn no_answer_left_for_a_question_is_a_quit() {
    let mut ui = Piped::start_without_input();
    ui.wire.welcome("menu", &json!({}));
    ui.wire.grants_quit();
    assert_eq!(ui.finish().0, "");
}

#[test]
fn no_text_goes_while_32_kib_are_unanswered() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    let text = |n| format!("{n} {}", "x".repeat(10_000));
    let lines: String = (1..=6).map(|n| text(n) + "\n").collect();
    ui.types(&lines);
    let first = ui.wire.expect("send_message");
    assert_eq!(first["text"], text(1));
    for n in 2..=4 {
        assert_eq!(ui.wire.expect("send_message")["text"], text(n));
    }
    ui.wire.expect_nothing();
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": first["id"]}));
    assert_eq!(ui.wire.expect("send_message")["text"], text(5));
    ui.wire.expect_nothing();
}

#[test]
fn a_supervisor_that_does_not_read_is_heard() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    // In JSON each of them takes six bytes, and a pipe does not hold so many.
    let text = "\u{1}".repeat(30_000);
    ui.types(&format!("{text}\n{text}\n"));
    assert_eq!(ui.wire.expect("send_message")["text"], text);
    ui.wire.peer_says(1, "are you still there");
    let output = BufReader::new(ui.output.take().expect("not taken yet"));
    let shown = within_deadline(move || {
        let mut lines = output.lines().map_while(Result::ok);
        lines.any(|line| line.ends_with("are you still there"))
    });
    assert_eq!(shown.recv_timeout(DEADLINE), Ok(true));
    assert_eq!(ui.wire.expect("send_message")["text"], text);
}

#[test]
fn texts_that_found_the_queue_full_are_sent_again_in_order() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    ui.types("one\ntwo\nthree\n");
    let requests: Vec<_> = (0..3).map(|_| ui.wire.expect("send_message")).collect();
    for request in &requests {
        ui.wire.refuses(request, "queue_full", "too much waits");
    }
    ui.wire.expect_nothing();
    // Room for none after all: the first stays the first.
    ui.wire.text_is(98, "sent");
    let again = ui.wire.expect("send_message");
    assert_eq!(again["text"], "one");
    ui.wire.refuses(&again, "queue_full", "too much waits");
    ui.wire.text_is(99, "sent");
    for (n, text) in [(1, "one"), (2, "two"), (3, "three")] {
        ui.wire.takes_text(text, n);
    }
    ui.ends_input();
    ui.wire.expect_nothing();
    for n in 1..=3 {
        ui.wire.text_is(n, "sent");
    }
    ui.wire.grants_quit();
}

#[test]
fn a_hundred_thousand_texts_of_the_peer_arrive_whole_and_in_order() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    let burst: String = (1..=100_000)
        .map(|n| {
            let event = json!({"type": "message_added", "n": n, "from": "peer",
                "ip": "198.51.100.2", "text": format!("text {n}"), "at_ms": 1});
            format!("{event}\n")
        })
        .collect();
    let mut output = ui.output.take().expect("not taken yet");
    let reader = std::thread::spawn(move || {
        let mut shown = String::new();
        std::io::Read::read_to_string(&mut output, &mut shown).expect("UTF-8");
        shown
    });
    ui.wire.tell_raw(&burst);
    assert!(ui.finish().1.success());
    let shown = reader.join().expect("read");
    let texts: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with("[198"))
        .collect();
    assert_eq!(texts.len(), 100_000);
    for (i, text) in texts.iter().enumerate() {
        assert_eq!(*text, format!("[198.51.100.2] text {}", i + 1));
    }
}

#[test]
fn lines_too_long_for_a_message_are_refused_with_their_size() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    let (long, longer) = ("x".repeat(41_213), "y".repeat(100_000));
    ui.types(&format!("{long}\n{longer}\nshort\n"));
    ui.wire.takes_text("short", 1);
    ui.wire.text_is(1, "sent");
    let expected = format!(
        "{CHAT_BEGAN}\
         [!] This text has 41 213 bytes; a message holds 32 768. It was not sent.\n\
         [!] This text has 100 000 bytes; a message holds 32 768. It was not sent.\n\
         [192.168.1.100] short\n"
    );
    assert_eq!(ui.finish().0, expected);
}

#[test]
fn texts_that_will_not_arrive_are_named_whichever_is_told_first() {
    for chat_ends_first in [true, false] {
        let mut ui = Piped::start();
        ui.wire.welcome("listen", &json!({}));
        ui.wire.peer_connects();
        ui.types("are you still there\ncall me tomorrow\n");
        ui.wire.takes_text("are you still there", 1);
        ui.wire.takes_text("call me tomorrow", 2);
        if chat_ends_first {
            ui.wire.peer_leaves();
        }
        ui.wire.text_is(1, "failed");
        ui.wire.text_is(2, "failed");
        if !chat_ends_first {
            ui.wire.peer_leaves();
        }
        let (shown, _) = ui.finish();
        assert!(shown.contains("Not delivered: "), "{shown}");
        let named = shown.matches("are you still there").count();
        assert_eq!(named, 2, "once as a message, once as undelivered: {shown}");
    }
}

#[test]
fn a_signal_from_the_keyboard_is_left_to_the_supervisor() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.expect_nothing();
    ui.signal("INT");
    ui.wire.expect_nothing();
    ui.signal("TERM");
    ui.wire.grants_quit();
    assert!(ui.finish().1.success());
}

#[test]
fn a_restarted_ui_tells_the_story_again_and_asks_nothing_meanwhile() {
    let mut ui = Piped::start();
    ui.types("1\n");
    ui.wire.expect("hello");
    ui.wire
        .tell(&json!({"type": "welcome", "protocol": 1, "supervisor": "t", "start": "menu"}));
    ui.wire.peer_connects();
    ui.wire.peer_says(1, "before");
    ui.wire.expect_nothing();
    ui.wire.tell(&json!({"type": "replay_finished"}));
    ui.wire.takes_text("1", 2);
    ui.wire.text_is(2, "sent");
    let (shown, _) = ui.finish();
    assert!(
        shown.ends_with("[198.51.100.2] before\n[192.168.1.100] 1\n"),
        "{shown}"
    );
}

#[test]
fn texts_that_nobody_answered_are_named_at_the_end() {
    let mut ui = Piped::start();
    ui.wire.welcome("connect", &json!({}));
    ui.wire.peer_comes("code", false);
    ui.types("arrives\nwaits\nnever answered\nneither\n");
    ui.wire.takes_text("arrives", 1);
    ui.wire.text_is(1, "delivered");
    ui.wire.takes_text("waits", 2);
    for _ in 0..2 {
        ui.wire.expect("send_message");
    }
    ui.wire.notice("Connection closed. No trace left.");
    let (shown, status) = ui.finish();
    let end = "[*] Connection closed. No trace left.\n\
               [!] Not sent: 2. \"never answered\" | \"neither\"\n\
               [!] Not delivered: 1. \"waits\"\n";
    assert!(shown.ends_with(end), "{shown}");
    assert!(status.success());
}

#[test]
fn lines_that_were_read_and_found_no_room_are_named_at_the_end() {
    let mut ui = Piped::start();
    ui.wire.welcome("connect", &json!({}));
    ui.wire.peer_comes("code", false);
    // More than may be unanswered at once, and all in one write.
    ui.types(&"x\n".repeat(600));
    for _ in 0..505 {
        ui.wire.expect("send_message");
    }
    ui.wire.expect_nothing();
    let (shown, _) = ui.finish();
    assert!(shown.contains("[!] Not sent: 600. \"x\""), "{shown}");
}
