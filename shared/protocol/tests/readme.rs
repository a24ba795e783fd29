//! The specification's examples are messages of this crate, and the crate writes what they say.

use p2p_chat_protocol::nat::{NatEvent, NatRequest};
use p2p_chat_protocol::transport::{TransportEvent, TransportRequest};
use p2p_chat_protocol::ui::{UiEvent, UiRequest};
use p2p_chat_protocol::{ErrorCode, Greeting, Messages, read, write};

const README: &str = include_str!("../README.md");

/// The lines of every block that begins with "```json", each with the type its block names.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut examples = Vec::new();
    let mut block = None;
    for line in README.lines() {
        match line.strip_prefix("```") {
            Some("") => block = None,
            Some(opening) => {
                let named = opening.strip_prefix("json ");
                block =
                    Some(named.unwrap_or_else(|| panic!("a block without a type: {opening:?}")));
            }
            None => examples.extend(block.map(|name| (name, line))),
        }
    }
    examples
}

/// Reads `line`, writes it again, and returns its type.
fn round_trip<M: Messages>(line: &str) -> &'static str {
    let received = read::<M>(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error:?}"));
    let mut written = Vec::new();
    write(
        &mut written,
        received.id,
        received.reply_to,
        &received.message,
    );
    let json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).expect("JSON");
    let (expected, found) = (json(line.as_bytes()), json(&written));
    // What is written may say more (a default spelled out), never less and never otherwise.
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(found.get(name), Some(value), "{name} of {line}");
    }
    assert_eq!(written.iter().filter(|byte| **byte == b'\n').count(), 1);
    received.message.kind()
}

#[test]
fn every_example_is_read_and_written_as_the_type_it_shows() {
    for (name, line) in examples() {
        match name {
            "Greeting" => round_trip::<Greeting>(line),
            "UiRequest" => round_trip::<UiRequest>(line),
            "UiEvent" => round_trip::<UiEvent>(line),
            "TransportRequest" => round_trip::<TransportRequest>(line),
            "TransportEvent" => round_trip::<TransportEvent>(line),
            "NatRequest" => round_trip::<NatRequest>(line),
            "NatEvent" => round_trip::<NatEvent>(line),
            // Read by the chat core, which has tests of its own for them.
            "Payload" => continue,
            other => panic!("no type is called {other}"),
        };
    }
}

#[test]
fn every_message_of_every_direction_has_an_example() {
    let sources = [
        ("UiRequest", include_str!("../src/ui/mod.rs")),
        ("UiEvent", include_str!("../src/ui/mod.rs")),
        ("TransportRequest", include_str!("../src/transport.rs")),
        ("TransportEvent", include_str!("../src/transport.rs")),
        ("NatRequest", include_str!("../src/nat.rs")),
        ("NatEvent", include_str!("../src/nat.rs")),
    ];
    for (name, source) in sources {
        let list = source.split(&format!("{name} {{")).nth(1).expect(name);
        let list = list.split("\n}").next().expect("an end");
        for kind in list
            .lines()
            .filter_map(|l| l.trim().strip_prefix('"')?.split('"').next())
        {
            // `welcome` is in its own chapter.
            let found = kind == "welcome"
                || examples()
                    .iter()
                    .any(|(n, line)| *n == name && line.contains(&format!("\"type\":\"{kind}\"")));
            assert!(found, "{name} {kind}");
        }
    }
}

#[test]
fn every_error_code_of_the_specification_is_known() {
    let chapter = README.split("## Errors").nth(1).expect("the chapter");
    let codes: Vec<_> = chapter
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| !["message", "code"].contains(code))
        .collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let parsed: ErrorCode = serde_json::from_value(code.into()).expect(code);
        assert_ne!(parsed, ErrorCode::Unknown, "{code}");
    }
}
