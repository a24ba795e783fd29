//! The line is cut at the end of each message, one byte before and one after.

use serde_json::json;

use crate::man_in_the_middle::{Message, To, Wires};
use crate::scene::{Scene, with_each};

/// The bytes each direction has sent at the end of each message: HELLO, AUTH, a short record.
pub(crate) const TO_LISTENER: [usize; 3] =
    [2 + 1304, 2 + 1304 + 2 + 64, 2 + 1304 + 2 + 64 + 4 + 396];
pub(crate) const TO_CONNECTOR: [usize; 3] =
    [2 + 1192, 2 + 1192 + 2 + 32, 2 + 1192 + 2 + 32 + 4 + 396];

#[test]
fn a_cut_at_any_message_is_told_by_both_and_heals_where_both_were_sure() {
    let around = |to, ends: [usize; 3]| {
        let all = ends.map(|end| [end - 1, end, end + 1].map(|bytes| (to, bytes)));
        all.as_flattened().to_vec()
    };
    let mut all = around(To::Listener, TO_LISTENER);
    all.extend(around(To::Connector, TO_CONNECTOR));
    with_each(&all, |(to, bytes)| cut_after(to, bytes));
}

/// Cuts one connection after the other, when so many bytes have gone to this side; those that come
/// after the last are left alone.
pub(crate) fn cutting(mut left: Vec<(To, usize)>) -> impl FnMut(Message, &Wires) + Send {
    move |mut message, wires| match left.get_mut(message.connection) {
        Some((to, left)) if *to == message.to => {
            message.bytes.truncate(*left);
            wires.pass(&message);
            *left -= message.bytes.len();
            if *left == 0 {
                wires.cut(message.connection);
            }
        }
        _ => wires.pass(&message),
    }
}

fn cut_after(to: To, bytes: usize) {
    let mut scene = Scene::new(cutting(vec![(to, bytes)]));
    let whole = |end: usize| bytes >= end;
    // What each has sent when the line is cut, and so knows.
    let (asked, told) = match to {
        To::Listener => (whole(TO_LISTENER[1]), bytes > TO_LISTENER[1]),
        To::Connector => (bytes > TO_CONNECTOR[0], whole(TO_CONNECTOR[1])),
    };
    if told {
        // A text from each, which the cut meets.
        scene.connector.event("peer_connected");
        scene.listener.event("peer_connected");
        for side in [&mut scene.connector, &mut scene.listener] {
            side.ask_only(json!({ "type": "send", "payload": "hello" }));
        }
        scene.resumes();
        return;
    }
    let code = scene.connector.event("connect_failed")["code"].clone();
    let guessed = match to {
        To::Listener => bytes > TO_LISTENER[0],
        To::Connector => whole(TO_CONNECTOR[0]),
    };
    assert_eq!(
        code,
        if guessed {
            "wrong_code"
        } else {
            "handshake_failed"
        },
        "{to:?} {bytes}"
    );
    scene.nothing_was_shown();
    if asked {
        scene.listener.event("peer_connected");
        let gone = scene.listener.event("peer_disconnected");
        assert_eq!(gone["reason"], "cut", "{to:?} {bytes}");
    } else {
        assert!(
            scene
                .listener
                .process
                .so_far("authentication_failed")
                .is_empty()
        );
        scene.friend_comes_in();
    }
}
