//! Two sides and a network that does what the input says: whatever arrives is a beginning of what
//! was said, and an honest network never ends a session.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use p2p_chat_fuzz::{Counting, code, met};
use p2p_chat_secure_channel::{Channel, CloseReason, Event, Gate, Proof, take_record};

/// One side, what is on its way to it, and how far the conversation is.
struct Side {
    channel: Channel,
    inbox: BytesMut,
    said: u32,
    heard: u32,
    over: bool,
}

fuzz_target!(|input: &[u8]| {
    let mut sides = met(Proof::Code(code()), &mut Gate::with_code(code())).map(|channel| Side {
        channel,
        inbox: BytesMut::new(),
        said: 0,
        heard: 0,
        over: false,
    });
    let mut now_ms = 0;
    let mut honest = true;
    for &action in input.iter().take(400) {
        let [one, other] = &mut sides;
        let (me, you) = if action & 1 == 0 {
            (one, other)
        } else {
            (other, one)
        };
        let mut out = BytesMut::new();
        match action >> 1 & 7 {
            0..=2 => receive(me, now_ms, &mut out, honest),
            3 => {
                let text = me.said.to_string();
                let rng = &mut Counting(now_ms);
                let sent = me.channel.send(&text, now_ms, rng, &mut out);
                me.said += u32::from(sent.is_ok());
            }
            4 => {
                // Up to 32 s: 10 minutes are many of them, and both sides stay alive.
                now_ms += u64::from(action >> 4) * 2000;
                me.over |= me
                    .channel
                    .tick(now_ms, &mut Counting(now_ms), &mut out)
                    .is_err();
            }
            5 if action >> 4 == 0 => {
                let rng = &mut Counting(now_ms);
                me.channel.close(CloseReason::Left, now_ms, rng, &mut out);
            }
            6 if action >> 4 == 0 && !me.inbox.is_empty() => {
                let last = me.inbox.len() - 1;
                me.inbox[last] ^= 1;
                honest = false;
            }
            _ => {}
        }
        drain(me);
        you.inbox.extend_from_slice(&out);
        assert!(me.heard <= you.said && you.heard <= me.said);
    }
});

fn receive(side: &mut Side, now_ms: u64, out: &mut BytesMut, honest: bool) {
    let Ok(Some(token)) = take_record(&mut side.inbox) else {
        return;
    };
    if side.over {
        return;
    }
    let received = side
        .channel
        .receive(&token, now_ms, &mut Counting(now_ms), out);
    if let Err(cut) = received {
        assert!(!honest, "{cut}");
        side.over = true;
    }
}

fn drain(side: &mut Side) {
    while let Some(event) = side.channel.poll() {
        match event {
            Event::Received(text) => {
                assert_eq!(text, side.heard.to_string());
                side.heard += 1;
            }
            Event::Closed(_) => side.over = true,
            _ => {}
        }
    }
}
