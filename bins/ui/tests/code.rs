//! Codes and invites: what a listener shows, what a connector is asked, and what is left of it.

mod support;

use serde_json::{Value, json};
use support::pipes::Piped;
use support::terminal::InTerminal;

const INVITE: &str = "p2pc:203.0.113.7:8080,192.168.1.100:8080#carrot-lemon-koala";

fn code() -> Value {
    json!({"own_addresses": ["192.168.1.100:8080"], "invite": INVITE,
        "passcode": "carrot-lemon-koala", "numbers": "181 683 665",
        "expires_ms": 9_000_000_000_000_u64, "guesses_left": 5})
}

fn asking() -> Value {
    let mut asking = code();
    asking["invite"] = json!("p2pc:192.168.1.100:8080#carrot-lemon-koala");
    asking["asking_router"] = json!(true);
    asking
}

/// The listener without its code.
fn used(guesses_left: u32) -> Value {
    json!({"own_addresses": ["192.168.1.100:8080"], "guesses_left": guesses_left,
        "invite": "p2pc:203.0.113.7:8080,192.168.1.100:8080"})
}

fn mapped() -> Value {
    json!({"type": "reachability_changed", "external_address": "203.0.113.7:8080",
        "method": "upnp", "lease_s": 3600})
}

const BLOCK: &str = "\
[*] and say this code by phone: carrot lemon koala      (or the numbers 181 683 665)
[*] Or send this line by a messenger you trust. It holds the code; whoever uses it first gets in:
p2pc:203.0.113.7:8080,192.168.1.100:8080#carrot-lemon-koala
[*] Your friend chooses [2]. The code works once, for 1 hour. /newcode makes another.
[*] Waiting for connection...
";

#[test]
fn one_invite_is_printed_once_when_the_router_has_answered() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.listens(&asking());
    ui.wire.listens(&code());
    ui.wire.tell(&mapped());
    let mut counted = code();
    counted["guesses_left"] = json!(4);
    counted["turned_away"] = json!(2);
    ui.wire.listens(&counted);
    ui.wire.peer_comes("code", false);
    let expected = format!(
        "[*] Listening on 0.0.0.0:8080\n\
         [*] Asking your router to open the port...\n\
         [*] UPnP: Port 8080 forwarded successfully\n\
         [*] Your public IP: 203.0.113.7\n\
         [*] Share your public IP (203.0.113.7) and port 8080 with peer to connect\n\
         {BLOCK}\
         [+] Connected to peer 198.51.100.2:54321 (verified by code)\n\
         [*] Chat started. Type /quit to exit\n"
    );
    assert_eq!(ui.finish().0, expected);
}

#[test]
fn the_code_goes_from_the_screen_when_it_was_used() {
    for columns in [60, 100] {
        let mut ui = InTerminal::welcomed_in("listen", columns);
        ui.wire.listens(&asking());
        ui.wire.listens(&code());
        ui.wire.tell(&mapped());
        ui.shows_somewhere("carrot lemon koala");
        ui.shows_somewhere(INVITE);
        ui.types("hel");
        ui.shows_somewhere("> hel");
        // What comes meanwhile stands above it, and a command leaves no copy.
        ui.wire.notice("meanwhile");
        ui.shows_somewhere("meanwhile");
        ui.types("\x15/help\r");
        ui.shows_somewhere("//text    sends /text");
        ui.types("hello");
        ui.shows_somewhere("> hello");
        ui.wire.listens(&used(5));
        ui.wire.peer_comes("code", false);
        ui.shows("[*] Chat started. Type /quit to exit\n> hello");
        assert!(ui.never_shows("carrot") && ui.never_shows("koala"));
    }
}

#[test]
fn a_new_code_takes_the_place_of_the_old_one() {
    let mut ui = InTerminal::welcomed_in("listen", 100);
    ui.wire.listens(&code());
    ui.shows_somewhere("carrot lemon koala");
    ui.types("/newcode\r");
    let request = ui.wire.expect("new_code");
    let mut fresh = code();
    fresh["reply_to"] = request["id"].clone();
    fresh["passcode"] = json!("yeast-visa-zoo");
    fresh["invite"] = json!("p2pc:203.0.113.7:8080#yeast-visa-zoo");
    ui.wire.listens(&fresh);
    ui.shows_somewhere("[*] This is a new code. The old one no longer works.");
    ui.shows_somewhere("by phone: yeast visa zoo");
    assert!(ui.never_shows("carrot"));
    ui.types("/copy\r");
    ui.shows_somewhere("[*] Your terminal was asked to copy the invite.");
}

