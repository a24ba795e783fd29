//! Our call: addresses are raced as connections, and who answers is asked to prove himself, one
//! after the other. What we could be tested by is shown to one of them only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use p2p_chat_protocol::Refusal;
use p2p_chat_secure_channel::{
    AwaitAuthL, BadFrame, Channel, Message, Proof, connect, looks_like_a_legacy_key,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::frames::{Clocks, NoMessage, read_message};
use super::sentences::{Failure, Way};
use super::wires::{Joined, News, Wires};
use crate::clock;
use crate::connection::Ends;
use crate::dial::Race;
use crate::random::random;
use crate::target::Target;

/// For all addresses together. Each may take as long as one handshake does, and there may be
/// twenty; nobody looks at a screen that long.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// For the rest of what may be the original program's key, which it sends all at once.
const LEGACY_KEY_TIMEOUT: Duration = Duration::from_secs(1);

/// The length of that key.
const LEGACY_KEY: usize = 44;

/// Whom to call, and with what.
pub(super) struct Call {
    pub(super) targets: Vec<Target>,
    pub(super) way: Way,
    pub(super) proof: Proof,
    /// Set before the proof leaves: from then on it is used up.
    pub(super) proved: Arc<AtomicBool>,
}

/// Calls, and hands over whoever is reached.
pub(super) async fn call(call: Call, mut wires: Wires) {
    let attempt = async {
        tokio::select! {
            outcome = attempt(call) => Some(outcome),
            // Nothing is ordered of a call; so this is the end of the attempt.
            _ = wires.orders.recv() => None,
        }
    };
    match attempt.await {
        Some(Ok(joined)) => wires.tell(News::Joined(joined)).await,
        Some(Err(refusal)) => wires.tell(News::Failed(refusal)).await,
        None => {}
    }
}

/// What one address came to.
enum Outcome {
    Reached(Box<Joined>),
    /// Nothing was shown: the proof, for the next address.
    Next(Proof, Failure),
    /// Whatever happened, the proof is used up.
    Spent(Failure),
}

async fn attempt(call: Call) -> Result<Box<Joined>, Refusal> {
    let Call {
        targets,
        way,
        mut proof,
        proved,
    } = call;
    let deadline = Instant::now() + ATTEMPT_TIMEOUT;
    let mut race = Race::new(targets);
    let mut worst: Option<(Failure, String)> = None;
    loop {
        let dialed = timeout_at(deadline, race.next()).await;
        let (stream, target, ends) = match (dialed, worst) {
            (Ok(Ok(dialed)), former) => {
                worst = former;
                dialed
            }
            (_, Some((failure, target))) => return Err(failure.sentence(way, &target)),
            (Ok(Err(refusal)), None) => return Err(refusal),
            (Err(_), None) => return Err(race.verdict()),
        };
        // A ticket may be shown again: whoever sees it learns nothing from it.
        let ticket = match &proof {
            Proof::Ticket(ticket) => Some(ticket.clone()),
            Proof::Words | Proof::Code(_) => None,
        };
        let (next, failure) = match handshake(stream, ends, proof, &proved).await {
            Outcome::Reached(reached) => return Ok(reached),
            Outcome::Next(proof, failure) => (Some(proof), failure),
            Outcome::Spent(failure) => (ticket.map(Proof::Ticket), failure),
        };
        let Some(next) = next else {
            return Err(failure.sentence(way, &target));
        };
        proof = next;
        // Of several, the first of the most telling kind.
        worst = match worst {
            Some(former) if former.0 >= failure => Some(former),
            _ => Some((failure, target)),
        };
    }
}

async fn handshake(
    mut stream: TcpStream,
    ends: Ends,
    proof: Proof,
    proved: &AtomicBool,
) -> Outcome {
    let mut clocks = Clocks::start();
    let mut buffer = BytesMut::new();
    let Some((hello_c, state)) = connect(proof, &mut random()) else {
        // Such a ticket is refused where it is given.
        return Outcome::Spent(Failure::HungUp);
    };
    let hello_l = match exchange(&mut stream, &hello_c, &mut buffer, &mut clocks).await {
        Ok(hello_l) => hello_l,
        Err(failure) => return Outcome::Next(state.abandon(), failure),
    };
    let (auth_c, state) = match state.receive(&hello_l) {
        Ok(next) => next,
        Err(refused) => return Outcome::Next(refused.proof, Failure::HungUp),
    };
    proved.store(true, Ordering::Relaxed);
    match prove(&mut stream, &auth_c, state, &mut buffer, &mut clocks).await {
        Some(channel) => Outcome::Reached(Box::new(Joined {
            stream,
            ends,
            channel,
            rest: buffer,
        })),
        None => Outcome::Spent(Failure::Unproven),
    }
}

/// HELLO_C and its answer.
async fn exchange(
    stream: &mut TcpStream,
    hello_c: &[u8],
    buffer: &mut BytesMut,
    clocks: &mut Clocks,
) -> Result<BytesMut, Failure> {
    // The original program sends before it reads: its key may be there though this fails.
    let sent = stream.write_all(hello_c).await;
    clocks.sent();
    match read_message(stream, Message::HelloL, buffer, clocks).await {
        Ok(hello_l) if sent.is_ok() => Ok(hello_l),
        Err(NoMessage::Bad(BadFrame::Length(_))) if is_legacy(stream, buffer, clocks).await => {
            Err(Failure::LegacyPeer)
        }
        Ok(_) | Err(_) => Err(Failure::HungUp),
    }
}

/// Whether what came is the original program's key. For the sentence only: nothing else of that
/// program is ever read or answered.
async fn is_legacy(stream: &mut TcpStream, buffer: &mut BytesMut, clocks: &Clocks) -> bool {
    let deadline = clocks.deadline().min(Instant::now() + LEGACY_KEY_TIMEOUT);
    while buffer.len() < LEGACY_KEY {
        match timeout_at(deadline, stream.read_buf(buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return false,
        }
    }
    looks_like_a_legacy_key(&buffer[..LEGACY_KEY])
}

/// AUTH_C and its answer.
async fn prove(
    stream: &mut TcpStream,
    auth_c: &[u8],
    state: AwaitAuthL,
    buffer: &mut BytesMut,
    clocks: &mut Clocks,
) -> Option<Channel> {
    stream.write_all(auth_c).await.ok()?;
    clocks.sent();
    let read = read_message(stream, Message::AuthL, buffer, clocks).await;
    state
        .receive(&read.ok()?, clock::now_ms(), &mut random())
        .ok()
}
