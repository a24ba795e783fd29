//! Wiping, leaving and being left, in a terminal: literal screens.

mod support;

use serde_json::json;
use support::terminal::InTerminal;

#[test]
fn ctrl_c_clears_a_line_and_leaves_an_empty_one() {
    let mut ui = InTerminal::in_chat();
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
    let mut ui = InTerminal::in_chat();
    ui.types("x\x04");
    ui.shows("INSECURE > x");
    ui.types("\x7f\x04");
    ui.wire.grants_quit();
}

#[test]
fn clear_wipes_screen_scrollback_and_history() {
    let mut ui = InTerminal::in_chat();
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
fn the_end_of_stdin_puts_the_terminal_right_in_the_middle_of_a_line() {
    let mut ui = InTerminal::in_chat();
    ui.types("half a sent");
    ui.shows("INSECURE > half a sent");
    ui.wire.peer_says(1, "bye");
    ui.shows("[198.51.100.2] bye\nINSECURE > half a sent");
    ui.wire.peer_leaves();
    ui.wire.hang_up();
    ui.ends(
        "[198.51.100.2] bye\n\
         [!] Not sent: \"half a sent\"\n\
         [*] Peer 198.51.100.2:54321 disconnected\n",
    );
}

#[test]
fn nothing_printed_at_the_end_is_lost() {
    let mut ui = InTerminal::in_chat();
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
fn a_signal_from_outside_leaves_the_typed_line_alone() {
    let mut ui = InTerminal::in_chat();
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
    ui.wire.listens(&json!({}));
    // Nothing stands before the first line.
    ui.shows_only("[*] Listening on 0.0.0.0:8080\n[*] Waiting for connection...\n>");
    ui.wire.peer_connects();
    ui.shows("[*] Chat started. Type /quit to exit\nINSECURE > ");
    ui.types("hello\n");
    ui.wire.takes_text("hello", 1);
    ui.wire.text_is(1, "sent");
    ui.shows("INSECURE > hello\nINSECURE > ");
    ui.wire.peer_says(2, "hi");
    ui.shows("INSECURE > hello\nINSECURE >\n[198.51.100.2] hi\nINSECURE > ");
    ui.types("/quit\n");
    ui.wire.grants_quit();
    ui.wire.hang_up();
    ui.ends("INSECURE > /quit\n");
}
