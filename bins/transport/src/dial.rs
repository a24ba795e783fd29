//! Connects to the first of several addresses that answers (RFC 8305, "happy eyeballs"): one
//! attempt after the other is begun, none waits for those before it to fail. Who answered and was
//! not the one we look for is left behind, and the race goes on with the others.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::connection::Ends;
use crate::target::Target;

/// All names and all attempts together, until one answers. A far computer answers within one second, and a lost
/// packet is sent again after one, three and seven.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// From one attempt to the next: RFC 8305 section 5 recommends it.
const STEP: Duration = Duration::from_millis(250);

/// A connection, which target answered, and the connection's ends.
pub(crate) type Dialed = (TcpStream, String, Ends);

/// Why a target was not reached; where several failed differently, the first kind of this list
/// is told, since it knows the most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Failure {
    Refused,
    TimedOut,
    Unreachable(String),
    NoSuchName,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            kind => Self::Unreachable(kind.to_string()),
        }
    }
}

/// Which target, which address, and what came of it.
type Attempt = (usize, SocketAddr, io::Result<(TcpStream, Ends)>);

/// Targets are known by their place in the list.
pub(crate) struct Race {
    targets: Vec<Target>,
    lookups: JoinSet<(usize, io::Result<Vec<SocketAddr>>)>,
    /// What is to be tried, by target.
    addresses: Vec<VecDeque<SocketAddr>>,
    attempts: JoinSet<Attempt>,
    /// What is being tried, by target, the oldest attempt first.
    running: Vec<Vec<SocketAddr>>,
    /// How each target failed so far.
    failures: Vec<Option<Failure>>,
}

impl Race {
    /// A race to `targets`, of which there is at least one.
    pub(crate) fn new(targets: Vec<Target>) -> Self {
        let mut lookups = JoinSet::new();
        for (n, target) in targets.iter().cloned().enumerate() {
            lookups.spawn(async move { (n, target.resolve().await) });
        }
        Self {
            addresses: vec![VecDeque::new(); targets.len()],
            running: vec![Vec::new(); targets.len()],
            failures: vec![None; targets.len()],
            attempts: JoinSet::new(),
            lookups,
            targets,
        }
    }

    /// The next that answers, or for people why there is none. One connection at a time: other
    /// attempts under way are given up, and begun anew when this is called again.
    pub(crate) async fn next(&mut self) -> Result<Dialed, Refusal> {
        match timeout(CONNECT_TIMEOUT, self.run()).await {
            Ok(Some(dialed)) => Ok(dialed),
            Ok(None) | Err(_) => Err(self.verdict()),
        }
    }

    /// The winner; `None` when all have failed.
    async fn run(&mut self) -> Option<Dialed> {
        let mut next_start = Instant::now();
        loop {
            if Instant::now() >= next_start && self.begin_attempt() {
                next_start = Instant::now() + STEP;
            }
            let more_to_try = self.addresses.iter().any(|waiting| !waiting.is_empty());
            if !more_to_try && self.lookups.is_empty() && self.attempts.is_empty() {
                return None;
            }
            tokio::select! {
                Some(Ok((n, found))) = self.lookups.join_next() => match found {
                    Ok(found) => self.addresses[n] = found.into(),
                    Err(_) => self.note(n, Failure::NoSuchName),
                },
                Some(Ok((n, address, outcome))) = self.attempts.join_next() => {
                    self.running[n].retain(|running| *running != address);
                    match outcome {
                        Ok((stream, ends)) => {
                            self.give_up_running();
                            return Some((stream, self.targets[n].text.clone(), ends));
                        }
                        Err(error) => {
                            self.note(n, error.into());
                            next_start = Instant::now();
                        }
                    }
                }
                () = sleep_until(next_start), if more_to_try => {}
            }
        }
    }

    /// Begins the next attempt, in the order of the list; says whether there was one.
    fn begin_attempt(&mut self) -> bool {
        let mut waiting = self.addresses.iter_mut().enumerate();
        let next = waiting.find_map(|(n, waiting)| Some((n, waiting.pop_front()?)));
        if let Some((n, address)) = next {
            self.running[n].push(address);
            let attempt = async move { (n, address, attempt(address).await) };
            self.attempts.spawn(attempt);
        }
        next.is_some()
    }

    /// Ends the attempts under way; their addresses are the first to be tried again.
    fn give_up_running(&mut self) {
        self.attempts = JoinSet::new();
        for (running, waiting) in self.running.iter_mut().zip(&mut self.addresses) {
            while let Some(address) = running.pop() {
                waiting.push_front(address);
            }
        }
    }

    /// A name may have many addresses: the most telling failure counts.
    fn note(&mut self, n: usize, failure: Failure) {
        let known = self.failures[n].take();
        self.failures[n] = known.into_iter().chain([failure]).min();
    }

    /// What is told of the whole race. What is still under way has had its time.
    pub(crate) fn verdict(&mut self) -> Refusal {
        for n in 0..self.targets.len() {
            if !self.running[n].is_empty() || self.failures[n].is_none() {
                self.note(n, Failure::TimedOut);
            }
        }
        let failures = self.failures.iter().flatten();
        let (failure, target) = failures
            .zip(&self.targets)
            .min_by_key(|(failure, _)| *failure)
            .expect("there is at least one target, and each has failed");
        sentence(failure, target)
    }
}

async fn attempt(address: SocketAddr) -> io::Result<(TcpStream, Ends)> {
    let stream = TcpStream::connect(address).await?;
    // Where nobody listens on a port of this computer, the kernel may pick that very port for
    // the call, and it answers itself.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    let ends = Ends::of(&stream)?;
    Ok((stream, ends))
}

fn sentence(failure: &Failure, target: &Target) -> Refusal {
    let place = &target.text;
    let (code, sentence) = match failure {
        Failure::Refused => (
            ErrorCode::ConnectionRefused,
            format!(
                "Connection refused: {place} answered, but nobody listens there. \
                 Has your friend chosen [1] and is still waiting? Is the port right?"
            ),
        ),
        Failure::TimedOut => (
            ErrorCode::ConnectionTimedOut,
            format!(
                "Connection timed out: Unable to reach {place}. Usual causes: wrong address, \
                 port not forwarded, a firewall. Or change roles: you choose [1], your friend [2]."
            ),
        ),
        Failure::Unreachable(why) => (
            ErrorCode::ConnectionTimedOut,
            format!(
                "Connection failed: Unable to reach {place} ({why}). \
                 Is this computer connected to a network? Is the address right?"
            ),
        ),
        Failure::NoSuchName => (
            ErrorCode::NameNotFound,
            format!(
                "No computer is called \"{}\". Check the spelling, or use the IP address.",
                target.name()
            ),
        ),
    };
    Refusal::new(code, sentence)
}
