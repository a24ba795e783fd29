//! The one loop: requests from stdin, callers, and news of sessions come in; events go out.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use p2p_chat_plugin::{Inbox, LineReader, LineWriter, Pipe, Sink, Source};
use p2p_chat_protocol::transport::Auth;
use p2p_chat_protocol::ui::Verification;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use crate::listen::Listener;
use crate::outbox::Outbox;
use crate::seat::Seat;
use crate::sends::Sends;
use crate::session::{Ends, News, Session, SessionId, Wires};

/// News that wait for the loop; one is up to a whole read of a socket, so this is at most 1 MiB.
/// A full queue stops the sessions' reading.
const MAX_NEWS: usize = 16;

/// How long the goodbyes may take at the end of stdin: twice a session's own, and well below the
/// 5 s after which the supervisor kills.
const GOODBYES: Duration = Duration::from_secs(2);

/// What there is: the connections, and who of them is the peer.
pub(crate) struct Transport {
    pub(crate) outbox: Outbox,
    pub(crate) listens: Option<Listens>,
    /// The attempt to connect that is under way.
    pub(crate) calls: Option<SessionId>,
    pub(crate) seat: Seat,
    pub(crate) sends: Sends,
    /// Callers, the peer, and the attempt: at most ten.
    pub(crate) sessions: HashMap<SessionId, Open>,
    pub(crate) tasks: JoinSet<()>,
    pub(crate) turned_away: u64,
    news: mpsc::Sender<(SessionId, News)>,
    last_id: u64,
}

/// A listener, and what its callers must prove.
pub(crate) struct Listens {
    pub(crate) listener: Listener,
    pub(crate) auth: Auth,
    pub(crate) verification: Verification,
}

/// A session that has not ended.
pub(crate) struct Open {
    pub(crate) session: Session,
    /// How far the way it takes knows the peer.
    pub(crate) verification: Verification,
    /// Absent while we are still calling.
    pub(crate) ends: Option<Ends>,
}

/// What the loop waits for.
enum Happened {
    Line(Option<Bytes>),
    Caller(TcpStream, SocketAddr),
    News(SessionId, News),
    /// Something was written, a caller's time is over, or a session's task is done.
    Progress,
}

/// Serves the pipe until stdin ends or stdout breaks.
pub(crate) async fn run(pipe: Pipe) -> io::Result<()> {
    let (news, mut reports) = mpsc::channel(MAX_NEWS);
    let mut transport = Transport::new(pipe.writer, news);
    let served = transport.serve(pipe.reader, &mut reports).await;
    // Sessions that wait to tell something are let go.
    drop(reports);
    transport.finish().await;
    served
}

impl Transport {
    fn new(writer: LineWriter<Sink>, news: mpsc::Sender<(SessionId, News)>) -> Self {
        Self {
            outbox: Outbox::new(writer),
            listens: None,
            calls: None,
            seat: Seat::default(),
            sends: Sends::default(),
            sessions: HashMap::new(),
            tasks: JoinSet::new(),
            turned_away: 0,
            news,
            last_id: 0,
        }
    }

    async fn serve(
        &mut self,
        mut reader: LineReader<Source>,
        reports: &mut mpsc::Receiver<(SessionId, News)>,
    ) -> io::Result<()> {
        let mut inbox = Inbox::default();
        loop {
            let written = self.outbox.is_empty();
            match self.next(&mut reader, reports).await? {
                Happened::Line(None) => return Ok(()),
                Happened::Line(Some(line)) => {
                    self.line(&mut inbox, &line);
                    while self.outbox.has_room()
                        && let Some(line) = reader.buffered()?
                    {
                        self.line(&mut inbox, &line);
                    }
                }
                Happened::Caller(stream, caller) => self.caller(stream, caller),
                Happened::News(id, news) => self.news(id, news),
                Happened::Progress => {}
            }
            if written {
                self.take_news(reports);
                self.settle();
            }
        }
    }

    /// Takes all news there are, for one write.
    fn take_news(&mut self, reports: &mut mpsc::Receiver<(SessionId, News)>) {
        for _ in 0..MAX_NEWS {
            match reports.try_recv() {
                Ok((id, news)) => self.news(id, news),
                Err(_) => return,
            }
        }
    }

    /// Waits. Every branch is cancel-safe.
    ///
    /// stdin is watched always, its end is goodbye in every state; but for a supervisor that
    /// takes no answers, and whose death breaks stdout. The network is looked at only when
    /// stdout has taken all: this is how a slow supervisor slows the peer.
    async fn next(
        &mut self,
        reader: &mut LineReader<Source>,
        reports: &mut mpsc::Receiver<(SessionId, News)>,
    ) -> io::Result<Happened> {
        let written = self.outbox.is_empty();
        let has_room = self.outbox.has_room();
        let deadline = self.seat.deadline();
        let settled = async {
            match deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let caller = async {
            match &mut self.listens {
                Some(listens) => listens.listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            flushed = self.outbox.flush(), if !written => flushed.map(|()| Happened::Progress),
            line = reader.next(), if has_room => line.map(Happened::Line),
            Some((id, news)) = reports.recv(), if written => Ok(Happened::News(id, news)),
            (stream, address) = caller => Ok(Happened::Caller(stream, address)),
            () = settled, if written => Ok(Happened::Progress),
            Some(_) = self.tasks.join_next() => Ok(Happened::Progress),
        }
    }

    /// A new session; its task is the caller's to start.
    pub(crate) fn open_session(
        &mut self,
        verification: Verification,
        ends: Option<Ends>,
    ) -> (SessionId, Wires) {
        self.last_id += 1;
        let id = SessionId(self.last_id);
        let (session, wires) = Session::new(id, self.news.clone());
        let open = Open {
            session,
            verification,
            ends,
        };
        self.sessions.insert(id, open);
        (id, wires)
    }

    /// Closes everything in good order, within a limited time.
    async fn finish(mut self) {
        self.listens = None;
        if let Some(peer) = self.seat.peer()
            && let Some(open) = self.sessions.remove(&peer)
        {
            open.session.say_goodbye();
        }
        self.sessions.clear();
        let goodbyes = async {
            // Nobody may be there to read it.
            let _ = self.outbox.flush().await;
            while self.tasks.join_next().await.is_some() {}
        };
        let _ = timeout(GOODBYES, goodbyes).await;
    }
}
