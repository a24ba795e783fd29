//! Connects to the first of several addresses that answers (RFC 8305, "happy eyeballs"): one
//! attempt after the other is begun, none waits for those before it to fail.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::session::Ends;
use crate::target::Target;

/// All names and all attempts together. A far computer answers within one second, and a lost
/// packet is sent again after one, three and seven.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// From one attempt to the next: RFC 8305 section 5 recommends it.
const STEP: Duration = Duration::from_millis(250);

/// A connection, which target answered, and the connection's ends.
pub(crate) type Dialed = (TcpStream, String, Ends);

/// Connects to one of `targets`, of which there is at least one, or says for people why not.
pub(crate) async fn dial(targets: Vec<Target>) -> Result<Dialed, Refusal> {
    let mut race = Race::new(targets);
    match timeout(CONNECT_TIMEOUT, race.run()).await {
        Ok(Some(dialed)) => Ok(dialed),
        Ok(None) | Err(_) => Err(race.verdict()),
    }
}

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

/// Targets are known by their place in the list.
struct Race {
    targets: Vec<Target>,
    lookups: JoinSet<(usize, io::Result<Vec<SocketAddr>>)>,
    /// What is to be tried, by target.
    addresses: Vec<VecDeque<SocketAddr>>,
    attempts: JoinSet<(usize, io::Result<(TcpStream, Ends)>)>,
    /// How many attempts are under way, by target.
    running: Vec<usize>,
    /// How each target failed so far.
    failures: Vec<Option<Failure>>,
}

impl Race {
    fn new(targets: Vec<Target>) -> Self {
        let mut lookups = JoinSet::new();
        for (n, target) in targets.iter().cloned().enumerate() {
            lookups.spawn(async move { (n, target.resolve().await) });
        }
        Self {
            addresses: vec![VecDeque::new(); targets.len()],
            running: vec![0; targets.len()],
            failures: vec![None; targets.len()],
            attempts: JoinSet::new(),
            lookups,
            targets,
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
                Some(Ok((n, outcome))) = self.attempts.join_next() => match outcome {
                    Ok((stream, ends)) => return Some((stream, self.targets[n].text.clone(), ends)),
                    Err(error) => {
                        self.running[n] -= 1;
                        self.note(n, error.into());
                        next_start = Instant::now();
                    }
                },
                () = sleep_until(next_start), if more_to_try => {}
            }
        }
    }

    /// Begins the next attempt, in the order of the list; says whether there was one.
    fn begin_attempt(&mut self) -> bool {
        let mut waiting = self.addresses.iter_mut().enumerate();
        let next = waiting.find_map(|(n, waiting)| Some((n, waiting.pop_front()?)));
        if let Some((n, address)) = next {
            self.running[n] += 1;
            let attempt = async move { (n, attempt(address).await) };
            self.attempts.spawn(attempt);
        }
        next.is_some()
    }

    /// A name may have many addresses: the most telling failure counts.
    fn note(&mut self, n: usize, failure: Failure) {
        let known = self.failures[n].take();
        self.failures[n] = known.into_iter().chain([failure]).min();
    }

    /// What is told of the whole race. What is still under way has had its time.
    fn verdict(mut self) -> Refusal {
        for n in 0..self.targets.len() {
            if self.running[n] > 0 || self.failures[n].is_none() {
                self.note(n, Failure::TimedOut);
            }
        }
        let failures = self.failures.into_iter().flatten();
        let (failure, target) = failures
            .zip(&self.targets)
            .min_by(|(one, _), (other, _)| one.cmp(other))
            .expect("there is at least one target, and each has failed");
        sentence(&failure, target)
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
