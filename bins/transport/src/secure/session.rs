//! A session, from the handshake to its end: one task that reads all there is, opens it, and
//! tells the service once; takes all that waits, seals it, and writes once.

mod sent;
mod state;
#[cfg(test)]
mod tests;

use std::io;

use bytes::{Buf, BytesMut};
use p2p_chat_plugin::Alarm;
use p2p_chat_protocol::Payload;
use p2p_chat_protocol::transport::DisconnectReason;
use p2p_chat_secure_channel::Channel;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use self::state::{MAX_BATCH, READ_SIZE, Session};
use super::wires::{News, Order, Wires};
use crate::clock;

/// How long the last bytes may take, whose reader has said goodbye already.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// What a session begins with.
pub(super) struct Opening {
    /// To be written first.
    out: BytesMut,
    /// Was read with the handshake's last message.
    input: BytesMut,
    /// Nothing is written until the service says so.
    held: bool,
}

impl Opening {
    /// The listener's: the tickets were handed over, its last message is still to go out.
    pub(super) fn answer(auth_l: &[u8]) -> Self {
        Self {
            out: BytesMut::from(auth_l),
            input: BytesMut::new(),
            held: false,
        }
    }

    /// The connector's: its ticket is to be handed over first.
    pub(super) fn joined(input: BytesMut) -> Self {
        Self {
            out: BytesMut::new(),
            input,
            held: true,
        }
    }
}

/// Why the loop ends.
enum End {
    /// To be told, and the socket to be closed.
    Of(DisconnectReason),
    /// The service let go of the session.
    Dropped,
}

/// Carries the chat to its end.
pub(super) async fn carry(mut stream: TcpStream, channel: Channel, opening: Opening, wires: Wires) {
    let Wires {
        id,
        news,
        orders,
        payloads,
    } = wires;
    let (reader, writer) = stream.split();
    let mut line = Line {
        reader,
        writer,
        orders,
        payloads,
        all_taken: false,
    };
    let mut session = Session::new(channel, opening.input, opening.out, opening.held);
    let end = line.run(&mut session, |told| (id, told), &news).await;
    if let End::Of(reason) = end {
        if reason != DisconnectReason::Cut {
            // The peer may have closed its side already; then nobody reads this.
            let _ = timeout(LAST_WRITE, line.writer.write_all(&session.out)).await;
        }
        // Closed first: the service may be slow to listen.
        drop(line);
        drop(stream);
        if !session.is_closing() {
            let _ = news.send((id, News::Progress(session.take_untold()))).await;
            let reason = session.verdict(reason);
            let _ = news.send((id, News::Ended(reason))).await;
        }
    }
}

/// What a session reads and writes, and what steers it.
struct Line<'a> {
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    orders: mpsc::Receiver<Order>,
    payloads: mpsc::Receiver<Payload>,
    /// No more payloads come.
    all_taken: bool,
}

impl Line<'_> {
    /// Does what can be done at once, and then waits: one text is one pass.
    ///
    /// All branches are cancel-safe: what one of them lost would be missing in the stream.
    async fn run<T>(
        &mut self,
        session: &mut Session,
        addressed: impl Fn(News) -> T,
        news: &mpsc::Sender<T>,
    ) -> End {
        let mut taken = Vec::new();
        let Ok(mut alarm) = Alarm::new() else {
            // No more descriptors: without a clock no line is kept.
            return End::Of(DisconnectReason::Cut);
        };
        loop {
            let now = clock::now_ms();
            if session.is_due(now) {
                // What came meanwhile counts as heard, also where the service was too slow for it.
                let _ = self.reader.try_read_buf(&mut session.input);
            }
            if let Some(reason) = session.go_on(now) {
                return End::Of(reason);
            }
            if session.writes() && self.write(session, now) && session.has_unsealed() {
                continue;
            }
            if session.has_news(now)
                && let Ok(permit) = news.try_reserve()
            {
                permit.send(addressed(session.news()));
            }
            alarm.set(session.deadline_ms(now).map(clock::at_ms));
            session.input.reserve(READ_SIZE);
            tokio::select! {
                order = self.orders.recv(), if !session.is_closing() => match order {
                    Some(order) => {
                        if matches!(order, Order::Close(_)) {
                            // What was to be sent before the goodbye goes out before it.
                            session.take(std::iter::from_fn(|| self.payloads.try_recv().ok()));
                        }
                        session.obey(order, clock::now_ms());
                    }
                    None => return End::Dropped,
                },
                permit = news.reserve(), if session.has_news(now) => match permit {
                    Ok(permit) => permit.send(addressed(session.news())),
                    Err(_) => session.is_not_heard(),
                },
                read = self.reader.read_buf(&mut session.input), if session.reads() => match read {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return End::Of(DisconnectReason::Cut),
                },
                _ = self.writer.writable(), if session.writes() => {}
                count = self.payloads.recv_many(&mut taken, MAX_BATCH),
                    if session.takes() && !self.all_taken =>
                {
                    self.all_taken = count == 0;
                    session.take(taken.drain(..));
                }
                () = alarm.rings() => {}
            }
        }
    }

    /// Writes what the socket takes without a wait. Says whether it took something.
    fn write(&mut self, session: &mut Session, now: u64) -> bool {
        let count = match self.writer.try_write(&session.out) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // 0: it takes no more.
            written => written.unwrap_or(0),
        };
        session.out.advance(count);
        session.written(count, now);
        true
    }
}
