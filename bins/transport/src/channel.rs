//! The seam behind which a way of carrying payloads stands: from a TCP connection to a half that
//! sends payloads and a half that receives them. There is one way so far; another is one more
//! variant, and nothing outside this file changes.

use p2p_chat_protocol::transport::{Auth, AuthMode, DisconnectReason};
use p2p_chat_protocol::ui::{Direction, Verification};
use p2p_chat_protocol::{ErrorCode, Payload, Refusal};
use tokio::net::TcpStream;

use crate::legacy;

/// Whether this way exists, and how far it knows the peer.
pub(crate) fn verification(auth: &Auth) -> Result<Verification, Refusal> {
    match auth.mode {
        AuthMode::Legacy => Ok(Verification::Insecure),
        AuthMode::Code | AuthMode::Words | AuthMode::Resume => Err(Refusal::new(
            ErrorCode::Unavailable,
            "The secure channel is not built yet. Only INSECURE chats with the old p2p-chat are possible.",
        )),
    }
}

/// Makes a channel of a connection, within a limited time. `peer` names the other side in the
/// sentence for people that says why there is none.
pub(crate) async fn establish(
    stream: TcpStream,
    direction: Direction,
    auth: &Auth,
    peer: &str,
) -> Result<(Sender, Receiver), Refusal> {
    verification(auth)?;
    let (sender, receiver) = legacy::establish(stream, direction, peer).await?;
    Ok((Sender::Legacy(sender), Receiver::Legacy(receiver)))
}

/// Why a payload was not sent.
#[derive(Debug)]
pub(crate) enum SendError {
    /// This channel cannot carry it; the next one is welcome.
    Refused(Refusal),
    /// The connection is gone.
    Broken,
}

/// The half that sends.
pub(crate) enum Sender {
    Legacy(legacy::Sender),
}

impl Sender {
    /// Sends one payload; done when all of it is in the socket's buffer. A dropped call leaves
    /// the channel in order, with the payload sent in part.
    pub(crate) async fn send(&mut self, payload: &Payload) -> Result<(), SendError> {
        match self {
            Self::Legacy(sender) => sender.send(payload).await,
        }
    }

    /// Says goodbye: the peer reads everything that was sent, then the end.
    pub(crate) async fn close(&mut self) {
        match self {
            Self::Legacy(sender) => sender.close().await,
        }
    }
}

/// The half that receives.
pub(crate) enum Receiver {
    Legacy(legacy::Receiver),
}

impl Receiver {
    /// Waits for payloads and appends all that are there; the error is the end, and says why.
    /// Not cancel-safe.
    pub(crate) async fn receive(
        &mut self,
        payloads: &mut Vec<Payload>,
    ) -> Result<(), DisconnectReason> {
        match self {
            Self::Legacy(receiver) => receiver.receive(payloads).await,
        }
    }

    /// Reads and drops what still comes, until the peer has closed its side too. Closing a socket
    /// with unread bytes resets the connection, and the peer may lose what we said last.
    pub(crate) async fn drain(&mut self) {
        match self {
            Self::Legacy(receiver) => receiver.drain().await,
        }
    }
}
