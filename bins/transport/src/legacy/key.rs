//! The key of a chat: 44 bytes that the listener sends first, in clear.

use fernet::Fernet;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::log::debug;

/// 32 bytes in base64.
const KEY_LENGTH: usize = 44;

/// Why there is no key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The connection ended first.
    HungUp,
    /// What came is none.
    NotAKey,
}

/// The listener's part: makes a key and sends it.
pub(super) async fn send(sink: &mut (impl AsyncWrite + Unpin)) -> Result<Fernet, NoKey> {
    let key = Fernet::generate_key();
    let fernet = Fernet::new(&key).ok_or(NoKey::NotAKey)?;
    let sent = sink.write_all(key.as_bytes()).await;
    sent.map_err(|_| NoKey::HungUp)?;
    debug(format_args!("Sent key length: {} bytes", key.len()));
    Ok(fernet)
}

/// The connector's part: reads exactly one key, and nothing of what comes after it.
pub(super) async fn receive(source: &mut (impl AsyncRead + Unpin)) -> Result<Fernet, NoKey> {
    let mut key = [0; KEY_LENGTH];
    let read = source.read_exact(&mut key).await;
    read.map_err(|_| NoKey::HungUp)?;
    debug(format_args!("Received key length: {KEY_LENGTH} bytes"));
    let key = std::str::from_utf8(&key).map_err(|_| NoKey::NotAKey)?;
    let fernet = Fernet::new(key).ok_or(NoKey::NotAKey)?;
    debug(format_args!("[+] Received encryption key from peer"));
    Ok(fernet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_key_arrives_and_what_follows_it_stays() {
        // Seven bytes a time: the key is torn on its way.
        let (mut near, mut far) = tokio::io::duplex(7);
        let sending = async {
            let fernet = send(&mut near).await.expect("sent");
            near.write_all(b"next").await.expect("sent");
            fernet
        };
        let receiving = async {
            let fernet = receive(&mut far).await.expect("a key");
            let mut rest = [0; 4];
            far.read_exact(&mut rest).await.expect("the rest");
            (fernet, rest)
        };
        let (ours, (theirs, rest)) = tokio::join!(sending, receiving);
        assert_eq!(theirs.decrypt(&ours.encrypt(b"hi")), Ok(b"hi".to_vec()));
        assert_eq!(&rest, b"next");
    }

    #[tokio::test]
    async fn what_is_no_key_is_told_from_silence() {
        let page = b"HTTP/1.1 400 Bad Request\r\nServer: example.net\r\n";
        let refused = receive(&mut page.as_slice()).await.err();
        assert_eq!(refused, Some(NoKey::NotAKey));
        let binary = [0xff; KEY_LENGTH];
        let refused = receive(&mut binary.as_slice()).await.err();
        assert_eq!(refused, Some(NoKey::NotAKey));
        let short = receive(&mut b"half a key".as_slice()).await.err();
        assert_eq!(short, Some(NoKey::HungUp));
    }
}
