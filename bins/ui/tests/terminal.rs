//! The ui in a terminal: literal screens.

mod support;

use serde_json::json;
use support::terminal::InTerminal;

fn in_terminal(start: &str) -> InTerminal {
    let mut ui = InTerminal::start(60);
    ui.wire.welcome(start, &json!({"terminal": true}));
    ui
}

/// In a chat begun with `listen`.
fn in_chat() -> InTerminal {
    let mut ui = in_terminal("listen");
    ui.shows("> ");
    ui.wire.peer_connects();
    ui.shows("INSECURE > ");
    ui
}

#[test]
fn the_line_being_typed_survives_an_arriving_message() {
    let mut ui = in_chat();
    ui.types("half a sent");
    ui.shows("INSECURE > half a sent");
    ui.wire.peer_says(1, "Hi from outside!");
    ui.shows("[198.51.100.2] Hi from outside!\nINSECURE > half a sent");
    ui.types("ence\r");
    ui.wire.takes_text("half a sentence", 2);
    ui.shows(
        "[*] Chat started. Type /quit to exit\n\
         [198.51.100.2] Hi from outside!\n\
         [192.168.1.100] half a sentence\n\
         INSECURE > ",
    );
}

#[test]
fn the_prompt_changes_when_a_peer_comes_and_the_typed_text_stays() {
    let mut ui = in_terminal("listen");
    ui.types("hello\x1b[D\x1b[D");
    ui.shows_somewhere("> hello");
    ui.wire.peer_connects();
    ui.shows_only(
        "[!] INSECURE: anyone on the way can read and change this cha\n\
         t.\n\
         [+] Connected to peer 198.51.100.2:54321 (INSECURE)\n\
         [*] Chat started. Type /quit to exit\n\
         INSECURE > hello",
    );
    // The cursor stayed where it was as well.
    ui.types("XY");
    ui.shows_somewhere("INSECURE > helXYlo");
    ui.types("\r");
    ui.wire.takes_text("helXYlo", 1);
}

#[test]
fn the_menu_and_its_mistakes_read_as_designed() {
    let mut ui = in_terminal("menu");
    ui.shows(
        "🔥 Smart P2P CLI Chat\n\
         🚫 No server. No tracking. No history.\n\
         ----------------------------------------\n\
         [1] Listen for connection\n\
         [2] Connect to peer\n\
         [3] Exit\n\
         \n\
         Select option: ",
    );
    ui.types("7\r");
    ui.shows("Select option: 7\n[!] Invalid option\nSelect option: ");
    ui.types("1\r80a\r");
    ui.shows(
        "Select option: 1\n\
         Port (default 8080): 80a\n\
         [!] Invalid port number \"80a\". A port is 1 to 65535 (0: any\n\
         free one).\n\
         Port (default 8080): ",
    );
    ui.types("\r");
    let listen = ui.wire.expect("listen");
    assert!(listen.get("port").is_none(), "{listen}");
    ui.wire
        .refuses(&listen, "address_in_use", "Port 8080 is in use.");
    ui.shows(
        "[!] Port 8080 is in use on this computer. Another port (Ente\n\
         r: any free one): ",
    );
    ui.types("8081\r");
    assert_eq!(ui.wire.expect("listen")["port"], 8081);
    ui.shows("r: any free one): 8081\n> ");
}

#[test]
fn an_attempt_that_failed_leads_back_to_the_menu() {
    let mut ui = in_terminal("menu");
    ui.types("2\r203.0.113.7\r\r");
    let connect = ui.wire.expect("connect");
    assert_eq!(connect["invite"], "203.0.113.7:8080");
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": connect["id"]}));
    ui.wire.notice("Connecting to 203.0.113.7:8080...");
    ui.shows("[*] Connecting to 203.0.113.7:8080...\n> ");
    ui.wire.tell(
        &json!({"type": "connect_failed", "code": "connection_refused",
        "message": "Connection refused: 203.0.113.7:8080 answered."}),
    );
    ui.shows(
        "Enter port (default 8080):\n\
         [*] Connecting to 203.0.113.7:8080...\n\
         [!] Connection refused: 203.0.113.7:8080 answered.\n\
         [1] Listen for connection\n\
         [2] Connect to peer\n\
         [3] Exit\n\
         \n\
         Select option: ",
    );
    ui.types("3\r");
    ui.wire.grants_quit();
    ui.wire.hang_up();
    ui.ends("Select option: 3\nGoodbye!\n");
}

#[test]
fn a_peer_that_leaves_leads_back_to_the_menu_and_no_text_answers_it() {
    let mut ui = in_terminal("menu");
    ui.types("1\r\r");
    ui.wire.expect("listen");
    ui.wire.peer_connects();
    ui.shows("INSECURE > ");
    ui.types("half a sent");
    ui.shows("INSECURE > half a sent");
    ui.wire.peer_leaves();
    ui.shows(
        "[!] Not sent: \"half a sent\"\n\
         [*] Peer 198.51.100.2:54321 disconnected\n\
         [1] Listen for connection\n\
         [2] Connect to peer\n\
         [3] Exit\n\
         \n\
         Select option: ",
    );
    ui.types("2\r");
    ui.shows("Select option: 2\nEnter peer IP, hostname or invite: ");
}

