//! How people use the program.

use crate::support::{Chat, Piped, Screen};

/// What a listener's friend has to know.
pub(crate) struct Invite {
    pub(crate) port: u16,
    /// Its words, with blanks between; empty where there is none.
    pub(crate) code: String,
}

/// What stands before the code, after the beginning of a sentence that depends on the router.
pub(crate) const CODE: &str = "ay this code by phone: ";

/// A listener on a free port, with pipes.
pub(crate) fn listen(options: &[&str]) -> (Piped, Invite) {
    let chat = options
        .iter()
        .fold(listener(), |chat, option| chat.arg(*option));
    started(chat.piped())
}

/// What this listener says to its friend.
pub(crate) fn started(listener: Piped) -> (Piped, Invite) {
    let port = listener.port();
    let code = Invite::code(&listener.expect(CODE));
    (listener, Invite { port, code })
}

/// A listener on a free port, in a terminal.
pub(crate) fn listen_on_screen(options: &[&str]) -> (Screen, Invite) {
    let chat = options
        .iter()
        .fold(listener(), |chat, option| chat.arg(*option));
    let screen = chat.on_screen();
    let port = screen.port();
    screen.expect("[*] Waiting for connection...");
    let text = screen.text();
    let code = text
        .split(CODE)
        .nth(1)
        .map_or_else(String::new, Invite::code);
    (screen, Invite { port, code })
}

pub(crate) fn listener() -> Chat {
    Chat::new(&["listen", "0", "--bind", "127.0.0.1"])
}

/// A connector who will be asked for the code.
pub(crate) fn connect(port: u16) -> Chat {
    Chat::new(&["connect", &format!("127.0.0.1:{port}")])
}

/// The friend comes in, and both say something.
pub(crate) fn friend_chats(listener: &mut Piped, invite: &Invite) {
    let mut friend = connect(invite.port).piped();
    friend.line(&invite.code);
    friend.line("here I am");
    listener.expect("[peer 127.0.0.1] here I am");
    listener.line("there you are");
    friend.expect("[peer 127.0.0.1] there you are");
}

/// The words this screen tells its user to read out.
pub(crate) fn words_on(screen: &Screen) -> String {
    screen.expect("Your words: ");
    let text = screen.text();
    let after = text.split("Your words: ").nth(1).expect("it was there");
    after.split('.').next().expect("a row").replace('\n', " ")
}

impl Invite {
    /// Its three words; on a screen they may stand in two rows.
    pub(crate) fn code(rest: &str) -> String {
        let words = rest.split("(or").next().expect("a text").split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    }
}
