//! From a connection to its two halves: the key.

use std::time::Duration;

use p2p_chat_protocol::ui::Direction;
use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::key::{self, NoKey};
use super::{read, write};

/// The half that sends.
pub(super) type Sender = write::TokenWriter<OwnedWriteHalf>;
/// The half that receives.
pub(super) type Receiver = read::TokenReader<OwnedReadHalf>;

/// The listener sends its key at once; four seconds are many round trips over any line. Less than
/// the five after which a listener of the secure kind drops a silent caller, so that this side
/// says what is wrong and not that somebody hung up.
const KEY_TIMEOUT: Duration = Duration::from_secs(4);

/// Sends or receives the key.
pub(super) async fn establish(
    stream: TcpStream,
    direction: Direction,
    peer: &str,
) -> Result<(Sender, Receiver), Refusal> {
    let (mut reader, mut writer) = stream.into_split();
    let exchange = async {
        match direction {
            Direction::Incoming => key::send(&mut writer).await,
            Direction::Outgoing => key::receive(&mut reader).await,
        }
    };
    let fernet = match timeout(KEY_TIMEOUT, exchange).await {
        Ok(Ok(fernet)) => fernet,
        Ok(Err(NoKey::HungUp)) => return Err(hung_up(peer)),
        Ok(Err(NoKey::NotAKey)) => return Err(other_program(peer)),
        Err(_) => return Err(silent(peer)),
    };
    Ok((
        Sender::new(writer, fernet.clone()),
        Receiver::new(reader, fernet),
    ))
}

fn hung_up(peer: &str) -> Refusal {
    let sentence = format!(
        "{peer} hung up before the chat began. It is busy, or it is another program. Ask your friend."
    );
    Refusal::new(ErrorCode::HandshakeFailed, sentence)
}

fn other_program(peer: &str) -> Refusal {
    let sentence = format!(
        "{peer} answered, but it is no p2p-chat that accepts INSECURE chats. Is the port right?"
    );
    Refusal::new(ErrorCode::HandshakeFailed, sentence)
}

/// A secure listener says nothing before the caller has.
fn silent(peer: &str) -> Refusal {
    let sentence = format!(
        "{peer} accepts no INSECURE chat: it sends no key. It probably runs this version and waits \
         for a code. Refused. Connect without --insecure-legacy."
    );
    Refusal::new(ErrorCode::SecurePeer, sentence)
}
