//! A caller who is in: the peer of a transport's session, made by hand.

use std::io::Read;

use bytes::BytesMut;
use p2p_chat_secure_channel::{Channel, Event, take_record};

use super::random;
use super::secure::{Caller, is_reset};

/// A caller who is in.
pub(crate) struct Member {
    pub(crate) caller: Caller,
    pub(crate) channel: Channel,
    pub(crate) out: BytesMut,
}

impl Member {
    /// Sends what the channel wants sent.
    pub(crate) fn flush(&mut self) {
        let out = self.out.split();
        self.caller.write(&out);
    }

    /// Does what is due: the first word of one who connected.
    pub(crate) fn tick(&mut self) {
        self.tick_at(1);
    }

    /// Does what is due at this time.
    fn tick_at(&mut self, now_ms: u64) {
        let ticked = self.channel.tick(now_ms, &mut random(), &mut self.out);
        ticked.expect("alive");
        self.flush();
    }

    pub(crate) fn say(&mut self, payload: &str) {
        self.channel
            .send(payload, 0, &mut random(), &mut self.out)
            .expect("sealed");
        self.flush();
    }

    /// The next event of the channel; `None` when the connection ends.
    pub(crate) fn event(&mut self) -> Option<Event> {
        self.next(true)
    }

    /// The same, and what it leads to waits for [`Member::flush`].
    pub(crate) fn event_unanswered(&mut self) -> Option<Event> {
        self.next(false)
    }

    fn next(&mut self, answers: bool) -> Option<Event> {
        loop {
            if let Some(event) = self.channel.poll() {
                return Some(event);
            }
            let token = loop {
                let record = take_record(&mut self.caller.buffer).expect("a record");
                if let Some(token) = record {
                    break token;
                }
                let mut bytes = [0; 65_536];
                match self.caller.stream.read(&mut bytes) {
                    Ok(0) => return None,
                    Ok(read) => self.caller.buffer.extend_from_slice(&bytes[..read]),
                    Err(error) if is_reset(&error) => return None,
                    Err(error) => panic!("nothing in time: {error}"),
                }
            };
            let random = &mut random();
            let opened = self.channel.receive(&token, 0, random, &mut self.out);
            opened.expect("an honest record");
            if answers {
                self.flush();
            }
        }
    }
}