#[test]
fn wrong_codes_are_counted_and_five_end_the_code() {
    let mut ui = InTerminal::welcomed_in("menu", 100);
    ui.types("1\r\r");
    let request = ui.wire.expect("listen");
    let mut up = code();
    up["reply_to"] = request["id"].clone();
    ui.wire.listens(&up);
    let mut failed = json!({"type": "authentication_failed", "address": "198.51.100.2:54321",
        "guesses_left": 1});
    ui.wire.tell(&failed);
    ui.shows_somewhere(
        "[!] Wrong code from 198.51.100.2: 1 try left. If this was not your friend, type /newcode.",
    );
    failed["guesses_left"] = json!(0);
    ui.wire.tell(&failed);
    ui.wire.listens(&used(0));
    ui.shows(
        "[!] Five wrong codes. This code is dead and nobody can connect. Enter: make a new code. /menu: back\n> ",
    );
    assert!(ui.never_shows("carrot"));
    ui.types("\r");
    let request = ui.wire.expect("new_code");
    let busy = "Not now.";
    ui.wire.refuses(&request, "busy", busy);
    ui.wire.tell(&failed);
    ui.wire.notice("and again");
    ui.shows("[*] and again\n> ");
    ui.types("/menu\r");
    ui.wire.expect("disconnect");
    ui.shows("[3] Exit\n\nSelect option: ");
}

#[test]
fn everything_is_asked_before_the_call_and_a_typing_mistake_costs_nothing() {
    let mut ui = InTerminal::welcomed_in("menu", 100);
    ui.types("2\r203.0.113.7\r\r");
    let request = ui.wire.expect("connect");
    assert!(request.get("passcode").is_none(), "{request}");
    ui.wire
        .refuses(&request, "code_needed", "A code is needed.");
    ui.shows("Code (three words or numbers): ");
    ui.types("karrot lemon koala\r");
    let request = ui.wire.expect("connect");
    assert_eq!(request["invite"], "203.0.113.7:8080");
    assert_eq!(request["passcode"], "karrot lemon koala");
    let hint = "\"karrot\" is not a code word. Did you mean carrot? No try was lost.";
    ui.wire.refuses(&request, "bad_code", hint);
    ui.shows(&format!("[!] {hint}\nCode (three words or numbers): "));
    ui.types("car lem koa\r");
    let request = ui.wire.expect("connect");
    assert_eq!(request["passcode"], "car lem koa");
    ui.wire.tell(
        &json!({"type": "passcode_read", "passcode": "carrot-lemon-koala", "numbers": "1 2 3"}),
    );
    ui.wire.notice("Connecting to 203.0.113.7:8080...");
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": request["id"]}));
    ui.shows("[*] carrot lemon koala\n[*] Connecting to 203.0.113.7:8080...\n> ");
    ui.wire.peer_comes("code", false);
    ui.shows(
        "[*] Connecting to 203.0.113.7:8080...\n\
         [+] Connected to peer 198.51.100.2:54321 (verified by code)\n\
         [*] Chat started. Type /quit to exit\n> ",
    );
    for secret in ["carrot lemon", "car lem", "karrot lemon"] {
        assert!(ui.never_shows(secret), "{secret}");
    }
}

#[test]
fn a_pasted_invite_leaves_its_addresses_and_a_failed_call_can_be_tried_again() {
    let mut ui = InTerminal::welcomed_in("menu", 100);
    ui.shows("Select option: ");
    ui.types(&format!("2\r{INVITE}\r"));
    let request = ui.wire.expect("connect");
    assert_eq!(request["invite"], INVITE);
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": request["id"]}));
    let mut failed = json!({"type": "connect_failed", "code": "connection_refused",
        "message": "Connection refused."});
    ui.wire.tell(&failed);
    let keys = "[*] Enter: try again with the same code. /menu: back";
    ui.shows(&format!("[!] Connection refused.\n{keys}\n> "));
    ui.shows_somewhere("invite: p2pc:203.0.113.7:8080,192.168.1.100:8080\n");
    assert!(ui.never_shows("carrot"));
    ui.types("\r");
    let request = ui.wire.expect("connect");
    assert_eq!(request["invite"], INVITE);
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": request["id"]}));
    // A code that was seen is not used again.
    failed["code"] = json!("wrong_code");
    ui.wire.tell(&failed);
    ui.shows("[3] Exit\n\nSelect option: ");
}

#[test]
fn the_first_line_of_a_script_is_the_code() {
    let mut ui = Piped::start();
    ui.types("car lem koa\nhello\n");
    ui.wire.welcome("connect", &json!({}));
    ui.wire
        .tell(&json!({"type": "input_needed", "what": "passcode", "address": "203.0.113.7:8080"}));
    let request = ui.wire.expect("connect");
    assert_eq!(request["invite"], "203.0.113.7:8080");
    assert_eq!(request["passcode"], "car lem koa");
    ui.wire
        .tell(&json!({"type": "ok", "reply_to": request["id"]}));
    ui.wire.peer_comes("code", false);
    ui.wire.takes_text("hello", 1);
}

#[test]
fn a_script_whose_code_is_none_or_missing_leaves() {
    let mut ui = Piped::start();
    ui.types("karrot\nhello\n");
    ui.wire.welcome("connect", &json!({}));
    ui.wire
        .tell(&json!({"type": "input_needed", "what": "passcode", "address": "203.0.113.7:8080"}));
    let request = ui.wire.expect("connect");
    ui.wire.refuses(&request, "bad_code", "That is no code.");
    ui.wire.grants_quit();
    let shown = "[!] That is no code.\n[!] Not sent: 1. \"hello\"\n";
    assert_eq!(ui.finish().0, shown);
    let mut ui = Piped::start_without_input();
    ui.wire.welcome("connect", &json!({}));
    ui.wire
        .tell(&json!({"type": "input_needed", "what": "passcode"}));
    ui.wire.grants_quit();
}
