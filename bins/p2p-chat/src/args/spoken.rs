//! Whether the command line holds a code. Every program of this computer can read it, so it is
//! refused before anything else looks at it, and never repeated. Pure.

/// The code words. Only the list: the crate it belongs to holds keys, which this process does not.
const LIST: &str = include_str!("../../../../shared/secure-channel/words/eff_short_wordlist_2.txt");

/// A code is three words or numbers.
const WORDS_IN_CODE: usize = 3;

/// Fewer letters are no beginning of a code word.
const SHORTEST: usize = 3;

/// Options whose values are paths, which may hold a `#`.
const PATHS: [&str; 4] = ["--code-file", "--ui", "--transport", "--nat-helper"];

/// Options whose values are names of computers.
const HOSTS: [&str; 2] = ["--public", "--bind"];

/// Whether a code stands in these arguments, or a part of one: behind a `#` as in an invite, or as
/// three words or numbers, together or one after another.
pub(super) fn holds_code(arguments: &[String]) -> bool {
    let checks = arguments.iter().any(|argument| argument == "check");
    let end = arguments.iter().position(|argument| argument == "--");
    // Behind it stands another program's command line.
    let ours = match end {
        Some(end) if checks => &arguments[..end],
        _ => arguments,
    };
    let in_a_row = |some: &[String]| some.iter().all(|argument| is_entry(argument));
    let host = host_place(ours);
    let single = |(at, argument): (usize, &String)| {
        let (option, value) = parts(ours, at, argument);
        let is_name = host == Some(at) || HOSTS.contains(&option);
        (!PATHS.contains(&option) && has_fragment(value)) || is_code(value, is_name)
    };
    ours.windows(WORDS_IN_CODE).any(in_a_row) || ours.iter().enumerate().any(single)
}

/// The option that an argument is the value of, if it is, and that value.
fn parts<'a>(all: &'a [String], at: usize, argument: &'a str) -> (&'a str, &'a str) {
    match argument.split_once('=') {
        Some((option, value)) if option.starts_with('-') => (option, value),
        _ if at > 0 => (&all[at - 1], argument),
        _ => ("", argument),
    }
}

/// Where whom to call stands: the first argument of `connect`.
fn host_place(arguments: &[String]) -> Option<usize> {
    let connect = arguments
        .iter()
        .position(|argument| argument == "connect")?;
    let takes_value = |option: &str| PATHS.contains(&option) || HOSTS.contains(&option);
    (connect + 1..arguments.len())
        .find(|&at| !arguments[at].starts_with('-') && !takes_value(&arguments[at - 1]))
}

fn has_fragment(argument: &str) -> bool {
    let fragment = argument.split_once('#').map(|(_, fragment)| fragment);
    fragment.is_some_and(|fragment| !fragment.trim().is_empty())
}

/// The same separators as where a code is typed. `is_name`: it may be the name of a computer as
/// well (`app-dev-box`), so only whole words count.
fn is_code(text: &str, is_name: bool) -> bool {
    let separator = |c: char| c.is_whitespace() || "-_.,".contains(c);
    let entries: Vec<_> = text.split(separator).filter(|e| !e.is_empty()).collect();
    let is_whole = |entry: &&str| {
        let entry = entry.to_lowercase();
        LIST.lines().any(|word| word == entry)
    };
    let counts = |entry: &&str| {
        let is_number = entry.bytes().all(|b| b.is_ascii_digit());
        is_entry(entry) && (!is_name || is_number || is_whole(entry))
    };
    entries.len() == WORDS_IN_CODE && entries.iter().all(counts)
}

/// A number of the list, or the beginning of one of its words.
fn is_entry(entry: &str) -> bool {
    if let Ok(number) = entry.parse::<usize>() {
        return (1..=LIST.lines().count()).contains(&number);
    }
    let entry = entry.to_lowercase();
    entry.len() >= SHORTEST && LIST.lines().any(|word| word.starts_with(&entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(line: &str) -> bool {
        let arguments: Vec<_> = line.split('|').map(str::to_owned).collect();
        holds_code(&arguments)
    }

    #[test]
    fn a_code_is_found_wherever_it_stands_and_however_it_is_written() {
        for line in [
            "connect|p2pc:127.0.0.1:8080#carrot-lemon-koala",
            "connect|P2PC:127.0.0.1:8080#carrot-lem",
            "p2pc:127.0.0.1:8080#carrot-lemon-koala",
            "connect|1.2.3.4#a-b-c",
            "connect|me.example.net|carrot-lemon-koala",
            "connect|me.example.net|CAR.lem,koa",
            "connect|me.example.net|181 683 665",
            "connect|me.example.net|carrot|lemon|koala",
            "connect|carrot-lemon-koala",
            "connect|me.example.net|app-dev-box",
            "listen|--public|carrot.lemon.koala",
            "connect|--|carrot-lemon-koala",
            "carrot lemon koala",
            "connect|me.example.net|--code|carrot-lemon-koala",
            "connect|me.example.net|--code=carrot-lemon-koala",
            "connect|me.example.net|--code-file|carrot-lemon-koala",
            "connect|me.example.net|--code-file=181-683-665",
        ] {
            assert!(holds(line), "{line}");
        }
    }

    #[test]
    fn what_is_no_code_is_left_alone() {
        for line in [
            "",
            "listen|8080|--public|me.example.net:81",
            "listen|80|--bind|192.168.1.100|--verbose",
            "connect|203.0.113.7:8080",
            "connect|p2pc:203.0.113.7:8080,192.168.1.100:8080,[2001:db8::4]:8080",
            "connect|p2pc:203.0.113.7:8080#",
            "connect|app-dev-box",
            "connect|--plain|--bind|127.0.0.1|apple.device.net",
            "listen|--public|apple.device.com",
            "listen|--public=apple.device.com",
            "connect|www.example.net",
            "connect|h|--code-file|/tmp/code#1",
            "connect|h|--code-file=/tmp/code#1",
            "--ui=./my#ui",
            "doctor|8080|--json",
            "check|ui|--|python3|fox#1|1|2|3",
            "check|transport|--|carrot-lemon-koala",
        ] {
            assert!(!holds(line), "{line}");
        }
        let commands = ["listen", "connect", "doctor", "check"];
        assert!(commands.iter().filter(|command| is_entry(command)).count() <= 1);
    }
}
