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
fn a_plugin_that_says_it_cannot_run_is_given_up_at_once() {
    for (role, code) in [("transport", 64), ("transport", 78), ("ui", 64)] {
        let broken = Script::new(&format!(
            "echo run >> \"$0.runs\"; echo 'ERROR out of ink' >&2; exit {code}"
        ));
        let chat = Chat::listen().arg(format!("--{role}")).arg(broken.path());
        let (ended, said) = complaint(chat.piped());
        assert_eq!(ended, Some(70), "{said}");
        let runs = std::fs::read_to_string(format!("{}.runs", broken.path())).expect("it ran");
        assert_eq!(runs, "run\n", "it was tried again");
        let sentence = format!("p2p-chat: the {role} does not work: ");
        assert!(said.contains(&sentence), "{said}");
        assert!(said.contains("out of ink"), "{said}");
    }
}

#[test]
fn without_a_nat_helper_that_can_run_a_listener_goes_on_and_is_told() {
    let broken = Script::new("echo 'ERROR out of ink' >&2; exit 64");
    let listener = Chat::listen_with_nat_helper(broken.path()).arg("--insecure-legacy");
    let mut listener = listener.piped();
    let mut connector = Chat::connect(listener.port()).piped();
    // Which comes first is chance.
    wait_until("both sentences", || {
        let said = listener.stdout.so_far();
        let report = "[!] the nat-helper does not work: ";
        let hope = "[!] The part that asks your router does not work. \
                    Manual port forwarding required.";
        said.contains(report) && said.contains(hope)
    });
    // Its own words may come after the report.
    listener
        .stderr
        .expect("nat-helper: out of ink")
        .expect("said");
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    listener.line("back");
    connector.expect("[peer 127.0.0.1] back");
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_plugin_of_another_role_is_told_so() {
    for (role, other) in [("transport", "ui"), ("ui", "transport")] {
        let other_program = plugin(other).display().to_string();
        let chat = Chat::listen().arg(format!("--{role}")).arg(other_program);
        let (code, said) = complaint(chat.piped());
        assert_eq!(code, Some(70), "{said}");
        let sentence = format!("it is a {other}, and was started as the {role}");
        assert!(said.contains(&sentence), "{said}");
    }
    let transport = plugin("transport").display().to_string();
    let listener = Chat::listen_with_nat_helper(transport).piped();
    listener.expect("it is a transport, and was started as the nat-helper");
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
    let script = Script::new(&format!("echo '{hello}'; read -r _; {noisy}\nexit 1"));
    let chat = Chat::listen()
        .arg("--verbose")
        .arg("--transport")
        .arg(script.path());
    let mut program = chat.piped();
    program.expect("transport stopped: it ended with code 1");
    signal(program.pid(), rustix::process::Signal::TERM);
    assert!(program.exit_code().is_some());
}
