//! Somebody who called, until he is let in or closed: a task that reads and writes, and decides
//! nothing. He learns nothing before his first message is whole and right, and cannot tell one
//! refusal from another.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use p2p_chat_secure_channel::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::frames::{Clocks, NoMessage, read_message};
use super::wires::{News, Order, Proof, Wires};

/// From the last byte of a message that failed to the close, whatever was wrong with it.
const BEFORE_CLOSE: Duration = Duration::from_millis(250);

/// Failed callers who wait that out; more are closed at once, so that a flood costs little.
pub(super) const MAX_LINGERING: usize = 64;

/// Why a caller is not let in.
enum NotIn {
    /// A message failed; its last byte came then.
    Failed(Instant),
    /// The connection is over, or took too long, or the service let go of it.
    Over,
}

/// Serves a caller until his proof is here, and hands him over with it.
pub(super) async fn answer(mut stream: TcpStream, mut wires: Wires, lingering: Arc<Semaphore>) {
    let clocks = Clocks::start();
    let handshake = timeout_at(
        clocks.deadline(),
        handshake(&mut stream, &mut wires, clocks),
    );
    match handshake.await {
        Ok(Ok((message, at))) => {
            let proof = Proof {
                stream,
                message,
                at,
                deadline: clocks.deadline(),
            };
            wires.tell(News::Proof(Box::new(proof))).await;
        }
        Ok(Err(NotIn::Failed(since))) => {
            tokio::join!(wires.tell(News::Gone), linger(stream, since, lingering));
        }
        Ok(Err(NotIn::Over)) | Err(_) => {
            drop(stream);
            wires.tell(News::Gone).await;
        }
    }
}

async fn handshake(
    stream: &mut TcpStream,
    wires: &mut Wires,
    mut clocks: Clocks,
) -> Result<(BytesMut, Instant), NotIn> {
    let hello = message(stream, wires, Message::HelloC, &clocks).await?;
    let came = Instant::now();
    wires.tell(News::Hello(hello)).await;
    let hello_l = answer_to(stream, wires, came).await?;
    let sent = stream.write_all(&hello_l).await;
    sent.map_err(|_| NotIn::Over)?;
    clocks.sent();
    let proof = message(stream, wires, Message::AuthC, &clocks).await?;
    Ok((proof, Instant::now()))
}

/// Reads one message; nothing may stand behind it.
async fn message(
    stream: &mut TcpStream,
    wires: &mut Wires,
    awaited: Message,
    clocks: &Clocks,
) -> Result<BytesMut, NotIn> {
    let mut buffer = BytesMut::new();
    let read = tokio::select! {
        read = read_message(stream, awaited, &mut buffer, clocks) => read,
        // Nothing is ordered while it is his turn: somebody else has his place, or is in.
        _ = wires.orders.recv() => return Err(NotIn::Over),
    };
    read.map_err(|failed| match failed {
        NoMessage::Bad(_) => NotIn::Failed(Instant::now()),
        NoMessage::Ended | NoMessage::Late => NotIn::Over,
    })
}

/// Waits for what the service decides. A caller who says something meanwhile has failed; so has
/// one who did when the decision comes.
async fn answer_to(
    stream: &mut TcpStream,
    wires: &mut Wires,
    came: Instant,
) -> Result<Vec<u8>, NotIn> {
    let mut early = [0; 1];
    tokio::select! {
        biased;
        read = stream.read(&mut early) => match read {
            Ok(1..) => Err(NotIn::Failed(Instant::now())),
            Ok(0) | Err(_) => Err(NotIn::Over),
        },
        order = wires.orders.recv() => match order {
            Some(Order::Answer(hello_l)) => Ok(hello_l),
            Some(Order::Refuse) => Err(NotIn::Failed(came)),
            None => Err(NotIn::Over),
        },
    }
}

/// Waits until all failures look alike. What still comes is read and dropped: unread bytes would
/// turn the close into a reset.
pub(super) async fn linger(mut stream: TcpStream, since: Instant, lingering: Arc<Semaphore>) {
    let Ok(_place) = lingering.try_acquire() else {
        return;
    };
    let drain = async {
        let mut dropped = [0; 4096];
        while matches!(stream.read(&mut dropped).await, Ok(1..)) {}
    };
    let close = since + BEFORE_CLOSE;
    if timeout_at(close, drain).await.is_ok() {
        // He may have ended only his own side, and still look at the clock.
        sleep_until(close).await;
    }
}
