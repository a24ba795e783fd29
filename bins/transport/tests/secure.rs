//! Secure chats between two transports.

mod support;

use serde_json::json;
use support::{Transport, secure_chat};

#[test]
fn two_transports_chat_by_code_both_ways() {
    let mut chat = secure_chat();
    chat.connector.send(json!({"kind":"text","n":1,"text":"hello"}));
    let heard = chat.listener.receive();
    assert_eq!(heard, json!({"kind":"text","n":1,"text":"hello"}));
    chat.listener.send(json!({"kind":"ack","n":1}));
    assert_eq!(chat.connector.receive(), json!({"kind":"ack","n":1}));
    chat.connector.expect(json!({"type":"disconnect"}), "ok");
    chat.listener.peer_gone("left");
    chat.listener.end();
    chat.connector.end();
}
