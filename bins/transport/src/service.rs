//! The one loop: requests from stdin, callers, the peer, and news of tasks come in; events go out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use p2p_chat_plugin::{Alarm, Inbox, LineReader, Pipe, Source};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::clock::Now;
use crate::connection::ConnectionId;
use crate::legacy::{self, Legacy};
use crate::outbox::Outbox;
use crate::secure::{self, Secure};
use crate::transport::Transport;

/// News that wait for the loop. Of a legacy session one is up to a whole read of a socket, so this
/// is at most 1 MiB; a full queue stops its reading.
const MAX_NEWS: usize = 16;

/// How long the goodbyes may take that have begun at the end of stdin: more than the 2 s of a
/// session's own, and well below the 5 s after which the supervisor kills.
const GOODBYES: Duration = Duration::from_secs(3);

/// What the loop waits for.
enum Happened {
    Line(Option<Bytes>),
    Caller(TcpStream, SocketAddr),
    Secure(ConnectionId, secure::News),
    Legacy(ConnectionId, legacy::News),
    /// Something was read or written, a time is over, or a task is done.
    Progress,
}

/// The news of the tasks.
struct Reports {
    secure: mpsc::Receiver<(ConnectionId, secure::News)>,
    legacy: mpsc::Receiver<(ConnectionId, legacy::News)>,
}

/// Serves the pipe until stdin ends or stdout breaks.
pub(crate) async fn run(pipe: Pipe) -> io::Result<()> {
    let (secure_news, secure) = mpsc::channel(MAX_NEWS);
    let (legacy_news, legacy) = mpsc::channel(MAX_NEWS);
    let mut transport = Transport::new(
        Outbox::new(pipe.writer),
        Secure::new(secure_news),
        Legacy::new(legacy_news),
    );
    let mut reports = Reports { secure, legacy };
    let served = transport.serve(pipe.reader, &mut reports).await;
    // Tasks that wait to tell something are let go.
    drop(reports);
    transport.finish().await;
    served
}

impl Transport {
    async fn serve(
        &mut self,
        mut reader: LineReader<Source>,
        reports: &mut Reports,
    ) -> io::Result<()> {
        let mut inbox = Inbox::default();
        let mut alarm = Alarm::new()?;
        loop {
            let now = Now::read();
            let now_ms = now.ms();
            let hears = self.outbox.is_open();
            self.secure_go_on(now_ms, hears);
            if hears {
                self.secure_settle(now);
                self.legacy_settle(now);
            }
            let written = self.outbox.flush_at_once().await?;
            if written && self.secure.told(now_ms) {
                continue;
            }
            // A session's clocks run on while the supervisor hears nothing.
            let session = self.secure.session_deadline(now_ms);
            let others = [self.legacy.deadline(), self.secure.deadline(now)];
            let others = others.into_iter().flatten().filter(|_| written);
            alarm.set(others.chain(session).min());
            match self.next(&mut reader, reports, &mut alarm).await? {
                Happened::Line(None) => return Ok(()),
                Happened::Line(Some(line)) => {
                    self.line(&mut inbox, &line);
                    while self.outbox.has_room()
                        && let Some(line) = reader.buffered()?
                    {
                        self.line(&mut inbox, &line);
                    }
                }
                Happened::Caller(stream, caller) => {
                    self.caller(stream, caller);
                    // Whoever had to make room is gone before the next is taken: a thousand
                    // callers in a row cost no more than those who have a place.
                    yield_now().await;
                }
                Happened::Secure(id, news) => self.secure_news(id, news),
                Happened::Legacy(id, news) => self.legacy_news(id, news),
                Happened::Progress => {}
            }
            if written {
                self.take_news(reports);
            }
        }
    }

    /// Takes all news there are, for one write.
    fn take_news(&mut self, reports: &mut Reports) {
        for _ in 0..MAX_NEWS {
            match (reports.secure.try_recv(), reports.legacy.try_recv()) {
                (Err(_), Err(_)) => return,
                (secure, legacy) => {
                    if let Ok((id, news)) = secure {
                        self.secure_news(id, news);
                    }
                    if let Ok((id, news)) = legacy {
                        self.legacy_news(id, news);
                    }
                }
            }
        }
    }

    /// Waits. Every branch is cancel-safe.
    ///
    /// stdin is watched always, its end is goodbye in every state; but for a supervisor that
    /// takes no answers, and whose death breaks stdout. What the network brings is told only when
    /// stdout has taken all, and no more is read before: this is how a slow supervisor slows the
    /// peer.
    async fn next(
        &mut self,
        reader: &mut LineReader<Source>,
        reports: &mut Reports,
        alarm: &mut Alarm,
    ) -> io::Result<Happened> {
        let written = self.outbox.is_empty();
        let has_room = self.outbox.has_room();
        let caller = async {
            match &mut self.listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            flushed = self.outbox.flush(), if !written => flushed.map(|()| Happened::Progress),
            line = reader.next(), if has_room => line.map(Happened::Line),
            Some((id, news)) = reports.secure.recv(), if written => Ok(Happened::Secure(id, news)),
            Some((id, news)) = reports.legacy.recv(), if written => Ok(Happened::Legacy(id, news)),
            (stream, address) = caller => Ok(Happened::Caller(stream, address)),
            () = self.secure.stirs() => Ok(Happened::Progress),
            () = alarm.rings() => Ok(Happened::Progress),
            Some(_) = self.tasks.join_next() => Ok(Happened::Progress),
        }
    }

    /// Somebody called.
    fn caller(&mut self, stream: TcpStream, caller: SocketAddr) {
        if self.legacy.listens() {
            self.legacy_caller(stream, caller);
        } else {
            self.secure_caller(stream, caller);
        }
    }

    /// Closes everything in good order, within a limited time.
    async fn finish(mut self) {
        self.listener = None;
        self.secure_finish();
        self.legacy.say_goodbye();
        let goodbyes = async {
            // Nobody may be there to read it.
            let _ = self.outbox.flush().await;
            while self.tasks.join_next().await.is_some() {}
        };
        let _ = timeout(GOODBYES, goodbyes).await;
    }
}
