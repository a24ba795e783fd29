//! What a line typed in a chat means. Pure.

use std::borrow::Cow;

use crate::quoted::quoted;

/// A typed line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing to send.
    Blank,
    /// A text for the peer.
    Text(String),
    /// Something for this program.
    Command(Command),
    /// It looks like a command and is none: the sentence that says so.
    Unknown(String),
}

/// What this program can be told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Leave.
    Quit,
    /// Forget the conversation.
    Clear,
    /// Say how things are.
    Status,
    /// List the commands.
    Help,
    /// Make another code.
    NewCode,
    /// Put this address into the invite.
    Public(String),
    /// Copy the invite.
    Copy,
    /// Show the words again.
    Verify,
    /// Drop the peer.
    Reject,
}

/// The answer to `/help`.
pub(crate) const HELP: [&str; 9] = [
    "[*] /quit     leave the chat (also /exit, /q)",
    "[*] /clear    wipe the screen and the conversation in memory",
    "[*] /status   who is connected, and how",
    "[*] /newcode  while you wait: make another code",
    "[*] /public   while you wait: where others reach you, for example /public 203.0.113.7",
    "[*] /copy     while you wait: copy the invite",
    "[*] /verify   with --no-code: show your words again; /reject drops the peer",
    "[*] /help     this list",
    "[*] //text    sends /text",
];

/// Understands one line. Commands ignore case and outer blanks; a text stays as it was typed, but
/// for the line end behind a pasted block.
pub(crate) fn understand<'a>(line: impl Into<Cow<'a, str>>) -> Meaning {
    let line = line.into();
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return Meaning::Blank;
    }
    if trimmed.starts_with("//") {
        return text(line.replacen("//", "/", 1));
    }
    if !trimmed.starts_with('/') {
        return text(line.into_owned());
    }
    let (name, argument) = trimmed
        .split_once(char::is_whitespace)
        .unwrap_or((trimmed, ""));
    if name.eq_ignore_ascii_case("/public") {
        return Meaning::Command(Command::Public(argument.trim().to_owned()));
    }
    match trimmed.to_ascii_lowercase().as_str() {
        "/quit" | "/exit" | "/q" => Meaning::Command(Command::Quit),
        "/clear" => Meaning::Command(Command::Clear),
        "/status" => Meaning::Command(Command::Status),
        "/help" => Meaning::Command(Command::Help),
        "/newcode" => Meaning::Command(Command::NewCode),
        "/copy" => Meaning::Command(Command::Copy),
        "/verify" => Meaning::Command(Command::Verify),
        "/reject" => Meaning::Command(Command::Reject),
        _ => Meaning::Unknown(no_such_command(trimmed)),
    }
}

fn text(mut typed: String) -> Meaning {
    typed.truncate(typed.trim_end_matches(['\n', '\r']).len());
    Meaning::Text(typed)
}

fn no_such_command(typed: &str) -> String {
    let name = quoted(typed.split_whitespace().next().unwrap_or(typed));
    format!("[!] No command \"{name}\". /help lists the commands. To send it as text, type /{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_ignore_case_and_outer_blanks() {
        for line in ["/quit", " /EXIT ", "/q\t", "/Quit"] {
            assert_eq!(understand(line), Meaning::Command(Command::Quit), "{line}");
        }
        assert_eq!(understand("/CLEAR"), Meaning::Command(Command::Clear));
        assert_eq!(understand("/status"), Meaning::Command(Command::Status));
        assert_eq!(understand("/help "), Meaning::Command(Command::Help));
    }

    #[test]
    fn a_pasted_block_is_sent_without_the_end_of_its_last_line() {
        for (pasted, sent) in [("a\nb\n", "a\nb"), (" a \r\n\n", " a "), ("//a\n", "/a")] {
            assert_eq!(understand(pasted), Meaning::Text(sent.to_owned()));
        }
    }

    #[test]
    fn blank_lines_are_not_sent_and_texts_keep_their_blanks() {
        for line in ["", "  ", "\t\n"] {
            assert_eq!(understand(line), Meaning::Blank);
        }
        let indented = "    let x = 1; ";
        assert_eq!(understand(indented), Meaning::Text(indented.to_owned()));
    }

    #[test]
    fn two_slashes_send_one() {
        let sent = |line: &str| match understand(line) {
            Meaning::Text(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(sent("//etc/passwd"), "/etc/passwd");
        assert_eq!(sent("//"), "/");
        assert_eq!(sent("see /etc//passwd"), "see /etc//passwd");
    }

    #[test]
    fn an_unknown_command_is_named_and_never_sent() {
        assert_eq!(
            understand("/etc/passwd"),
            Meaning::Unknown(
                "[!] No command \"/etc/passwd\". /help lists the commands. \
                 To send it as text, type //etc/passwd"
                    .to_owned()
            )
        );
        let public = Command::Public("203.0.113.7:81".to_owned());
        assert_eq!(
            understand("/Public  203.0.113.7:81 "),
            Meaning::Command(public)
        );
        assert!(matches!(understand("/publicity"), Meaning::Unknown(_)));
        assert!(matches!(understand("/quit now"), Meaning::Unknown(_)));
        assert!(matches!(understand("/"), Meaning::Unknown(_)));
        let Meaning::Unknown(sentence) = understand("/\u{1b}[2J") else {
            panic!("taken for something");
        };
        assert!(!sentence.contains('\u{1b}'));
    }
}
