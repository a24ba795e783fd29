//! A connection that is cut after byte k, for every k: what is not whole is not there.

use super::*;
use crate::testing::pair::{code, events};
use crate::{Gate, Message, connect, take_message, take_record};

/// Feeds a stream byte by byte. After each, what is there must be what the whole frames in front
/// of it make: a cut here would leave no more and no less.
fn feed(stream: &[u8], frames: &[usize], mut step: impl FnMut(&mut BytesMut) -> usize) {
    let mut buffer = BytesMut::new();
    let mut taken = 0;
    for (k, &byte) in stream.iter().enumerate() {
        buffer.extend_from_slice(&[byte]);
        taken += step(&mut buffer);
        let mut end = 0;
        let whole = frames.iter().take_while(|&&frame| {
            end += frame;
            end <= k + 1
        });
        assert_eq!(taken, whole.count(), "after byte {}", k + 1);
    }
    assert!(buffer.is_empty());
}

/// One message of a handshake, byte by byte; its body.
fn carried(message: Message, bytes: &[u8]) -> BytesMut {
    let mut body = None;
    feed(bytes, &[bytes.len()], |buffer| {
        body = take_message(message, buffer).unwrap();
        usize::from(body.is_some())
    });
    body.unwrap()
}

#[test]
fn cut_after_every_byte_of_a_session_nothing_half_is_believed() {
    let mut dice = Dice::new(1);
    let mut gate = Gate::with_code(code());
    let (hello_c, waiting_c) = connect(Proof::Code(code()), &mut dice).unwrap();
    let hello_c = carried(Message::HelloC, &hello_c);
    let (hello_l, waiting_l) = gate.answer(&hello_c, 0, &mut dice).unwrap();
    let hello_l = carried(Message::HelloL, &hello_l);
    let Ok((auth_c, waiting_c)) = waiting_c.receive(&hello_l) else {
        panic!("refused");
    };
    let auth_c = carried(Message::AuthC, &auth_c);
    assert_eq!(gate.tickets().count(), 0, "nobody is let in by now");
    let admission = gate.admit(waiting_l, &auth_c, 0, &mut dice).unwrap();
    let mut listener = admission.channel;

    // AUTH_L with records behind it in the same segment.
    let mut stream = BytesMut::from(&admission.auth_l[..]);
    let mut frames = vec![stream.len()];
    for text in ["one", &"two".repeat(500), "three"] {
        let before = stream.len();
        listener
            .send(text, 0, &mut Dice::new(1), &mut stream)
            .unwrap();
        frames.push(stream.len() - before);
    }
    let (mut waiting, mut connector) = (Some(waiting_c), None);
    feed(&stream, &frames, |buffer| match &mut connector {
        None => match take_message(Message::AuthL, buffer).unwrap() {
            None => 0,
            Some(auth_l) => {
                let waiting: crate::AwaitAuthL = waiting.take().unwrap();
                connector = Some(waiting.receive(&auth_l, 0, &mut dice).unwrap());
                1
            }
        },
        Some(connector) => received(connector, buffer),
    });

    let mut connector = connector.unwrap();
    let mut stream = BytesMut::new();
    let mut frames = Vec::new();
    for text in ["four", &"five".repeat(2000)] {
        let before = stream.len();
        connector
            .send(text, 0, &mut Dice::new(1), &mut stream)
            .unwrap();
        frames.push(stream.len() - before);
    }
    assert!(!events(&mut listener).contains(&"confirmed".to_owned()));
    feed(&stream, &frames, |buffer| received(&mut listener, buffer));
}

/// How many payloads a byte more has brought.
fn received(channel: &mut Channel, buffer: &mut BytesMut) -> usize {
    let mut out = BytesMut::new();
    let Some(token) = take_record(buffer).unwrap() else {
        return 0;
    };
    channel
        .receive(&token, 0, &mut Dice::new(1), &mut out)
        .unwrap();
    let heard = events(channel);
    heard.iter().filter(|heard| *heard != "confirmed").count()
}