#[test]
fn what_is_missing_to_connect_is_asked() {
    let mut ui = in_terminal("connect");
    ui.wire
        .tell(&json!({"type": "input_needed", "what": "invite"}));
    ui.shows("Enter peer IP, hostname or invite: ");
    ui.types("\r");
    ui.shows("[!] IP address required\nEnter peer IP, hostname or invite: ");
    ui.types("me.example.net\r");
    ui.shows("Enter port (default 8080): ");
    ui.types("81\r");
    assert_eq!(ui.wire.expect("connect")["invite"], "me.example.net:81");
}

#[test]
fn ctrl_c_clears_a_line_and_leaves_an_empty_one() {
    let mut ui = in_chat();
    ui.types("never mind");
    ui.shows("INSECURE > never mind");
    ui.types("\x03");
    ui.shows("INSECURE > ");
    ui.wire.expect_nothing();
    ui.types("\x03");
    ui.wire.grants_quit();
    ui.wire.notice("Connection closed. No trace left.");
    ui.wire.hang_up();
    ui.ends("[*] Chat started. Type /quit to exit\n[*] Connection closed. No trace left.\n");
}

#[test]
fn ctrl_d_leaves_an_empty_line_only() {
    let mut ui = in_chat();
    ui.types("x\x04");
    ui.shows("INSECURE > x");
    ui.types("\x7f\x04");
    ui.wire.grants_quit();
}

#[test]
fn a_text_too_long_stays_on_the_line() {
    let mut ui = in_chat();
    let long = "x".repeat(33_000);
    ui.types(&format!("\x1b[200~{long}\x1b[201~"));
    ui.shows_somewhere("xxxxx [!] 33 000 bytes; a message holds 32 768");
    ui.types("\r");
    // The sentence stands above a line of many screens.
    ui.wire.expect_nothing();
    ui.shows_somewhere("xxxxx [!] 33 000 bytes; a message holds 32 768");
    ui.types(&"\x7f".repeat(300));
    ui.shows_somewhere("xxxxx");
    ui.types("\r");
    ui.wire.takes_text(&"x".repeat(32_700), 1);
}

#[test]
fn a_text_nobody_could_get_stays_on_the_line() {
    let mut ui = in_terminal("listen");
    ui.types("hello\r");
    let sentence = "[!] Nobody is connected yet. Your text stays on the line.";
    ui.shows(&format!("{sentence}\n> hello"));
    ui.wire.peer_connects();
    ui.shows("INSECURE > hello");
    ui.types("\r");
    let request = ui.wire.expect("send_message");
    ui.wire
        .refuses(&request, "queue_full", "Too much waits already.");
    ui.shows("[!] Too much waits already.\nINSECURE > hello");
}

#[test]
fn a_paste_of_many_lines_is_one_message() {
    let mut ui = in_chat();
    ui.types("\x1b[200~one\rtwo\rthree\x1b[201~");
    ui.shows("INSECURE > one\ntwo\nthree");
    ui.wire.peer_says(1, "meanwhile");
    ui.shows("[198.51.100.2] meanwhile\nINSECURE > one\ntwo\nthree");
    ui.types("\r");
    ui.wire.takes_text("one\ntwo\nthree", 2);
    ui.shows(
        "[198.51.100.2] meanwhile\n[192.168.1.100] one\n[192.168.1.100] two\n\
         [192.168.1.100] three\nINSECURE > ",
    );
}

#[test]
fn a_typed_text_of_several_rows_is_erased_whole() {
    for length in [48, 49, 50, 109, 120] {
        let mut ui = in_chat();
        let text = "x".repeat(length);
        ui.types(&text);
        ui.shows_somewhere(&"x".repeat(48));
        ui.types("\r");
        ui.wire.takes_text(&text, 1);
        let rows: Vec<_> = (0..length)
            .step_by(44)
            .map(|at| "x".repeat(44.min(length - at)))
            .collect();
        let indent = " ".repeat(16);
        ui.shows(&format!(
            "[*] Chat started. Type /quit to exit\n[192.168.1.100] {}\nINSECURE > ",
            rows.join(&format!("\n{indent}"))
        ));
    }
}

#[test]
fn wide_characters_are_counted_right() {
    let mut ui = in_chat();
    let text = "漢字".repeat(20);
    ui.types(&text);
    ui.shows_somewhere("漢字漢字");
    ui.types("\r");
    ui.wire.takes_text(&text, 1);
    ui.shows(&format!(
        "[*] Chat started. Type /quit to exit\n[192.168.1.100] {}\n{}{}\nINSECURE > ",
        "漢字".repeat(11),
        " ".repeat(16),
        "漢字".repeat(9)
    ));
}

