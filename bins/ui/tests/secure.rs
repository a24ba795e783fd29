//! A chat that is verified: delivery marks, a line that is cut and mended, words.

mod support;

use serde_json::json;
use support::pipes::Piped;
use support::terminal::InTerminal;

fn in_chat() -> InTerminal {
    let mut ui = InTerminal::welcomed_in("listen", 100);
    ui.shows("> ");
    ui.wire.peer_comes("code", false);
    ui.shows("[*] Chat started. Type /quit to exit\n> ");
    ui
}

fn cut(ui: &mut InTerminal, redialing: bool) {
    ui.wire.tell(
        &json!({"type": "peer_disconnected", "address": "198.51.100.2:54321",
        "reason": "cut", "redialing": redialing}),
    );
}

#[test]
fn a_text_gets_its_mark_when_it_arrived() {
    let mut ui = in_chat();
    ui.types("hello\r");
    ui.wire.takes_text("hello", 1);
    ui.wire.text_is(1, "sent");
    ui.wire.text_is(1, "delivered");
    ui.shows("[*] Chat started. Type /quit to exit\n[192.168.1.100] hello ✓\n> ");
}

#[test]
fn a_text_that_waits_is_shown_and_counted_and_told_of_when_it_arrived() {
    let mut ui = in_chat();
    for (n, text) in [(1, "one"), (2, "two")] {
        ui.types(&format!("{text}\r"));
        ui.wire.takes_text(text, n);
        ui.wire.text_is(n, "sent");
        ui.shows_somewhere(&format!("[192.168.1.100] {text} …"));
    }
    ui.shows("[192.168.1.100] one …\n[192.168.1.100] two …\n2 waiting > ");
    ui.wire.text_is(1, "delivered");
    ui.shows("[*] 1 delivered\n1 waiting > ");
    ui.types("hal");
    ui.shows("1 waiting > hal");
    ui.wire.text_is(2, "delivered");
    ui.shows("[*] 1 delivered\n[*] 1 delivered\n> hal");
}

#[test]
fn a_cut_line_is_mended_and_what_waited_is_told_in_one_line() {
    let mut ui = in_chat();
    cut(&mut ui, true);
    let hope = "[!] Connection cut. Waiting for your friend to come back, 10 minutes.";
    ui.shows(&format!("{hope}\n> "));
    ui.types("are you there\r");
    ui.wire.takes_text("are you there", 1);
    ui.shows("[192.168.1.100] are you there …\n1 waiting > ");
    ui.wire.peer_comes("code", true);
    ui.wire.text_is(1, "delivered");
    ui.shows("[192.168.1.100] are you there …\n[+] Connected again. 1 delivered.\n> ");
    cut(&mut ui, true);
    ui.types("see you\r");
    ui.wire.takes_text("see you", 2);
    ui.shows("1 waiting > ");
    ui.wire.text_is(2, "failed");
    cut(&mut ui, false);
    ui.wire.hang_up();
    ui.ends(
        "[192.168.1.100] see you …\n\
         [!] The chat ended: the line was cut for 10 minutes. Not delivered: 1. \"see you\". A new chat needs a\n\
         \x20new code.\n",
    );
}

#[test]
fn a_network_part_that_died_is_told_instead_of_the_cut() {
    let mut ui = in_chat();
    ui.wire
        .tell(&json!({"type": "plugin_changed", "role": "transport", "status": "restarting"}));
    cut(&mut ui, true);
    ui.wire.notice("then");
    ui.shows(
        "[*] Chat started. Type /quit to exit\n\
         [!] The part that reaches the network stopped and was started again. Connecting again...\n\
         [*] then\n> ",
    );
}

#[test]
fn words_are_compared_before_a_text_goes() {
    let mut ui = InTerminal::welcomed_in("listen", 100);
    ui.shows("> ");
    ui.wire.peer_comes("unverified", false);
    ui.wire
        .tell(&json!({"type": "verification_needed", "show": "carrot lemon koala", "ask": 3}));
    let question = "Your words: carrot lemon koala. Type the three words you hear: ";
    ui.shows(&format!(
        "[+] Connected to peer 198.51.100.2:54321 (not verified yet)\n{question}"
    ));
    ui.types("yeast visa zoom\r");
    let request = ui.wire.expect("verify");
    assert_eq!(request["words"], "yeast visa zoom");
    ui.wire
        .refuses(&request, "wrong_code", "These are not the words.");
    ui.shows(&format!("[!] These are not the words.\n{question}"));
    ui.types("yeast visa zoo\r");
    let request = ui.wire.expect("verify");
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": request["id"]}));
    ui.shows("[*] The words match. Your friend has yet to type yours.\n> ");
    ui.types("hello\r");
    ui.shows("[!] The words are not compared yet. Your text stays on the line.\n> hello");
    ui.types("\x15/verify\r");
    ui.shows(question);
    ui.wire.peer_comes("words", false);
    ui.shows(
        "[+] Connected to peer 198.51.100.2:54321 (verified by words)\n\
         [*] Chat started. Type /quit to exit\n> ",
    );
}

#[test]
fn words_that_do_not_match_are_rejected() {
    let mut ui = InTerminal::welcomed("listen");
    ui.shows("> ");
    ui.types("/reject\r");
    ui.shows_somewhere("[!] There is nobody whose words could be rejected.");
    ui.wire.peer_comes("unverified", false);
    ui.wire
        .tell(&json!({"type": "verification_needed", "show": "a b c", "ask": 3}));
    ui.shows("Your words: a b c. Type the three words you hear: ");
    ui.types("/reject\r");
    ui.wire.expect("reject");
}

#[test]
fn a_script_leaves_when_all_it_said_was_delivered() {
    let mut ui = Piped::start();
    ui.types("hello\n");
    ui.ends_input();
    ui.wire.welcome("connect", &json!({}));
    ui.wire.peer_comes("unverified", false);
    ui.wire.expect_nothing();
    ui.wire.peer_comes("code", false);
    ui.wire.takes_text("hello", 1);
    ui.wire.text_is(1, "sent");
    ui.wire.expect_nothing();
    ui.wire.text_is(1, "delivered");
    ui.wire.grants_quit();
    assert!(ui.finish().0.ends_with("[192.168.1.100] hello ✓\n"));
}

#[test]
fn a_plain_terminal_is_silent_about_what_arrives() {
    let mut ui = InTerminal::start_as("dumb", 60);
    ui.wire.welcome("listen", &json!({"terminal": true}));
    ui.wire.peer_comes("code", false);
    ui.shows("[*] Chat started. Type /quit to exit\n> ");
    ui.types("hello\n");
    ui.wire.takes_text("hello", 1);
    ui.wire.text_is(1, "delivered");
    ui.shows("> hello\n> ");
    ui.wire.peer_says(2, "hi");
    ui.shows("> hello\n>\n[198.51.100.2] hi\n> ");
}
