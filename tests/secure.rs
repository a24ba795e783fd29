//! Secure chats as people have them: a code that is typed, pasted, piped or in a file, words that are
//! compared, and what is said when none of it fits.

mod support;

use support::secure_chat::{chatting, connector, listener, spoken, waiting};
use support::{Chat, Piped, kill_plugin, wait_until};

#[test]
fn a_code_from_standard_input_leads_to_a_chat() {
    let (mut listener, mut connector) = chatting();
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    // At once, or a while later where the computer is busy.
    let said = connector.stdout.all();
    let at_once = said.contains("[me 127.0.0.1] hello \u{2713}");
    assert!(at_once || said.contains("1 delivered"), "{said}");
    listener.expect("disconnected");
    assert_eq!(listener.exit_code(), Some(0));
}

#[test]
fn a_code_from_a_file_leads_to_a_chat() {
    let (listener, port, code) = waiting(listener());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("code");
    std::fs::write(&file, format!("{code}\n")).expect("written");
    let chat = connector(port).arg("--code-file");
    let mut connector = chat.arg(file.display().to_string()).piped();
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
}

#[test]
fn a_pasted_invite_is_all_that_is_needed() {
    let public = [
        "listen",
        "0",
        "--bind",
        "127.0.0.1",
        "--public",
        "localhost",
    ];
    let listener = Chat::new(&public).piped();
    let port = listener.port();
    let invite = format!(
        "p2pc:localhost:{port}{}",
        listener.expect(&format!("p2pc:localhost:{port}"))
    );
    assert!(invite.contains('#'), "{invite}");
    let mut connector = Chat::new(&["connect"]).piped();
    connector.line(&invite).line("hello");
    listener.expect("[peer 127.0.0.1] hello");
}

#[test]
fn a_typed_code_is_helped_and_shown_as_whole_words() {
    let (listener, port, code) = waiting(listener());
    let mut connector = connector(port).on_screen();
    connector.expect_prompt("Code (three words or numbers):");
    connector.keys("qqqq lemon koala\r");
    connector.expect("[!] \"qqqq\" is not a code word.");
    connector.expect_prompt("Code (three words or numbers):");
    let short: Vec<_> = code.split(' ').map(|word| &word[..3]).collect();
    connector.keys(&format!("{}\r", short.join(" ").to_uppercase()));
    connector.expect("(verified by code)");
    connector.keys("hello\r");
    listener.expect("[peer 127.0.0.1] hello");
    assert!(!listener.stdout.so_far().contains("Wrong code"));
}

#[test]
fn a_wrong_code_is_said_on_both_sides_and_costs_one_try() {
    let (listener, port, code) = waiting(listener());
    let wrong = if code.starts_with("carrot") {
        "koala lemon carrot"
    } else {
        "carrot lemon koala"
    };
    let mut stranger = connector(port).piped();
    stranger.line(wrong);
    stranger.expect("[!] The code was wrong, or somebody is between you and 127.0.0.1");
    assert_eq!(stranger.exit_code(), Some(3));
    listener.expect("[!] Wrong code from 127.0.0.1:");
    let mut friend = connector(port).piped();
    friend.line(&code).line("hello");
    listener.expect("[peer 127.0.0.1] hello");
}

#[test]
fn five_wrong_codes_end_the_code_and_a_new_one_works() {
    let (mut listener, port, _) = waiting(listener());
    for n in 1..=5 {
        let mut stranger = connector(port).piped();
        stranger.line(&format!("{n} {n} {n}"));
        assert_eq!(stranger.exit_code(), Some(3), "{n}");
    }
    listener.expect("[!] Five wrong codes.");
    listener.line("/newcode");
    let code = spoken(&listener.stdout);
    let mut friend = connector(port).piped();
    friend.line(&code).line("hello");
    listener.expect("[peer 127.0.0.1] hello");
}

#[test]
fn without_a_code_words_are_compared_before_anything_is_said() {
    let mut listener = listener().arg("--no-code").piped();
    let mut connector = connector(listener.port()).arg("--no-code").piped();
    let words = |side: &Piped| {
        let rest = side.expect("Your words: ");
        rest.split('.').next().expect("a sentence").to_owned()
    };
    let (of_listener, of_connector) = (words(&listener), words(&connector));
    listener.line(&of_connector);
    connector.line(&of_listener);
    for side in [&listener, &connector] {
        side.expect("(verified by words)");
    }
    connector.line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    // Now it is known who is who, and the chat outlives its transport.
    kill_plugin(listener.pid(), "transport");
    listener.expect("[!] The part that reaches the network stopped");
    connector.line("still here");
    listener.expect("[peer 127.0.0.1] still here");
}

#[test]
fn a_listen_without_a_code_dies_with_its_transport() {
    let alone = listener().arg("--no-code").piped();
    let compares = listener().arg("--no-code").piped();
    let connector = connector(compares.port()).arg("--no-code").piped();
    connector.expect("Your words: ");
    compares.expect("Your words: ");
    for mut listener in [alone, compares] {
        kill_plugin(listener.pid(), "transport");
        listener.expect("Without a code, listening ends with it");
        assert_eq!(listener.exit_code(), Some(1));
    }
    connector.expect("was cut");
}

#[test]
fn words_that_do_not_match_three_times_end_it_on_both_sides() {
    let mut listener = listener().arg("--no-code").piped();
    let mut connector = connector(listener.port()).arg("--no-code").piped();
    connector.expect("Your words: ");
    for _ in 0..3 {
        connector.line("aardvark abandoned abbreviate");
    }
    assert_eq!(connector.exit_code(), Some(3));
    assert_eq!(listener.exit_code(), Some(3));
    listener.line("never seen");
}

#[test]
fn a_transport_that_dies_while_it_waits_takes_its_code_with_it() {
    let (listener, port, old) = waiting(listener());
    kill_plugin(listener.pid(), "transport");
    listener.expect("The old code no longer works");
    let code = spoken(&listener.stdout);
    assert_ne!(code, old);
    wait_until("it listens again", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let mut late = connector(port).piped();
    late.line(&old);
    assert_eq!(late.exit_code(), Some(3));
    let mut friend = connector(port).piped();
    friend.line(&code).line("hello");
    listener.expect("[peer 127.0.0.1] hello");
}

#[test]
fn a_secure_side_never_talks_to_an_insecure_one() {
    let insecure = Chat::listen().piped();
    let mut secure = connector(insecure.port()).piped();
    secure.line("carrot lemon koala");
    secure.expect("[!] This peer runs the old p2p-chat, which sends its key in clear.");
    assert_eq!(secure.exit_code(), Some(3));
    let (listener, port, _) = waiting(listener());
    let mut insecure = Chat::connect(port).piped();
    assert_eq!(insecure.exit_code(), Some(3));
    let said = listener.stdout.so_far();
    assert!(!said.contains("Connected"), "{said}");
}

#[test]
fn a_script_without_a_code_is_told_and_ends() {
    let (_listener, port, _) = waiting(listener());
    let mut script = connector(port).piped();
    script.end_input();
    assert_eq!(script.exit_code(), Some(2));
    let mut script = connector(port).piped();
    script.line("no code at all");
    script.expect("No try was lost.");
    assert_eq!(script.exit_code(), Some(2));
}
