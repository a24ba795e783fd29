//! The machine's face: requests in, events out.
//!
//! Every request becomes a job of its own, so a slow router never keeps the pipe from being read.

use std::io::{self, Write};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use p2p_chat_plugin::{Inbox, Incoming, Pipe};
use p2p_chat_protocol::nat::{Forwarded, MapPort, NatEvent, NatRequest, PortLost};
use p2p_chat_protocol::{ErrorCode, Received, Refusal};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::hold::STOP_LIMIT;
use crate::jobs::{Jobs, MAX_JOBS};
use crate::lease;
use crate::mapping::{Change, Mapping};
use crate::network::Choice;
use crate::probe;
use crate::stop::{Signals, Stop};
use crate::wish::Wish;

/// One event of each job may wait for the pipe; after that the job does.
const EVENT_QUEUE: usize = MAX_JOBS as usize;

/// A supervisor that reads nothing for so long is stuck, and its port is better closed.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// An event, and the request it answers.
type Told = (Option<u64>, NatEvent);

/// Serves until the end of stdin or a signal, then removes what is mapped. A router that holds a
/// port is looked at every `look`.
pub(crate) async fn serve(pipe: Pipe, look: Duration) -> io::Result<()> {
    let mut jobs = Jobs::new();
    let mut signals = Signals::catch()?;
    let left_open = Arc::new(AtomicBool::new(false));
    let asked = Asked {
        left_open: Arc::clone(&left_open),
        look,
    };
    let outcome = exchange(pipe, &mut jobs, &mut signals, &asked).await;
    let in_time = tokio::select! {
        ended = jobs.end(STOP_LIMIT) => ended,
        // Whoever asks twice waits no longer.
        () = signals.impatience() => false,
    };
    if in_time && !left_open.load(Ordering::Relaxed) {
        return outcome;
    }
    // The exit code tells the supervisor, which tells the user.
    Err(io::Error::other(
        "the router did not close every port; the lease does",
    ))
}

/// What every mapping is held with.
struct Asked {
    /// Set where one could not be removed.
    left_open: Arc<AtomicBool>,
    look: Duration,
}

/// Reads and writes. When it returns the queue is gone, so no job waits to be heard any more.
async fn exchange(
    mut pipe: Pipe,
    jobs: &mut Jobs,
    signals: &mut Signals,
    asked: &Asked,
) -> io::Result<()> {
    let (tell, mut told) = mpsc::channel(EVENT_QUEUE);
    let mut inbox = Inbox::default();
    loop {
        tokio::select! {
            _ = signals.received() => return Ok(()),
            line = pipe.reader.next() => {
                let Some(line) = line? else { return Ok(()) };
                let refused = match inbox.read(&line) {
                    Incoming::Message(received) => start(received, jobs, &tell, asked),
                    Incoming::Refuse(id, refusal) => Some((Some(id), NatEvent::Error(refusal))),
                    Incoming::BadReply(..) | Incoming::Ignore => None,
                };
                // Who gave no id wants no reply.
                let Some((Some(id), event)) = refused else { continue };
                pipe.writer.reply(Some(id), &event);
            }
            Some((reply_to, event)) = told.recv() => pipe.writer.reply(reply_to, &event),
        }
        timeout(WRITE_LIMIT, pipe.writer.flush()).await??;
    }
}

/// Begins what is asked for; returns the reply where nothing is begun.
fn start(
    received: Received<NatRequest>,
    jobs: &mut Jobs,
    tell: &mpsc::Sender<Told>,
    asked: &Asked,
) -> Option<Told> {
    let Received { id, message, .. } = received;
    let refuse = |code, sentence| Some((id, NatEvent::Error(Refusal::new(code, sentence))));
    let Some(place) = jobs.place() else {
        return refuse(
            ErrorCode::Busy,
            "Too many requests at a time. Ask again later.",
        );
    };
    let tell = tell.clone();
    match message {
        NatRequest::MapPort(request) => {
            let Some(wish) = wish(&request, asked.look) else {
                return refuse(
                    ErrorCode::InvalidMessage,
                    "a port is 1 to 65535, a lease is 1 to 86400 seconds",
                );
            };
            let left_open = Arc::clone(&asked.left_open);
            jobs.start_on(wish.port, place, |stop| async move {
                if !hold(wish, stop, id, tell).await {
                    left_open.store(true, Ordering::Relaxed);
                }
            });
        }
        NatRequest::UnmapPort(request) => match NonZeroU16::new(request.port) {
            // It begins when the port's last job has ended, and its mapping is removed by then.
            Some(port) => jobs.start_on(port, place, |_stop| async move {
                answer(&tell, id, NatEvent::Ok).await;
            }),
            None => return Some((id, NatEvent::Ok)),
        },
        NatRequest::Probe => jobs.start(place, async move {
            let found = probe::probe(&Choice::default(), probe::OTHERS_WAIT).await;
            answer(&tell, id, NatEvent::Probed(found.probed)).await;
        }),
    }
    None
}

fn wish(request: &MapPort, look: Duration) -> Option<Wish> {
    let port = NonZeroU16::new(request.port)?;
    Some(Wish {
        port,
        external_port: match request.external_port {
            Some(wanted) => NonZeroU16::new(wanted)?,
            None => port,
        },
        forwarded: Forwarded::Tcp,
        exact: false,
        lease: lease::length(request.lease_s)?,
        look,
        choice: Choice::default(),
    })
}

/// A mapping, from its request to its removal; `false` where it could not be removed. One that
/// fails at first is answered so and tried again: the router may only be starting, too.
async fn hold(wish: Wish, mut stop: Stop, id: Option<u64>, tell: mpsc::Sender<Told>) -> bool {
    let port = wish.port;
    let mut mapping = Mapping::begin(wish);
    let mut answered = false;
    let telling = async {
        let reply = match mapping.first_answer().await {
            Ok(()) => NatEvent::PortMapped(mapping.port_mapped()),
            Err(failure) => NatEvent::Error(failure.refusal()),
        };
        answered = true;
        answer(&tell, id, reply).await;
        loop {
            let event = match mapping.next().await {
                Change::Mapped(..) | Change::HalfLost(_) | Change::Ipv6Refused => {
                    NatEvent::PortMapped(mapping.port_mapped())
                }
                Change::Lost(reason) => NatEvent::PortLost(PortLost {
                    port: port.get(),
                    reason,
                }),
            };
            say(&tell, (None, event)).await;
        }
    };
    tokio::select! {
        biased;
        () = stop.requested() => {}
        () = telling => {}
    }
    let closed = mapping.close().await;
    if !answered {
        answer(&tell, id, NatEvent::Error(Failure::Cancelled.refusal())).await;
    }
    if let Err(reason) = &closed {
        // A stderr nobody reads is no reason to panic.
        let _ = writeln!(io::stderr(), "WARN port {port} was not closed: {reason}");
    }
    closed.is_ok()
}

/// Replies, where a reply is wanted.
async fn answer(tell: &mpsc::Sender<Told>, id: Option<u64>, reply: NatEvent) {
    if id.is_some() {
        say(tell, (id, reply)).await;
    }
}

/// Tells it to the pipe, unless that is closed.
async fn say(tell: &mpsc::Sender<Told>, told: Told) {
    let _ = tell.send(told).await;
}
