//! The menu and its questions, as a state machine: answers in, steps out. Pure.

use p2p_chat_protocol::DEFAULT_PORT;
use p2p_chat_protocol::ui::{Connect, Listen, UiRequest, Verify};

use crate::quoted::quoted;

/// Shown once, above the first menu.
pub(crate) const BANNER: [&str; 3] = [
    "🔥 Smart P2P CLI Chat",
    "🚫 No server. No tracking. No history.",
    "----------------------------------------",
];

/// Shown with every menu.
pub(crate) const CHOICES: [&str; 4] = [
    "[1] Listen for connection",
    "[2] Connect to peer",
    "[3] Exit",
    "",
];

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say this.
    Say(String),
    /// Ask the supervisor; the menu waits for the outcome.
    Request(UiRequest),
    /// Do as if this was typed in the chat.
    Command(String),
    /// Back to the menu.
    Menu,
    /// Leave the program.
    Quit,
}

/// The question that waits for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Question {
    /// Which entry of the menu.
    #[default]
    Choice,
    /// Where to listen.
    ListenPort,
    /// Where to listen instead of this port.
    OtherPort(u16),
    /// Whom to call.
    Peer,
    /// The port of this host.
    PeerPort(String),
    /// The code of whoever listens there.
    Code(String),
    /// Whether to call again, with the same code.
    Again(Connect),
    /// Whether to make a new code in the place of a dead one.
    NewCode,
    /// The words the user hears; his own are these.
    Words(String),
}

impl Question {
    /// What stands before the answer.
    pub(crate) fn prompt(&self) -> String {
        match self {
            Self::Choice => "Select option: ".to_owned(),
            Self::ListenPort => format!("Port (default {DEFAULT_PORT}): "),
            Self::OtherPort(port) => format!(
                "[!] Port {port} is in use on this computer. Another port (Enter: any free one): "
            ),
            Self::Peer => "Enter peer IP, hostname or invite: ".to_owned(),
            Self::PeerPort(_) => format!("Enter port (default {DEFAULT_PORT}): "),
            Self::Code(_) => "Code (three words or numbers): ".to_owned(),
            // Their sentence ends with the keys.
            Self::Again(_) | Self::NewCode => "> ".to_owned(),
            Self::Words(own) => {
                format!("Your words: {own}. Type the three words you hear: ")
            }
        }
    }

    /// Whether what is typed here shall not stay on the screen.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Code(_))
    }

    /// Takes the answer: what to do, and what to ask next. After a request there is nothing more
    /// to ask.
    pub(crate) fn answer(self, line: &str) -> (Vec<Step>, Option<Self>) {
        let answer = line.trim();
        if matches!(
            answer.to_ascii_lowercase().as_str(),
            "/quit" | "/exit" | "/q"
        ) {
            return (vec![Step::Quit], None);
        }
        if answer.eq_ignore_ascii_case("/menu") {
            return (vec![Step::Menu], None);
        }
        match self {
            Self::Choice => choose(answer),
            Self::ListenPort if answer.is_empty() => listen(None),
            Self::OtherPort(_) if answer.is_empty() => listen(Some(0)),
            Self::ListenPort | Self::OtherPort(_) => match answer.parse() {
                Ok(port) => listen(Some(port)),
                Err(_) => again(invalid_port(answer, " (0: any free one)"), self),
            },
            Self::Peer => call(answer),
            Self::PeerPort(host) => match port(answer) {
                Some(port) => connect(&host_and_port(&host, port)),
                None => again(invalid_port(answer, ""), Self::PeerPort(host)),
            },
            Self::Code(_) if answer.is_empty() => again("[!] Code required".to_owned(), self),
            Self::Code(target) => {
                let request = UiRequest::Connect(Connect {
                    invite: target.into(),
                    passcode: Some(answer.into()),
                });
                (vec![Step::Request(request)], None)
            }
            Self::Again(call) if answer.is_empty() => {
                (vec![Step::Request(UiRequest::Connect(call))], None)
            }
            Self::NewCode if answer.is_empty() => {
                (vec![Step::Command("/newcode".to_owned())], None)
            }
            Self::Words(_) if answer.is_empty() => (vec![], Some(self)),
            Self::Words(_) if !answer.starts_with('/') => {
                let words = answer.into();
                let request = UiRequest::Verify(Verify { words });
                (vec![Step::Request(request)], None)
            }
            Self::Again(_) | Self::NewCode | Self::Words(_) => {
                (vec![Step::Command(answer.to_owned())], Some(self))
            }
        }
    }
}

type Next = (Vec<Step>, Option<Question>);

fn choose(answer: &str) -> Next {
    match answer {
        "1" => (vec![], Some(Question::ListenPort)),
        "2" => (vec![], Some(Question::Peer)),
        "3" => (vec![Step::Say("Goodbye!".to_owned()), Step::Quit], None),
        invite if is_invite(invite) => connect(invite),
        _ => again("[!] Invalid option".to_owned(), Question::Choice),
    }
}

fn call(answer: &str) -> Next {
    if answer.is_empty() {
        return again("[!] IP address required".to_owned(), Question::Peer);
    }
    // Brackets and more than one colon: an IPv6 address, whose colons set no port apart.
    let bare_ipv6 = answer.matches(':').count() > 1 && !answer.contains("]:");
    if is_invite(answer) {
        return connect(answer);
    }
    if answer.contains(|c: char| c.is_whitespace() || "/,#@".contains(c)) {
        let shown = quoted(answer);
        return again(
            format!("[!] \"{shown}\" is neither an IP address nor a name nor an invite."),
            Question::Peer,
        );
    }
    match answer.rsplit_once(':') {
        Some((_, typed)) if !bare_ipv6 => match port(typed) {
            Some(_) if !typed.is_empty() => connect(answer),
            _ => again(invalid_port(typed, ""), Question::Peer),
        },
        _ => (vec![], Some(Question::PeerPort(answer.to_owned()))),
    }
}

fn again(sentence: String, question: Question) -> Next {
    (vec![Step::Say(sentence)], Some(question))
}

fn listen(port: Option<u16>) -> Next {
    let request = UiRequest::Listen(Listen { port });
    (vec![Step::Request(request)], None)
}

fn connect(target: &str) -> Next {
    let request = UiRequest::Connect(Connect {
        invite: target.into(),
        passcode: None,
    });
    (vec![Step::Request(request)], None)
}

/// Whether the supervisor should read it as an invite; quotes and brackets come from pasting.
pub(crate) fn is_invite(answer: &str) -> bool {
    let bare = answer.trim_start_matches(['"', '\'', '<', '(', '`', ' ']);
    bare.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("p2pc:"))
}

/// A port to connect to; nothing typed is the usual one.
fn port(answer: &str) -> Option<u16> {
    match answer {
        "" => Some(DEFAULT_PORT),
        digits => digits.parse().ok().filter(|&port| port != 0),
    }
}

fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn invalid_port(typed: &str, zero: &str) -> String {
    let typed = quoted(typed);
    format!("[!] Invalid port number \"{typed}\". A port is 1 to 65535{zero}.")
}

#[cfg(test)]
mod tests;
