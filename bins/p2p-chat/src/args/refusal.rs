//! What is refused before anything starts: for the user's safety, or because it makes no sense.

use p2p_chat_chat::Ending;

use super::{Command, Line};

/// The reason where a code stands on the command line.
pub(super) const CODE_IN_ARGUMENTS: &str = "A code on the command line can be read by other programs. Run p2p-chat connect, then paste the invite when asked.";

/// How the program ends instead, and why; nothing, where all is well.
pub(super) fn refusal(line: &Line) -> Option<(Ending, &'static str)> {
    let connects = matches!(&line.command, Some(Command::Connect { .. }) | None);
    let code_file = line.code_file.is_some();
    if line.insecure_legacy && (line.no_code || code_file) {
        return Some((
            Ending::Refused,
            "An INSECURE chat knows neither codes nor words. Leave --insecure-legacy away, or --no-code and --code-file.",
        ));
    }
    if code_file && line.no_code {
        return Some((
            Ending::Usage,
            "--no-code and --code-file contradict each other. Leave one of them away.",
        ));
    }
    if code_file && !connects {
        return Some((
            Ending::Usage,
            "--code-file is for connect. A listener makes a code of its own, and shows it.",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn what_contradicts_itself_or_the_users_safety_is_refused() {
        for (arguments, code, part) in [
            (
                &["connect", "--insecure-legacy", "--code-file", "f"][..],
                3,
                "INSECURE",
            ),
            (&["listen", "--insecure-legacy", "--no-code"], 3, "INSECURE"),
            (&["--no-code", "--insecure-legacy"], 3, "INSECURE"),
            (
                &["connect", "--no-code", "--code-file", "f"],
                2,
                "contradict",
            ),
            (&["listen", "--code-file", "f"], 2, "for connect"),
        ] {
            let arguments = [&["p2p-chat"], arguments].concat();
            let line = Line::try_parse_from(&arguments).expect("well formed");
            let (ending, sentence) = refusal(&line).expect("refused");
            assert_eq!(ending.code(), code, "{arguments:?}");
            assert!(sentence.contains(part), "{arguments:?}: {sentence}");
        }
        for arguments in [
            &["p2p-chat"][..],
            &["p2p-chat", "--code-file", "f"],
            &["p2p-chat", "connect", "--code-file", "f"],
            &[
                "p2p-chat",
                "listen",
                "--no-code",
                "--public",
                "me.example.net",
            ],
            &["p2p-chat", "listen", "--insecure-legacy"],
        ] {
            let line = Line::try_parse_from(arguments).expect("well formed");
            assert_eq!(refusal(&line), None, "{arguments:?}");
        }
    }
}
