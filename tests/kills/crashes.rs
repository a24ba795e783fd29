//! A plugin that dies again and again is given up.

use crate::support::secure_chat::{chatting_on_screen, chatting_with, listener, texts_of_peer};
use crate::support::{Chat, Script, all_gone, children_of, kill_plugin, wait_until};

/// So many crashes within three minutes, with pauses of 1, 2, 4 and 8 s between them.
const TOO_MANY: usize = 5;

/// The pauses are waited for at the same time.
#[test]
fn five_crashes_in_mid_chat_give_a_plugin_up() {
    std::thread::scope(|scope| {
        scope.spawn(|| end_the_program("ui"));
        scope.spawn(|| end_the_program("transport"));
        scope.spawn(a_chat_goes_on_without_nat_helper);
    });
}

fn end_the_program(plugin: &str) {
    let (mut listener, connector) = chatting_on_screen(listener());
    let children = children_of(listener.pid());
    for crash in 1..=TOO_MANY {
        if plugin == "ui" {
            // Each has drawn something, and so changed the terminal.
            wait_until("the conversation is shown again", || {
                let shown = listener.printed.so_far();
                shown.matches("[peer 127.0.0.1] hello").count() == crash
            });
        }
        kill_plugin(listener.pid(), plugin);
    }
    listener.expect(&format!("p2p-chat: the {plugin} does not work: it "));
    assert_eq!(listener.exit_code(), 70, "{plugin}");
    listener.assert_in_order();
    all_gone(&children);
    // Who still has a transport says goodbye.
    connector.expect(match plugin {
        "ui" => " disconnected",
        _ => "[!] Connection cut.",
    });
}

fn a_chat_goes_on_without_nat_helper() {
    let hello = r#"{"type":"hello","protocol":1,"role":"nat-helper","name":"idle"}"#;
    let idle = Script::new(&format!("echo '{hello}'; exec sed -n d"));
    let (mut listener, mut connector) = chatting_with(Chat::listen_with_nat_helper(idle.path()));
    let children = children_of(listener.pid());
    for _ in 0..TOO_MANY {
        kill_plugin(listener.pid(), "sed");
    }
    listener.expect("[!] the nat-helper does not work: it ");
    listener.line("still here");
    connector.expect("[peer 127.0.0.1] still here");
    connector.line("so am I");
    listener.expect("[peer 127.0.0.1] so am I");
    listener.line("/quit");
    assert_eq!(listener.exit_code(), Some(0));
    all_gone(&children);
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(texts_of_peer(&listener.stdout.all()), ["hello", "so am I"]);
    assert_eq!(texts_of_peer(&connector.stdout.all()), ["hi", "still here"]);
}
