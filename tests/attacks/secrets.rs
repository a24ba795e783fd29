//! With all logs at their loudest, nothing secret is where others look: in standard error, in
//! arguments, in the environment.

use std::collections::HashSet;

use serde_json::json;

use crate::man_in_the_middle::{To, man_in_the_middle};
use crate::people::{connect, listener};
use crate::scene::Switch;
use crate::support::{Piped, children_of, plugin};
use crate::transport::{Transport, mode, resume, typed};

const TEXTS: [&str; 2] = ["Xylograph-Quibble-4711", "Zeppelin-Flotsam-0815"];

/// What one run knew, and what it left where others look.
struct Run {
    code: String,
    left: String,
}

#[test]
fn codes_words_and_texts_are_in_no_log_argument_or_environment() {
    let runs = [run(), run()];
    for (one, other) in [(&runs[0], &runs[1]), (&runs[1], &runs[0])] {
        let said = words(&one.left);
        assert!(said.contains("transport"), "no logs at all? {}", one.left);
        for text in TEXTS {
            assert!(!one.left.contains(text), "{text}: {}", one.left);
        }
        for separator in [" ", "-"] {
            let code = one.code.replace(' ', separator);
            assert!(!one.left.contains(&code), "{code}: {}", one.left);
        }
        // A code is of common words. One that a log uses anyway, it uses in every run.
        let anyway = words(&other.left);
        for word in one.code.split(' ') {
            assert!(
                !said.contains(word) || anyway.contains(word),
                "{word}: {}",
                one.left
            );
        }
    }
}

/// A wrong code, a chat, a cut and its end.
fn run() -> Run {
    let (listener, Invite { port, code }) = listen_loudly();
    let mut stranger = loud(connect(port));
    stranger.line("zebra zebra zebra");
    assert_eq!(stranger.exit_code(), Some(3));

    let cut = Switch::default();
    let now = cut.clone();
    let mut done = false;
    let middle = man_in_the_middle(port, move |mut message, wires| {
        if now.is_on() && !done && message.to == To::Listener {
            done = true;
            message.flip(100, 1);
        }
        wires.pass(&message);
    });
    let (mut listener, mut connector) = (listener, loud(connect(middle)));
    connector.line(&code).line(TEXTS[0]);
    listener.expect(TEXTS[0]);
    let mut left = process_tables(&listener) + &process_tables(&connector);
    cut.turn_on();
    connector.line(TEXTS[1]);
    listener.line(TEXTS[1]);
    listener.expect(TEXTS[1]);
    connector.expect(TEXTS[1]);
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(listener.exit_code(), Some(0));
    for side in [&stranger, &listener, &connector] {
        left += &side.stderr.all();
    }
    Run { code, left }
}

fn loud(chat: crate::support::Chat) -> Piped {
    chat.arg("--verbose")
        .env("P2P_CHAT_LOG", "debug")
        .env("RUST_BACKTRACE", "1")
        .piped()
}

/// Arguments and environment of the program and its plugins, as every other program of the same
/// user sees them.
fn process_tables(program: &Piped) -> String {
    let children = children_of(program.pid());
    assert!(children.len() >= 2, "{children:?}");
    let pids = children.into_iter().map(|(pid, _)| pid);
    let files = pids.chain([program.pid()]).flat_map(|pid| {
        ["cmdline", "environ"].map(|file| {
            let bytes = std::fs::read(format!("/proc/{pid}/{file}")).expect("it runs");
            String::from_utf8_lossy(&bytes).replace('\0', " ")
        })
    });
    files.collect::<Vec<_>>().join("\n")
}

/// Its words, in small letters.
fn words(text: &str) -> HashSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    words.map(str::to_lowercase).collect()
}

#[test]
fn tickets_codes_and_payloads_are_in_no_log_of_transport() {
    let loud = || {
        let mut command = std::process::Command::new(plugin("transport"));
        command.envs([("P2P_CHAT_LOG", "debug"), ("RUST_BACKTRACE", "1")]);
        Transport::start_as(&mut command)
    };
    let (mut listener, mut connector) = (loud(), loud());
    let listening = listener.listen(mode("code"));
    connector.connect(listening.port, typed(&listening.passcode));
    connector.event("peer_connected");
    let mut secrets = vec![listening.passcode.clone(), TEXTS[0].to_owned()];
    for payload in [json!(TEXTS[0]), json!({ "text": TEXTS[0] })] {
        connector.send(&payload);
        assert_eq!(listener.received(), payload);
    }
    // A ticket is used.
    secrets.extend(tickets(&listener));
    let used = connector.tickets();
    let mut again = loud();
    again.connect(listening.port, resume(&used));
    again.event("peer_connected");
    secrets.extend(tickets(&listener));
    for mut side in [listener, connector, again] {
        side.process.end_input();
        assert_eq!(side.process.exit_code(), Some(0));
        let log = side.process.stderr.all();
        assert!(log.contains("DEBUG"), "no log at all? {log}");
        for secret in &secrets {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

/// The secret parts of its tickets.
fn tickets(transport: &Transport) -> Vec<String> {
    let all = transport.process.so_far("tickets");
    let all = all
        .iter()
        .flat_map(|event| event["tickets"].as_array().cloned().unwrap_or_default());
    let fields = all
        .flat_map(|ticket| ["resume_id_b64", "resume_secret_b64"].map(|name| ticket[name].clone()));
    let fields = fields.map(|field| field.as_str().map(str::to_owned));
    fields.map(|field| field.expect("a text")).collect()
}
