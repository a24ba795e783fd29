//! What every plugin has to do, whatever its role.

mod support;

use std::fs::File;
use std::io::pipe;

use p2p_chat_plugin::conformance::{self, Started};
use p2p_chat_protocol::Role;
use serde_json::json;
use support::pipes::{Piped, ui_for_user};

#[test]
fn hello_comes_first_and_unasked() {
    let ui = Piped::start();
    let hello = ui.wire.expect("hello");
    assert_eq!(
        hello,
        json!({"type": "hello", "protocol": 1, "role": "ui", "name": "ui",
            "version": env!("CARGO_PKG_VERSION")})
    );
}

#[test]
fn the_end_of_stdin_ends_it_before_the_welcome() {
    let ui = Piped::start();
    ui.wire.expect("hello");
    assert!(ui.finish().1.success());
}

#[test]
fn the_end_of_stdin_ends_it_in_every_stage() {
    for start in ["menu", "listen", "connect"] {
        let mut ui = Piped::start();
        ui.wire.welcome(start, &json!({}));
        assert!(ui.finish().1.success(), "{start}");
    }
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.wire.peer_connects();
    assert!(ui.finish().1.success(), "with a peer");
}

#[test]
fn unknown_events_and_fields_are_ignored_and_unknown_questions_refused() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({"colour_depth": 24}));
    ui.wire
        .tell(&json!({"type": "weather_changed", "sky": ["blue"]}));
    ui.wire
        .tell(&json!({"type": "notice", "level": "info", "text": "still here", "x": {"y": 1}}));
    ui.wire.tell(&json!({"type": "dance", "id": 7}));
    let refusal = ui.wire.expect("error");
    assert_eq!(
        (&refusal["reply_to"], &refusal["code"]),
        (&json!(7), &json!("unknown_type"))
    );
    assert_eq!(ui.finish().0, "[*] still here\n");
}

#[test]
fn garbage_is_never_answered() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    for garbage in [
        "hello\n",
        "[1,2]\n",
        "{}\n",
        "{\"type\":7,\"id\":1}\n",
        "{\"id\":7}\n",
        "\n",
    ] {
        ui.wire.tell_raw(garbage);
    }
    ui.wire
        .tell_raw("{\"type\":\"message_added\",\"n\":\"one\"}\n");
    ui.wire.expect_nothing();
    ui.wire.notice("alive");
    assert_eq!(ui.finish().0, "[*] alive\n");
}

#[test]
fn another_version_of_the_protocol_is_not_spoken() {
    let mut ui = Piped::start();
    ui.wire.expect("hello");
    ui.wire
        .tell(&json!({"type": "welcome", "protocol": 2, "supervisor": "9", "start": "menu"}));
    assert_eq!(ui.wait().code(), Some(64));
}

#[test]
fn without_the_users_descriptors_it_says_what_is_missing() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_ui"))
        .arg("--stdio")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the ui starts");
    let welcome = "{\"type\":\"welcome\",\"protocol\":1,\"supervisor\":\"t\",\"start\":\"menu\"}\n";
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(welcome.as_bytes()).expect("the ui reads");
    drop(stdin);
    let output = child.wait_with_output().expect("a child of ours");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("descriptor 3 is missing"), "{said}");
    assert!(!output.status.success());
}

#[test]
fn it_passes_the_checks_of_its_role() {
    let seed = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |t| t.as_micros() as u64 % 1_000_000);
    println!("seed {seed}");
    let start = || {
        let (input, typed) = pipe().map_err(|error| error.to_string())?;
        let screen = File::options().write(true).open("/dev/null");
        let screen = screen.map_err(|error| error.to_string())?;
        let mut started = Started::new(ui_for_user(input.into(), screen.into()))?;
        started.user = Some(typed);
        Ok(started)
    };
    let checks = conformance::check(Role::Ui, seed, start, |outcome| println!("{outcome}"));
    let runtime = p2p_chat_plugin::runtime().expect("a runtime");
    assert_eq!(runtime.block_on(checks), 0, "failed checks");
}
