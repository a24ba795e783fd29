//! What a plugin of today knows, read from the sources of the protocol: so the plugin with faults
//! never lags behind them.

use std::path::Path;

use serde_json::json;

use crate::support::repository;

/// Fields of the envelope, which belong to no message.
const ENVELOPE: [&str; 3] = ["type", "id", "reply_to"];

/// The types of messages that this role is told, and the fields of all, as `faulty_plugin.py` wants
/// them.
pub(crate) fn known(role: &str) -> String {
    let sources = sources(&repository().join("shared/protocol/src"));
    let direction = match role {
        "ui" => "UiEvent",
        "transport" => "TransportRequest",
        _ => "NatRequest",
    };
    let types: Vec<_> = types(&sources, direction).chain(["welcome"]).collect();
    let fields: Vec<_> = fields(&sources).chain(ENVELOPE).collect();
    assert!(types.len() > 3 && fields.len() > 30, "{types:?} {fields:?}");
    json!({ "types": types, "fields": fields }).to_string()
}

/// All Rust files of a folder, one after the other.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text += &std::fs::read_to_string(&path).expect("a source");
        }
    }
    text
}

/// `"type" => …` in the list of this direction.
fn types<'a>(sources: &'a str, direction: &str) -> impl Iterator<Item = &'a str> {
    let head = format!("\n    {direction} {{\n");
    let list = sources.split(&head).nth(1).expect("the list");
    let list = list.split("\n    }").next().expect("its end");
    let kinds = list
        .lines()
        .filter_map(|line| line.trim().split_once(" => "));
    kinds.map(|(kind, _)| kind.trim_matches('"'))
}

/// `pub name: …` anywhere: too many for one message are no harm.
fn fields(sources: &str) -> impl Iterator<Item = &str> {
    let fields = sources
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub "));
    fields.filter_map(|line| line.split_once(": ").map(|(name, _)| name))
}
