//! Plugins that misbehave: each is found out, and said in a sentence; nothing hangs or grows.

mod support;

use support::{Chat, Piped, Script, plugin, wait_until};

const HELLO: &str = r#"{"type":"hello","protocol":1,"role":"transport","name":"hostile"}"#;

/// A listener whose transport is this script.
fn with_transport(script: &Script) -> Piped {
    Chat::listen()
        .arg("--verbose")
        .arg("--transport")
        .arg(script.path())
        .piped()
}

/// Ends a program whose transport does not work.
fn ends(mut program: Piped) {
    program.line("/quit").end_input();
    rustix::process::kill_process(pid(&program), rustix::process::Signal::TERM).expect("it runs");
    assert!(program.exit_code().is_some());
}

fn pid(program: &Piped) -> rustix::process::Pid {
    let pid = i32::try_from(program.pid()).expect("a pid");
    rustix::process::Pid::from_raw(pid).expect("not 0")
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

/// The real transport, whose every line passes through a line of `sed`.
fn filtered_transport(sed: &str) -> Script {
    let transport = plugin("transport");
    Script::new(&format!("{} | sed -u '{sed}'", transport.display()))
}

fn chats(listener: Piped) {
    let mut listener = listener;
    let mut connector = Chat::connect(listener.port()).piped();
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    listener.line("back");
    connector.expect("[peer 127.0.0.1] back");
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    listener.expect("disconnected");
    assert_eq!(listener.exit_code(), Some(0));
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
fn a_flood_of_events_is_survived_in_bounded_memory() {
    let flood = r#"exec yes '{"type":"keys_changed","flood":true}'"#;
    let script = Script::new(&format!("echo '{HELLO}'; {flood}"));
    let program = with_transport(&script);
    wait_until("it has read 50 MB of it", || {
        number(&program, "io", "rchar:") > 50_000_000
    });
    let peak = number(&program, "status", "VmHWM:");
    assert!(peak < 32 * 1024, "{peak} kB");
    ends(program);
}

#[test]
fn rubbish_between_the_lines_is_complained_of_once_and_ignored() {
    let script = filtered_transport("p;s/.*/rubbish/");
    let listener = with_transport(&script);
    listener
        .stderr
        .expect("transport: a line was ignored: not a JSON object")
        .expect("said");
    chats(listener);
}

#[test]
fn a_plugin_that_answers_twice_disturbs_nothing() {
    let script = filtered_transport("/reply_to/p");
    chats(with_transport(&script));
}

#[test]
fn a_plugin_that_closes_its_stdout_and_stays_is_ended() {
    let script = Script::new(&format!("echo '{HELLO}'; exec >&-; exec sleep 1000"));
    let program = with_transport(&script);
    program.expect("transport stopped: it closed its stdout and did not end");
    ends(program);
}
