//! The line being typed, in a terminal: literal screens.

mod support;

use serde_json::json;
use support::terminal::InTerminal;

#[test]
fn the_line_being_typed_survives_an_arriving_message() {
    let mut ui = InTerminal::in_chat();
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
    let mut ui = InTerminal::welcomed("listen");
    ui.types("hello\x1b[D\x1b[D");
    ui.shows_somewhere("> hello");
    ui.wire.peer_connects();
    ui.shows_only(
        "[!] INSECURE: anyone on the way can read and change this cha\n\
         t.\n\
         [+] Connected to peer 198.51.100.2:54321, INSECURE (legacy p\n\
         eer)\n\
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
fn a_text_too_long_stays_on_the_line() {
    let mut ui = InTerminal::in_chat();
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
    let mut ui = InTerminal::welcomed("listen");
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
fn texts_that_are_refused_together_are_all_on_the_line() {
    let mut ui = InTerminal::in_chat();
    ui.types("one\rtwo\r");
    let requests = ["one", "two"].map(|text| {
        let request = ui.wire.expect("send_message");
        assert_eq!(request["text"], text);
        request["id"].clone()
    });
    let refusals = requests.map(|id| {
        let refusal = json!({"type": "error", "reply_to": id, "code": "queue_full",
            "message": "Too much waits already."});
        format!("{refusal}\n")
    });
    ui.wire.tell_raw(&refusals.concat());
    ui.shows("[!] Too much waits already.\nINSECURE [2 lines] > one\ntwo");
}

#[test]
fn a_paste_of_many_lines_is_one_message() {
    let mut ui = InTerminal::in_chat();
    ui.types("\x1b[200~one\rtwo\rthree\x1b[201~");
    ui.shows("INSECURE [3 lines] > one\ntwo\nthree");
    ui.wire.peer_says(1, "meanwhile");
    ui.shows("[198.51.100.2] meanwhile\nINSECURE [3 lines] > one\ntwo\nthree");
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
        let mut ui = InTerminal::in_chat();
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
    let mut ui = InTerminal::in_chat();
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
fn the_arrow_keys_bring_texts_back() {
    let mut ui = InTerminal::in_chat();
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
    let mut ui = InTerminal::in_chat();
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
fn messages_keep_their_order_while_keys_are_pressed() {
    let mut ui = InTerminal::in_chat();
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
