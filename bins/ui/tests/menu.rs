//! The menu in a terminal: literal screens.

mod support;

use serde_json::json;
use support::terminal::InTerminal;

#[test]
fn the_menu_and_its_mistakes_read_as_designed() {
    let mut ui = InTerminal::welcomed("menu");
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
    let mut ui = InTerminal::welcomed("menu");
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
    let mut ui = InTerminal::welcomed("menu");
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
    let mut ui = InTerminal::welcomed("connect");
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
fn what_is_typed_ahead_answers_the_next_question() {
    let mut ui = InTerminal::welcomed("menu");
    ui.types("1\r4711\r");
    assert_eq!(ui.wire.expect("listen")["port"], 4711);
}
