use p2p_chat_plugin::Inbox;
use p2p_chat_protocol::{Start, Welcome};

use super::*;
use crate::rows::Line;

const PEER: &str = r#"{"type":"peer_connected","address":"198.51.100.2:54321","local_address":"192.168.1.100:8080","direction":"incoming","verification":"insecure"}"#;
const LEFT: &str = r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"left","redialing":false}"#;
const REPLACED: &str = r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"replaced","redialing":false,"waiting":true}"#;

fn ui(manner: Manner, start: Start) -> Ui {
    let welcome = Welcome {
        protocol: 1,
        supervisor: String::new(),
        start,
        options: Default::default(),
    };
    let mut ui = Ui::new(manner, &welcome);
    told(&mut ui, r#"{"type":"replay_finished"}"#);
    ui
}

fn told(ui: &mut Ui, event: &str) -> Vec<String> {
    let mut inbox = Inbox::default();
    ui.incoming(inbox.read(event.as_bytes()), Now::default());
    ui.settle(Now::default());
    shown(ui)
}

fn line(ui: &mut Ui, text: &str, question: bool) -> Vec<String> {
    let text = text.to_owned();
    ui.typed(Typed::Line { text, question }, Now::default());
    shown(ui)
}

fn shown(ui: &mut Ui) -> Vec<String> {
    let word = |action| match action {
        Action::Show(Line::Note(sentence)) => sentence,
        other => format!("{other:?}"),
    };
    ui.actions().map(word).collect()
}

fn quits(said: &[String]) -> bool {
    said.iter().any(|word| word.contains("Quit"))
}

#[test]
fn lines_of_a_stream_wait_for_their_time_and_those_of_a_person_do_not() {
    let mut stream = ui(Manner::Stream, Start::Listen);
    assert!(stream.wants_line(), "it may be a command");
    line(&mut stream, "/status", false);
    assert!(stream.wants_line());
    line(&mut stream, "first", false);
    assert!(!stream.wants_line());
    told(&mut stream, PEER);
    assert!(
        stream.held.is_none() && !stream.outgoing.is_empty(),
        "it is sent"
    );
    assert!(stream.wants_line());
    told(&mut stream, REPLACED);
    line(&mut stream, "hello", false);
    assert!(!stream.wants_line(), "another caller comes");
    assert!(ui(Manner::Terminal, Start::Listen).wants_line());
    assert!(ui(Manner::Stream, Start::Menu).wants_line());
}

#[test]
fn somebody_who_left_without_a_word_does_not_bring_the_menu_back() {
    let mut ui = ui(Manner::Terminal, Start::Menu);
    line(&mut ui, "1", true);
    line(&mut ui, "", true);
    told(&mut ui, PEER);
    let silent = LEFT.replace("false", "false,\"waiting\":true");
    let said = told(&mut ui, &silent);
    assert!(
        said.iter()
            .any(|line| line.contains("[*] Waiting for connection...")),
        "{said:?}"
    );
    assert!(
        !said.iter().any(|line| line.contains("[1] Listen")),
        "{said:?}"
    );
    told(&mut ui, PEER);
    let said = told(&mut ui, LEFT);
    assert!(
        said.iter().any(|line| line.contains("[1] Listen")),
        "{said:?}"
    );
}

#[test]
fn a_person_leaves_at_once_and_a_stream_when_all_is_sent() {
    for (manner, at_once) in [(Manner::Terminal, true), (Manner::Stream, false)] {
        let mut ui = ui(manner, Start::Listen);
        told(&mut ui, PEER);
        line(&mut ui, "hello", false);
        let said = line(&mut ui, "/quit", false);
        assert_eq!(quits(&said), at_once, "{manner:?}");
    }
}

#[test]
fn a_stream_that_ends_with_nothing_typed_stays_until_the_menu_comes() {
    let mut stream = ui(Manner::Stream, Start::Menu);
    line(&mut stream, "1", false);
    line(&mut stream, "", false);
    told(&mut stream, PEER);
    stream.typed(Typed::End, Now::default());
    assert!(!quits(&shown(&mut stream)));
    assert!(quits(&told(&mut stream, LEFT)));
}

#[test]
fn a_text_typed_before_the_menu_came_is_no_answer_to_it() {
    let mut ui = ui(Manner::Terminal, Start::Menu);
    line(&mut ui, "1", true);
    line(&mut ui, "", true);
    told(&mut ui, PEER);
    told(&mut ui, LEFT);
    assert_eq!(line(&mut ui, "3", false), ["[!] Not sent: \"3\""]);
    assert_eq!(ui.prompt().map(|prompt| prompt.question), Some(true));
}

#[test]
fn a_text_goes_back_to_the_line_only_where_there_is_one() {
    let mut terminal = ui(Manner::Terminal, Start::Listen);
    let said = line(&mut terminal, "hello", false);
    assert_eq!(said[1], "Restore(\"hello\")");
    let mut plain = ui(Manner::Plain, Start::Listen);
    let said = line(&mut plain, "hello", false);
    assert_eq!(said, ["[!] Nobody is connected. Not sent: \"hello\""]);
}

#[test]
fn after_quit_nothing_is_asked_and_nothing_begun() {
    let mut ui = ui(Manner::Terminal, Start::Menu);
    assert!(quits(&line(&mut ui, "/quit", true)));
    told(&mut ui, PEER);
    told(&mut ui, LEFT);
    assert_eq!((ui.prompt(), ui.wants_line()), (None, false));
    ui.typed(Typed::Leave, Now::default());
    assert!(!quits(&shown(&mut ui)), "asked once");
}
