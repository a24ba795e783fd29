//! The original program at a listener of ours, and ours at one of its own: neither takes the other
//! for a friend.

use crate::original::Python;
use crate::people::{connect, friend_chats, listen};
use crate::support::Chat;

const OLD: &str = "This peer runs the old p2p-chat, which sends its key in clear";

#[test]
fn its_key_is_not_used_and_the_user_is_told() {
    let Some(python) = Python::find("its_key_is_not_used_and_the_user_is_told") else {
        return;
    };
    for options in [&[][..], &["--no-code"]] {
        let original = python.listen();
        let chat = connect(original.port());
        let mut ours = options.iter().fold(chat, |chat, it| chat.arg(*it)).piped();
        ours.line("carrot lemon koala").line("not to be sent");
        assert_eq!(ours.exit_code(), Some(3));
        let said = ours.stdout.all() + &ours.stderr.all();
        assert!(said.contains(OLD), "{said}");
        // What reached it was no token: the first message of a handshake.
        original.event("deaf");
        assert!(original.received().is_empty());
    }
}

#[test]
fn it_learns_nothing_from_a_listener_and_keeps_nobody_out() {
    let name = "it_learns_nothing_from_a_listener_and_keeps_nobody_out";
    let Some(python) = Python::find(name) else {
        return;
    };
    let (mut listener, invite) = listen(&[]);
    let mut original = python.connect(invite.port);
    friend_chats(&mut listener, &invite);
    // Without a key it fails, and says no more than that.
    assert_eq!(original.0.exit_code(), Some(1));
    let said = original.0.stdout.all();
    assert!(said.is_empty(), "{said}");
}

#[test]
fn ours_in_its_place_learns_nothing_either() {
    let (mut listener, invite) = listen(&[]);
    let address = format!("127.0.0.1:{}", invite.port);
    let mut old = Chat::new(&["connect", &address, "--insecure-legacy"]).piped();
    assert_eq!(old.exit_code(), Some(3));
    let said = old.stdout.all();
    let why = "It probably runs this version and waits for a code. Refused.";
    assert!(said.contains(why), "{said}");
    friend_chats(&mut listener, &invite);
}