#[test]
fn clear_wipes_screen_scrollback_and_history() {
    let mut ui = in_chat();
    for n in 1..=20 {
        ui.wire.peer_says(n, &format!("text {n}"));
    }
    ui.types("secret\r");
    ui.wire.takes_text("secret", 21);
    ui.types("/CLEAR\r");
    let clear = ui.wire.expect("clear");
    ui.wire
        .tell(&json!({"type": "cleared", "reply_to": clear["id"]}));
    ui.shows_only("INSECURE > ");
    ui.types("\x1b[A");
    ui.wire.peer_says(22, "after");
    ui.shows_only("[198.51.100.2] after\nINSECURE > ");
    assert_eq!(ui.scrollback(), 0);
}

#[test]
fn the_arrow_keys_bring_texts_back() {
    let mut ui = in_chat();
    ui.types("first\r");
    ui.wire.takes_text("first", 1);
    ui.types("half");
    ui.shows("INSECURE > half");
    ui.types("\x1b[A");
    ui.shows("INSECURE > first");
    ui.wire.peer_says(2, "meanwhile");
    ui.shows("[198.51.100.2] meanwhile\nINSECURE > first");
    ui.types("\x1b[B");
    ui.shows("INSECURE > half");
}

#[test]
fn commands_are_answered_above_the_prompt_and_stay_to_be_seen() {
    let mut ui = in_chat();
    ui.types("/etc/passwd\r");
    ui.shows(
        "INSECURE > /etc/passwd\n\
         [!] No command \"/etc/passwd\". /help lists the commands. To s\n\
         end it as text, type //etc/passwd\n\
         INSECURE > ",
    );
    ui.types("//etc/passwd\r");
    ui.wire.takes_text("/etc/passwd", 1);
    ui.types(" /Status \r");
    ui.shows_somewhere("Encryption: NONE TO RELY ON (INSECURE, old p2p-chat)");
    ui.types("/help\r");
    ui.shows_somewhere("[*] /status   who is connected, and how");
}

#[test]
fn the_end_of_stdin_puts_the_terminal_right_in_the_middle_of_a_line() {
    let mut ui = in_chat();
    ui.types("half a sent");
    ui.shows("INSECURE > half a sent");
    ui.wire.peer_says(1, "bye");
    ui.wire.peer_leaves();
    ui.wire.hang_up();
    ui.ends(
        "[198.51.100.2] bye\n\
         [*] Peer 198.51.100.2:54321 disconnected\n\
         [!] Not sent: \"half a sent\"\n",
    );
}

#[test]
fn nothing_printed_at_the_end_is_lost() {
    let mut ui = in_chat();
    let last: String = (1..=2000)
        .map(|n| {
            let event = json!({"type": "notice", "level": "info", "text": format!("line {n}")});
            format!("{event}\n")
        })
        .collect();
    ui.wire.tell_raw(&last);
    ui.wire.hang_up();
    ui.ends("[*] line 1998\n[*] line 1999\n[*] line 2000\n");
}

#[test]
fn messages_keep_their_order_while_keys_are_pressed() {
    let mut ui = in_chat();
    for n in 1..=200 {
        ui.wire.peer_says(n, &format!("text {n}"));
        ui.types("x");
    }
    let texts: Vec<_> = (194..=200)
        .map(|n| format!("[198.51.100.2] text {n}"))
        .collect();
    let typed = "x".repeat(200);
    let rows = [
        &typed[..49],
        &typed[49..109],
        &typed[109..169],
        &typed[169..],
    ];
    ui.shows(&format!(
        "{}\nINSECURE > {}",
        texts.join("\n"),
        rows.join("\n")
    ));
}

#[test]
fn what_is_typed_ahead_answers_the_next_question() {
    let mut ui = in_terminal("menu");
    ui.types("1\r4711\r");
    assert_eq!(ui.wire.expect("listen")["port"], 4711);
}

#[test]
fn a_signal_from_outside_leaves_the_typed_line_alone() {
    let mut ui = in_chat();
    ui.types("half");
    ui.shows("INSECURE > half");
    ui.signal("INT");
    ui.wire.peer_says(1, "still here");
    ui.shows("[198.51.100.2] still here\nINSECURE > half");
    ui.signal("TERM");
    ui.wire.grants_quit();
    ui.wire.hang_up();
    ui.ends("[!] Not sent: \"half\"\n");
}

#[test]
fn a_plain_terminal_gets_no_escape_sequence_and_no_repetition() {
    let mut ui = InTerminal::start_as("dumb", 60);
    ui.wire.welcome("listen", &json!({"terminal": true}));
    ui.shows("> ");
    ui.wire.peer_connects();
    ui.shows("[*] Chat started. Type /quit to exit\nINSECURE > ");
    ui.types("hello\n");
    ui.wire.takes_text("hello", 1);
    ui.shows("INSECURE > hello\nINSECURE > ");
    ui.wire.peer_says(2, "hi");
    ui.shows("INSECURE > hello\nINSECURE >\n[198.51.100.2] hi\nINSECURE > ");
    ui.types("/quit\n");
    ui.wire.grants_quit();
    ui.wire.hang_up();
    ui.ends("INSECURE > /quit\n");
}
