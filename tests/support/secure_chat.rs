//! Two in a secure chat, brought together by a code.

use crate::support::{Chat, Piped, Screen, Transcript};

/// A listener on a free port of this computer, which makes a code.
pub(crate) fn listener() -> Chat {
    Chat::new(&["listen", "0", "--bind", "127.0.0.1"])
}

/// A connector to that port.
pub(crate) fn connector(port: u16) -> Chat {
    Chat::new(&["connect", &format!("127.0.0.1:{port}")])
}

/// A listener that shows its code: its port, and the words.
pub(crate) fn waiting(chat: Chat) -> (Piped, u16, String) {
    let listener = chat.piped();
    let port = listener.port();
    let code = spoken(&listener.stdout);
    listener.expect("[*] Waiting for connection...");
    (listener, port, code)
}

/// The code that a listener shows next, as words.
pub(crate) fn spoken(shown: &Transcript) -> String {
    let rest = shown.expect("code by phone: ").expect("a code");
    let (words, numbers) = rest.split_once("(or the numbers ").expect("both forms");
    assert_eq!(numbers.split_whitespace().count(), 3, "{rest}");
    three(words)
}

fn three(words: &str) -> String {
    let words: Vec<_> = words.split_whitespace().take(3).collect();
    assert_eq!(words.len(), 3, "{words:?}");
    words.join(" ")
}

/// Two that are connected by code and have said something.
pub(crate) fn chatting() -> (Piped, Piped) {
    chatting_with(listener())
}

/// The same with this listener.
pub(crate) fn chatting_with(listener: Chat) -> (Piped, Piped) {
    let (mut listener, port, code) = waiting(listener);
    let mut connector = connector(port).piped();
    connector.line(&code).line("hello");
    listener.expect("(verified by code)");
    listener.expect("[peer 127.0.0.1] hello");
    listener.line("hi");
    connector.expect("[peer 127.0.0.1] hi");
    (listener, connector)
}

/// The same, the listener in a terminal.
pub(crate) fn chatting_on_screen(listener: Chat) -> (Screen, Piped) {
    let mut listener = listener.on_screen();
    let port = listener.port();
    // A screen may be too narrow for the numbers behind it.
    let shown = listener.printed.expect("code by phone: ");
    let code = three(&shown.expect("a code"));
    let mut connector = connector(port).piped();
    connector.line(&code).line("hello");
    listener.expect("[peer 127.0.0.1] hello");
    listener.keys("hi\r");
    connector.expect("[peer 127.0.0.1] hi");
    (listener, connector)
}

/// What the other side said, as it is shown in these rows.
pub(crate) fn texts_of_peer(shown: &str) -> Vec<&str> {
    let rows = shown.lines();
    rows.filter_map(|row| row.strip_prefix("[peer 127.0.0.1] "))
        .collect()
}
