//! Other programs in the roles.

mod support;

use support::{Chat, Piped, Script, all_gone, children_of, plugin, repository, signal, wait_until};

fn tiny_ui() -> String {
    repository()
        .join("scripts/tiny_ui.py")
        .display()
        .to_string()
}

/// Runs to the end; the exit code and what it complained about.
fn complaint(mut program: Piped) -> (Option<i32>, String) {
    let code = program.exit_code();
    (code, program.stderr.all())
}

#[test]
fn a_ui_of_twenty_lines_of_python_chats() {
    let listener = Chat::listen().piped();
    let port = listener.port();
    let mut tiny = Chat::connect(port).arg("--ui").arg(tiny_ui()).piped();
    tiny.expect("connected to 127.0.0.1:");
    tiny.line("from python");
    listener.expect("[peer 127.0.0.1] from python");
    let mut listener = listener;
    listener.line("to python");
    tiny.expect("[127.0.0.1] to python");
    tiny.line("/quit");
    assert_eq!(tiny.exit_code(), Some(0));
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_ui_in_the_environment_is_used() {
    let mut tiny = Chat::listen().env("P2P_CHAT_UI", &tiny_ui()).piped();
    tiny.expect("p2pc:127.0.0.1:");
    tiny.end_input();
}

#[test]
fn the_own_stdin_and_stdout_can_be_the_ui() {
    let listener = Chat::listen().piped();
    let mut outer = Chat::connect(listener.port()).arg("--ui").arg("-").piped();
    outer.line(r#"{"type":"hello","protocol":1,"role":"ui","name":"test","version":"0"}"#);
    outer.expect(r#"{"type":"welcome""#);
    outer.expect(r#"{"type":"peer_connected""#);
    outer.line(r#"{"type":"send_message","id":1,"text":"by hand","colour":"blue"}"#);
    outer.expect(r#"{"type":"message_added","reply_to":1"#);
    listener.expect("[peer 127.0.0.1] by hand");
    outer.line(r#"{"type":"dance","id":2}"#);
    outer.expect(r#"{"type":"error","reply_to":2,"code":"unknown_type""#);
    outer.line(r#"{"type":"send_message","id":3,"text":7}"#);
    outer.expect(r#"{"type":"error","reply_to":3,"code":"invalid_message""#);
    outer.line("[\"quit\"]");
    outer.line(r#"{"type":"quit","id":4}"#);
    outer.expect(r#"{"type":"ok","reply_to":4}"#);
    assert_eq!(outer.exit_code(), Some(0));
    let said = outer.stdout.all();
    let refusals = said
        .lines()
        .filter(|line| line.contains("\"type\":\"error\""));
    assert_eq!(
        refusals.count(),
        2,
        "what is no object is not answered:\n{said}"
    );
}

#[test]
fn a_missing_plugin_is_named_with_its_places_and_the_way_out() {
    for (role, flag) in [
        ("ui", "--ui"),
        ("transport", "--transport"),
        ("nat-helper", "--nat-helper"),
    ] {
        let chat = Chat::listen().arg(flag).arg("/no/such/program");
        let (code, said) = complaint(chat.piped());
        assert_eq!(code, Some(70), "{said}");
        let expected =
            format!("p2p-chat: the {role} program was not found. Looked for:\n  /no/such/program");
        assert!(said.contains(&expected), "{said}");
        assert!(
            said.contains("cargo build") && said.contains(&format!("{flag} PATH")),
            "{said}"
        );
    }
}

#[test]
fn a_plugin_that_cannot_run_is_given_up_at_once() {
    let broken = Script::new("echo run >> \"$0.runs\"; echo 'ERROR out of ink' >&2; exit 78");
    let (code, said) = complaint(Chat::listen().arg("--transport").arg(broken.path()).piped());
    assert_eq!(code, Some(70), "{said}");
    let runs = std::fs::read_to_string(format!("{}.runs", broken.path())).expect("it ran");
    assert_eq!(runs, "run\n", "it was tried again");
    assert!(
        said.contains("p2p-chat: the transport does not work"),
        "{said}"
    );
    assert!(said.contains("out of ink"), "{said}");
}

#[test]
fn a_plugin_of_another_role_is_told_so() {
    let chat = Chat::listen()
        .arg("--transport")
        .arg(plugin("ui").display().to_string());
    let (code, said) = complaint(chat.piped());
    assert_eq!(code, Some(70), "{said}");
    assert!(
        said.contains("it is a ui, and was started as the transport"),
        "{said}"
    );
}

#[test]
fn a_crashed_ui_is_started_again_and_told_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let first_run = folder.path().join("ran");
    // The first run dies after the chat began; the second is the real ui.
    let script = Script::new(&format!(
        "if [ -e {ran} ]; then exec {ui}; fi
         touch {ran}
         echo '{{\"type\":\"hello\",\"protocol\":1,\"role\":\"ui\",\"name\":\"dying\"}}'
         while read -r line; do case $line in *message_added*) exit 1;; esac; done",
        ran = first_run.display(),
        ui = plugin("ui").display(),
    ));
    let mut peer = Chat::listen().piped();
    let port = peer.port();
    let program = Chat::connect(port).arg("--ui").arg(script.path()).piped();
    peer.expect("[*] Chat started.");
    peer.line("said before the crash");
    program.expect("[peer 127.0.0.1] said before the crash");
}

#[test]
fn a_wrapper_takes_its_program_with_it() {
    // No `exec`: the real program is a child of the shell.
    let wrapper = Script::new("echo $$; sleep 1000; true");
    let mut program = Chat::listen()
        .arg("--transport")
        .arg(wrapper.path())
        .piped();
    let mut sleeper = None;
    wait_until("the wrapper's program runs", || {
        let children = children_of(program.pid());
        let wrapped = children
            .iter()
            .flat_map(|(pid, _)| children_of(*pid))
            .next();
        sleeper = wrapped;
        sleeper.is_some()
    });
    signal(program.pid(), rustix::process::Signal::TERM);
    program.exit_code();
    all_gone(&[sleeper.expect("it ran")]);
}

#[test]
fn a_plugin_that_ended_is_not_kept_alive_by_its_children() {
    let hello = r#"{"type":"hello","protocol":1,"role":"transport","name":"forking"}"#;
    let noisy = "while sleep 0.2; do echo || exit; done &";
    let script = Script::new(&format!("echo '{hello}'; {noisy}\nexit 1"));
    let chat = Chat::listen()
        .arg("--verbose")
        .arg("--transport")
        .arg(script.path());
    let mut program = chat.piped();
    program.expect("transport stopped: it ended with code 1");
    signal(program.pid(), rustix::process::Signal::TERM);
    assert!(program.exit_code().is_some());
}
