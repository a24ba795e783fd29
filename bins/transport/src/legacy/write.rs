//! Writing: what the original program can take in.
//!
//! It reads up to 4096 bytes and takes them for one token. Two tokens in one read, or one torn
//! over two, and it loses texts or hears nothing more. So: one token a write, none longer than
//! its read, and time between them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use fernet::Fernet;
use p2p_chat_protocol::{ErrorCode, MAX_TEXT, Payload, Refusal};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until};

/// Between the key and a token, and between two tokens: long enough that the peer's program has
/// read the one before the other comes, on a line with some jitter.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest text whose token (4088 characters) fits the peer's read of 4096.
const MAX_PIECE: usize = 3007;

/// Why a payload was not sent.
#[derive(Debug)]
pub(super) enum SendError {
    /// This protocol cannot carry it; the next one is welcome.
    Refused(Refusal),
    /// The connection is gone.
    Broken,
}

/// Writes texts into `W`.
pub(crate) struct TokenWriter<W> {
    sink: W,
    fernet: Fernet,
    /// The rest of a token that is being written: a torn one would end the peer's reception.
    unsent: Bytes,
    /// No token before this.
    next: Instant,
}

impl<W: AsyncWrite + Unpin> TokenWriter<W> {
    /// A writer for after the key.
    pub(super) fn new(sink: W, fernet: Fernet) -> Self {
        Self {
            sink,
            fernet,
            unsent: Bytes::new(),
            next: Instant::now() + PAUSE,
        }
    }

    /// Sends a text in as many tokens as it needs. A dropped call leaves whole tokens only, once
    /// [`TokenWriter::close`] was called.
    pub(crate) async fn send(&mut self, payload: &Payload) -> Result<(), SendError> {
        let text = text_of(payload).map_err(SendError::Refused)?;
        for piece in pieces(&text) {
            self.write_unsent().await?;
            sleep_until(self.next).await;
            let token = self.fernet.encrypt_at_time(piece.as_bytes(), unix_time());
            self.unsent = Bytes::from(token);
        }
        self.write_unsent().await
    }

    /// Finishes the token that is being written, and ends the stream.
    pub(crate) async fn close(&mut self) {
        if self.write_unsent().await.is_ok() {
            // The peer may be gone already; then there is nobody to say goodbye to.
            let _ = self.sink.shutdown().await;
        }
    }

    async fn write_unsent(&mut self) -> Result<(), SendError> {
        while self.unsent.has_remaining() {
            let written = self.sink.write_buf(&mut self.unsent).await;
            if !matches!(written, Ok(1..)) {
                return Err(SendError::Broken);
            }
            self.next = Instant::now() + PAUSE;
        }
        Ok(())
    }
}

fn text_of(payload: &Payload) -> Result<String, Refusal> {
    let Some(text) = payload.to_text() else {
        let sentence = "In an INSECURE chat a payload is a string: the text.";
        return Err(Refusal::new(ErrorCode::InvalidMessage, sentence));
    };
    if text.len() > MAX_TEXT {
        let sentence = format!(
            "The text has {} bytes, and {MAX_TEXT} is the most. Send it in parts.",
            text.len()
        );
        return Err(Refusal::new(ErrorCode::TooLarge, sentence));
    }
    Ok(text)
}

/// `text` in pieces of at most [`MAX_PIECE`] bytes that tear no character; an empty text is one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, tail) = text.split_at(text.floor_char_boundary(MAX_PIECE));
        rest = (!tail.is_empty()).then_some(tail);
        Some(piece)
    })
}

/// The time in a token: the peer shows it to nobody and checks it by nothing.
fn unix_time() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    fn fernet() -> Fernet {
        Fernet::new(&Fernet::generate_key()).expect("a key")
    }

    #[test]
    fn a_text_is_split_between_characters() {
        let text = "\u{1f525}".repeat(2000);
        let split: Vec<&str> = pieces(&text).collect();
        assert_eq!(split.concat(), text);
        assert!(split.iter().all(|piece| piece.len() <= MAX_PIECE));
        assert_eq!(pieces("").collect::<Vec<_>>(), [""]);
        assert_eq!(pieces(&"x".repeat(MAX_PIECE)).count(), 1);
        assert_eq!(pieces(&"x".repeat(MAX_PIECE + 1)).count(), 2);
    }

    #[test]
    fn the_longest_piece_fits_the_peers_read_and_one_byte_more_does_not() {
        let token = |length| fernet().encrypt(&vec![b'x'; length]).len();
        assert_eq!(token(MAX_PIECE), 4088);
        assert!(token(MAX_PIECE + 1) > 4096);
    }

    #[tokio::test(start_paused = true)]
    async fn every_token_is_one_write_and_they_are_a_pause_apart() {
        let (near, mut far) = tokio::io::duplex(65_536);
        let fernet = fernet();
        let mut writer = TokenWriter::new(near, fernet.clone());
        let begun = Instant::now();
        let long = Payload::from_text(&"x".repeat(2 * MAX_PIECE));
        let sending = tokio::spawn(async move {
            writer.send(&long).await.expect("sent");
            writer
                .send(&Payload::from_text("next"))
                .await
                .expect("sent");
        });
        for (n, length) in [MAX_PIECE, MAX_PIECE, 4].into_iter().enumerate() {
            let mut token = [0; 4096];
            let read = far.read(&mut token).await.expect("readable");
            let token = std::str::from_utf8(&token[..read]).expect("base64");
            assert_eq!(fernet.decrypt(token).map(|text| text.len()), Ok(length));
            assert!(begun.elapsed() >= PAUSE * (n as u32 + 1));
        }
        sending.await.expect("sent");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_send_is_closed_with_a_whole_token() {
        let (near, mut far) = tokio::io::duplex(10);
        let fernet = fernet();
        let mut writer = TokenWriter::new(near, fernet.clone());
        let long = Payload::from_text(&"x".repeat(2 * MAX_PIECE));
        let limit = tokio::time::timeout(PAUSE * 2, writer.send(&long));
        assert!(limit.await.is_err(), "ten bytes cannot hold it");
        let mut stream = String::new();
        let (_, read) = tokio::join!(writer.close(), far.read_to_string(&mut stream));
        read.expect("readable");
        assert_eq!(
            fernet.decrypt(&stream).map(|text| text.len()),
            Ok(MAX_PIECE)
        );
    }

    #[tokio::test]
    async fn what_is_no_text_or_too_long_is_refused_with_its_size() {
        let mut writer = TokenWriter::new(tokio::io::sink(), fernet());
        let number = Payload(serde_json::value::to_raw_value(&7).expect("JSON"));
        let refused = |error| match error {
            Err(SendError::Refused(refusal)) => (refusal.code, refusal.message),
            other => panic!("{other:?}"),
        };
        let (code, _) = refused(writer.send(&number).await);
        assert_eq!(code, ErrorCode::InvalidMessage);
        let long = Payload::from_text(&"x".repeat(MAX_TEXT + 1));
        let (code, sentence) = refused(writer.send(&long).await);
        assert_eq!(code, ErrorCode::TooLarge);
        assert!(sentence.contains("32769"), "{sentence}");
    }
}
