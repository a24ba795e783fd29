//! With all logs at their loudest, nothing secret is where others look: in standard error, in
//! arguments, in the environment.

use std::collections::HashSet;
use std::process::Command;

use serde_json::json;

use crate::man_in_the_middle::{To, man_in_the_middle};
use crate::p2pc::P2pc;
use crate::people::{Invite, connect, listener, started};
use crate::scene::Switch;
use crate::support::{Chat, Piped, children_of, plugin};
use crate::transport::{Transport, mode, resume, typed};

const TEXTS: [&str; 2] = ["Xylograph-Quibble-4711", "Zeppelin-Flotsam-0815"];

/// What one run knew, and what it left where others look.
struct Run {
    /// Three words each.
    spoken: Vec<String>,
    left: String,
}

#[test]
fn codes_and_texts_are_in_no_log_argument_or_environment() {
    nothing_secret_is_left([by_code(), by_code()]);
}

#[test]
fn words_and_texts_are_in_no_log_argument_or_environment() {
    nothing_secret_is_left([by_words(), by_words()]);
}

fn nothing_secret_is_left(runs: [Run; 2]) {
    for (one, other) in [(&runs[0], &runs[1]), (&runs[1], &runs[0])] {
        let Run { spoken, left } = one;
        let said = words(left);
        assert!(left.contains("DEBUG"), "no logs at all? {left}");
        for text in TEXTS {
            assert!(!left.contains(text), "{text}: {left}");
        }
        let separated = spoken
            .iter()
            .flat_map(|three| [three.clone(), three.replace(' ', "-")]);
        for three in separated {
            assert!(!left.contains(&three), "{three}: {left}");
        }
        // The words are common ones. One that a log uses anyway, it uses in every run.
        let anyway = words(&other.left);
        for word in spoken.iter().flat_map(|three| three.split(' ')) {
            assert!(
                !said.contains(word) || anyway.contains(word),
                "{word}: {left}"
            );
        }
    }
}

/// A wrong code, a chat, a cut and its end.
fn by_code() -> Run {
    let (mut listener, Invite { port, code }) = started(loud(listener()));
    let mut stranger = loud(connect(port));
    stranger.line("zebra zebra zebra");
    assert_eq!(stranger.exit_code(), Some(3));
    let cut = Switch::default();
    let now = cut.clone();
    let mut done = false;
    let middle = man_in_the_middle(port, move |mut message, wires| {
        if now.is_on() && !done && message.is_record() && message.to == To::Listener {
            done = true;
            message.flip(100, 1);
        }
        wires.pass(&message);
    });
    let mut connector = loud(connect(middle));
    connector.line(&code).line(TEXTS[0]);
    listener.expect(TEXTS[0]);
    cut.turn_on();
    Run {
        left: chat_and_leave(&mut listener, &mut connector) + &stranger.stderr.all(),
        spoken: vec![code],
    }
}

/// A chat that two words by three began.
fn by_words() -> Run {
    let mut listener = loud(listener().arg("--no-code"));
    let mut connector = loud(connect(listener.port()).arg("--no-code"));
    let spoken = [&listener, &connector].map(|side| {
        let rest = side.expect("Your words: ");
        rest.split('.').next().expect("a text").to_owned()
    });
    listener.line(&spoken[1]);
    connector.line(&spoken[0]);
    for side in [&listener, &connector] {
        side.expect("(verified by words)");
    }
    connector.line(TEXTS[0]);
    listener.expect(TEXTS[0]);
    Run {
        left: chat_and_leave(&mut listener, &mut connector),
        spoken: spoken.to_vec(),
    }
}

/// What they leave, while they run and in their logs.
fn chat_and_leave(listener: &mut Piped, connector: &mut Piped) -> String {
    let left = process_tables(listener) + &process_tables(connector);
    connector.line(TEXTS[1]);
    listener.line(TEXTS[1]);
    for side in [&mut *listener, connector] {
        side.expect(&format!("[peer 127.0.0.1] {}", TEXTS[1]));
    }
    connector.line("/quit");
    for side in [&mut *connector, &mut *listener] {
        assert_eq!(side.exit_code(), Some(0), "{}", side.stdout.so_far());
    }
    left + &listener.stderr.all() + &connector.stderr.all()
}

fn loud(chat: Chat) -> Piped {
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
    let (mut listener, mut connector) = (loud_transport(), loud_transport());
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
    let mut again = loud_transport();
    again.connect(listening.port, resume(&used));
    again.event("peer_connected");
    secrets.extend(tickets(&listener));
    let mut log = String::new();
    for mut side in [listener, connector, again] {
        side.process.end_input();
        assert_eq!(side.process.exit_code(), Some(0));
        log += &side.process.stderr.all();
    }
    assert!(log.contains("DEBUG"), "no log at all? {log}");
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn no_key_is_in_a_log_of_transport() {
    let Some(python) = P2pc::find("no_key_is_in_a_log_of_transport") else {
        return;
    };
    let mut listener = loud_transport();
    let listening = listener.listen(mode("code"));
    let mut peer = python.connect_telling(listening.port, &listening.passcode);
    peer.event("connected");
    let told = peer.0.so_far("vector");
    assert!(told.len() > 8, "{told:?}");
    peer.send(&json!("hello"));
    assert_eq!(listener.received(), "hello");
    listener.process.end_input();
    assert_eq!(listener.process.exit_code(), Some(0));
    let log = listener.process.stderr.all();
    assert!(log.contains("DEBUG"), "no log at all? {log}");
    for vector in told {
        let hex = vector["hex"].as_str().expect("a text");
        let bytes = (0..8).map(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).expect("hex"));
        // As a derived Debug would print it, without the brackets.
        let debug = format!("{:?}", bytes.collect::<Vec<_>>());
        let b64 = vector["b64"].as_str().expect("a text");
        for form in [&hex[..16], &b64[..10], debug.trim_matches(['[', ']'])] {
            assert!(!log.contains(form), "{vector}: {log}");
        }
    }
}

fn loud_transport() -> Transport {
    let mut command = Command::new(plugin("transport"));
    command.envs([("P2P_CHAT_LOG", "debug"), ("RUST_BACKTRACE", "1")]);
    Transport::start_as(&mut command)
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
