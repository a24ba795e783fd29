//! Reading: all tokens that are there, with one read.

use std::io;

use bytes::BytesMut;
use fernet::Fernet;
use p2p_chat_protocol::Payload;
use p2p_chat_protocol::transport::DisconnectReason;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::codec::Decoder;

use super::tokens::Tokens;
use crate::log::debug;

/// One read takes at most this much: what the longest token needs, and many short ones.
const READ_SIZE: usize = 65_536;

/// Reads texts from `R`.
pub(crate) struct TokenReader<R> {
    source: R,
    stream: BytesMut,
    tokens: Tokens,
}

impl<R: AsyncRead + Unpin> TokenReader<R> {
    pub(super) fn new(source: R, fernet: Fernet) -> Self {
        Self {
            source,
            stream: BytesMut::new(),
            tokens: Tokens::new(fernet),
        }
    }

    /// Waits for texts and appends all that are there; the error is the end, and says why.
    pub(crate) async fn receive(
        &mut self,
        payloads: &mut Vec<Payload>,
    ) -> Result<(), DisconnectReason> {
        loop {
            // A text that came before rubbish is delivered; the rubbish is met again next time.
            loop {
                match self.tokens.decode(&mut self.stream) {
                    Ok(Some(text)) => payloads.push(Payload::from_text(&text)),
                    Err(error) if payloads.is_empty() => return Err(reason(&error)),
                    Ok(None) | Err(_) => break,
                }
            }
            if !payloads.is_empty() {
                return Ok(());
            }
            self.stream.reserve(READ_SIZE);
            let read = self.source.read_buf(&mut self.stream).await;
            let bytes = read.map_err(|error| reason(&error))?;
            if bytes == 0 {
                return Err(match self.tokens.decode_eof(&mut self.stream) {
                    Ok(_) => DisconnectReason::Left,
                    Err(error) => reason(&error),
                });
            }
            debug(format_args!("Received {bytes} bytes of encrypted data"));
        }
    }

    /// Reads and drops what still comes, to its end.
    pub(crate) async fn drain(&mut self) {
        let mut dropped = [0; 4096];
        while matches!(self.source.read(&mut dropped).await, Ok(1..)) {}
    }
}

fn reason(error: &io::Error) -> DisconnectReason {
    match error.kind() {
        io::ErrorKind::InvalidData => DisconnectReason::ProtocolError,
        _ => DisconnectReason::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(stream: &[u8], fernet: &Fernet) -> (Vec<String>, DisconnectReason) {
        let mut reader = TokenReader::new(stream, fernet.clone());
        let mut payloads = Vec::new();
        loop {
            let mut batch = Vec::new();
            match reader.receive(&mut batch).await {
                Ok(()) => payloads.extend(batch),
                Err(reason) => {
                    let texts = payloads.iter().filter_map(Payload::to_text);
                    return (texts.collect(), reason);
                }
            }
        }
    }

    fn fernet() -> Fernet {
        Fernet::new(&Fernet::generate_key()).expect("a key")
    }

    #[tokio::test]
    async fn the_end_says_whether_the_peer_left_or_the_line_was_cut() {
        let fernet = fernet();
        let token = fernet.encrypt(b"hi").into_bytes();
        let whole = all(&token, &fernet).await;
        assert_eq!(whole, (vec!["hi".to_owned()], DisconnectReason::Left));
        let torn = all(&token[..60], &fernet).await;
        assert_eq!(torn, (vec![], DisconnectReason::Cut));
    }

    #[tokio::test]
    async fn texts_before_rubbish_are_delivered() {
        let fernet = fernet();
        let stream = [fernet.encrypt(b"hi").as_bytes(), b"rubbish"].concat();
        let read = all(&stream, &fernet).await;
        assert_eq!(
            read,
            (vec!["hi".to_owned()], DisconnectReason::ProtocolError)
        );
    }

    #[tokio::test]
    async fn a_payload_has_no_control_bytes() {
        let fernet = fernet();
        let stream = fernet.encrypt(b"a\nb\x1b\x00c").into_bytes();
        let mut reader = TokenReader::new(stream.as_slice(), fernet);
        let mut payloads = Vec::new();
        reader.receive(&mut payloads).await.expect("a text");
        assert_eq!(payloads[0].0.get(), r#""a\nb\u001b\u0000c""#);
    }
}
