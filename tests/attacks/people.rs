//! How people use the program.

use crate::support::{Chat, Piped, Screen};

/// What a listener's friend has to know.
pub(crate) struct Invite {
    pub(crate) port: u16,
    /// Its words, with blanks between; empty where there is none.
    pub(crate) code: String,
}

const INVITE: &str = "p2pc:127.0.0.1:";

/// A listener on a free port, with pipes.
pub(crate) fn listen(options: &[&str]) -> (Piped, Invite) {
    let listener = listener(options).piped();
    let invite = Invite::read(&listener.expect(INVITE));
    (listener, invite)
}

/// A listener on a free port, in a terminal.
pub(crate) fn listen_on_screen(options: &[&str]) -> (Screen, Invite) {
    let screen = listener(options).on_screen();
    screen
        .expect(INVITE)
        .expect("[*] Waiting for connection...");
    let text = screen.text();
    let after = text.split(INVITE).nth(1).expect("it was there");
    let invite = Invite::read(after.lines().next().expect("a row"));
    (screen, invite)
}

pub(crate) fn listener(options: &[&str]) -> Chat {
    let chat = Chat::new(&["listen", "0", "--bind", "127.0.0.1"]);
    options.iter().fold(chat, |chat, option| chat.arg(*option))
}

/// A connector who will be asked for the code.
pub(crate) fn connect(port: u16) -> Chat {
    Chat::new(&["connect", &format!("127.0.0.1:{port}")])
}

/// The words this screen tells its user to read out.
pub(crate) fn words_on(screen: &Screen) -> String {
    screen.expect("Your words: ");
    let text = screen.text();
    let after = text.split("Your words: ").nth(1).expect("it was there");
    after.split('.').next().expect("a row").replace('\n', " ")
}

impl Invite {
    /// What stands behind the address.
    fn read(rest: &str) -> Self {
        let (port, code) = rest.trim().split_once('#').unwrap_or((rest.trim(), ""));
        Self {
            port: port.parse().unwrap_or_else(|_| panic!("no port: {rest}")),
            code: code.replace('-', " "),
        }
    }
}
