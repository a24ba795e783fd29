//! Plugins that misbehave: each is found out, and said in a sentence; nothing hangs or grows.

mod support;

use rustix::process::Signal;
use support::secure_chat::texts_of_peer;
use support::{Chat, Piped, Script, plugin, signal, wait_until};

const HELLO: &str = r#"{"type":"hello","protocol":1,"role":"transport","name":"hostile"}"#;

/// A listener whose transport is this script.
fn with_transport(script: &Script) -> Piped {
    with("--transport", script)
}

fn with(flag: &str, script: &Script) -> Piped {
    let chat = Chat::listen().arg("--verbose").arg(flag);
    chat.arg(script.path()).piped()
}

/// However bad its plugins are, the program ends in good order when it is asked to.
fn ends(mut program: Piped) {
    signal(program.pid(), Signal::TERM);
    assert_eq!(program.exit_code(), Some(0));
}

/// A number the kernel knows of a running program.
fn number(program: &Piped, file: &str, name: &str) -> u64 {
    let path = format!("/proc/{}/{file}", program.pid());
    let lines = std::fs::read_to_string(path).expect("it runs");
    let value = lines
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .expect("it is there");
    value
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

/// A real plugin, each of whose lines passes through a line of `sed`.
fn filtered(name: &str, sed: &str) -> Script {
    Script::new(&format!("{} | sed -u '{sed}'", plugin(name).display()))
}

/// After each line of a real plugin 4096 times this one.
fn flooding(name: &str, line: &str) -> Script {
    filtered(name, &format!("p;s/.*/{line}/{}", ";h;G".repeat(12)))
}

/// Two texts cross, and both leave in good order; all that the listener said.
fn chats(listener: &mut Piped, port: u16) -> String {
    let mut connector = Chat::connect(port).piped();
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    listener.line("back");
    connector.expect("[peer 127.0.0.1] back");
    assert_memory_is_bounded(listener);
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    listener.expect("disconnected");
    assert_eq!(listener.exit_code(), Some(0));
    let said = listener.stdout.all();
    assert_eq!(texts_of_peer(&said), ["hello"], "{said}");
    assert_eq!(texts_of_peer(&connector.stdout.all()), ["back"]);
    said
}

/// Far more than it needs, and far less than what a plugin says.
fn assert_memory_is_bounded(program: &Piped) {
    let peak = number(program, "status", "VmHWM:");
    assert!(peak < 32 * 1024, "{peak} kB");
}

#[test]
fn a_plugin_that_says_no_hello_is_started_again_after_ten_seconds() {
    let script = Script::new("exec sleep 1000");
    let program = with_transport(&script);
    program.expect("transport stopped: it did not say hello within 10 s");
    program.expect("[!] The part that reaches the network stopped");
    ends(program);
}

#[test]
fn a_plugin_whose_first_line_is_no_hello_is_named() {
    let script = Script::new("echo Welcome to transport; exec sleep 1000");
    let program = with_transport(&script);
    program.expect("transport stopped: its first line on stdout is no hello");
    ends(program);
}

#[test]
fn a_line_of_a_megabyte_ends_its_writer() {
    let long = "head -c 1048576 /dev/zero | tr '\\0' x; echo; exec sleep 1000";
    let script = Script::new(&format!("echo '{HELLO}'; {long}"));
    let program = with_transport(&script);
    program.expect("transport stopped: a line is longer than 262144 bytes");
    ends(program);
}

#[test]
fn a_flood_without_end_is_survived_in_bounded_memory() {
    let ui = HELLO.replace("transport", "ui");
    for (flag, hello, flood) in [
        ("--transport", HELLO, r#"{"type":"keys_changed"}"#),
        ("--ui", &ui, r#"{"type":"dance"}"#),
    ] {
        let script = Script::new(&format!("echo '{hello}'; exec yes '{flood}'"));
        let program = with(flag, &script);
        wait_until("it has read 50 MB of it", || {
            number(&program, "io", "rchar:") > 50_000_000
        });
        assert_memory_is_bounded(&program);
        ends(program);
    }
}

#[test]
fn a_ui_that_asks_without_end_and_reads_nothing_is_replaced() {
    let hello = HELLO.replace("transport", "ui");
    let flood = format!("echo '{hello}'; exec yes '{{\"type\":\"dance\",\"id\":1}}'");
    let ui = plugin("ui");
    // The first run floods; the second is the real ui.
    let script = Script::new(&format!(
        "if mkdir \"$0.ran\" 2>/dev/null; then {flood}; fi; exec {}",
        ui.display()
    ));
    let mut program = with("--ui", &script);
    let port = program.port();
    program.expect("[!] The part that shows the chat stopped and was started again.");
    assert_memory_is_bounded(&program);
    chats(&mut program, port);
}

#[test]
fn a_flood_in_a_chat_disturbs_nothing() {
    for (flag, name, line) in [
        ("--transport", "transport", r#"{"type":"keys_changed"}"#),
        ("--ui", "ui", r#"{"type":"dance","id":1}"#),
    ] {
        let script = flooding(name, line);
        let mut program = with(flag, &script);
        let port = program.port();
        chats(&mut program, port);
    }
}

#[test]
fn rubbish_between_the_lines_is_complained_of_once_and_ignored() {
    for (flag, name) in [("--transport", "transport"), ("--ui", "ui")] {
        let script = filtered(name, "p;s/.*/rubbish/");
        let mut listener = with(flag, &script);
        let port = listener.port();
        chats(&mut listener, port);
        let complaint = format!("{name}: a line was ignored: not a JSON object\n");
        assert_eq!(listener.stderr.all(), complaint);
    }
}

#[test]
fn a_second_answer_is_complained_of_once_and_ignored() {
    let script = filtered("transport", "/reply_to/p");
    let mut listener = with_transport(&script);
    let port = listener.port();
    let said = chats(&mut listener, port);
    assert_eq!(said.matches("[*] Waiting for connection...").count(), 1);
    let complaint = listener.stderr.all();
    let once = "transport: a reply was ignored: nobody waits for one to request ";
    assert!(complaint.starts_with(once), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[test]
fn a_plugin_that_closes_its_stdout_and_stays_is_ended() {
    let script = Script::new(&format!("echo '{HELLO}'; exec >&-; exec sleep 1000"));
    let program = with_transport(&script);
    program.expect("transport stopped: it closed its stdout and did not end");
    ends(program);
}
