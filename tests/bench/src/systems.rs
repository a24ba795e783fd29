//! What is measured, and how a pair of it is started.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::end::End;

/// Where the programs are.
pub(crate) struct Programs {
    /// The folder of the product's binaries.
    pub(crate) folder: PathBuf,
    raw_relay: PathBuf,
    bench_transport: PathBuf,
    /// The processors of this run; a pinned system gets the first of them.
    processors: CpuSet,
}

/// Two ways to run a pair: on one processor, where only the work counts, and as in life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    OneProcessor,
    Anywhere,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// Three processes a side that only copy: the limit.
    Raw,
    /// p2p-chat, as two people start it.
    Ours,
    /// p2p-chat with the bench transport: everything but the wire.
    Unencrypted,
    /// One process a side, with TLS.
    Ncat,
    /// p2p-chat with the original program's protocol on the wire.
    Legacy,
}

/// Two sides that are connected.
pub(crate) struct Pair {
    pub(crate) listener: End,
    pub(crate) connector: End,
    /// From the listener's start to its word that it listens.
    pub(crate) listening_after: Duration,
}

impl Programs {
    /// The product's from `folder`, the instruments from beside this program.
    pub(crate) fn in_folder(folder: PathBuf) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|e| format!("where am I? {e}"))?;
        let processors = sched_getaffinity(None).map_err(|e| format!("which processors? {e}"))?;
        Ok(Self {
            folder,
            raw_relay: own.with_file_name("raw-relay"),
            bench_transport: own.with_file_name("bench-transport"),
            processors,
        })
    }

    /// This thread, and all it starts from now on, run there.
    pub(crate) fn settle(&self, place: Place) -> Result<(), String> {
        let mut one = CpuSet::new();
        let first = (0..CpuSet::MAX_CPU).find(|cpu| self.processors.is_set(*cpu));
        one.set(first.unwrap_or_default());
        let set = match place {
            Place::OneProcessor => &one,
            Place::Anywhere => &self.processors,
        };
        sched_setaffinity(None, set).map_err(|e| format!("cannot choose processors: {e}"))
    }

    /// p2p-chat with these arguments.
    pub(crate) fn p2p_chat(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.folder.join("p2p-chat"));
        command.args(arguments);
        command
    }

    /// p2p-chat in a network in which there is nobody; it starts when it gets a line.
    pub(crate) fn without_route(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        let wait = "echo go on?; read -r _; exec \"$@\"";
        command.args(["--net", "sh", "-c", wait, "sh"]);
        command.arg(self.folder.join("p2p-chat")).args(arguments);
        command
    }

    fn legacy(&self, arguments: &[&str]) -> Command {
        let mut command = self.p2p_chat(&["--insecure-legacy"]);
        command.args(arguments);
        command
    }

    fn unencrypted(&self, arguments: &[&str]) -> Command {
        let mut command = self.legacy(arguments);
        command.arg("--transport").arg(&self.bench_transport);
        command
    }

    fn raw(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.raw_relay);
        command.arg("supervisor").args(arguments);
        command
    }
}

pub(crate) const LISTEN: [&str; 5] = ["--no-nat", "listen", "0", "--bind", "127.0.0.1"];
pub(crate) const LISTENS: &str = "[*] Listening on 127.0.0.1:";
pub(crate) const STARTED: &str = "[*] Chat started";

impl System {
    /// Starts two sides, and waits until a line has passed each way.
    pub(crate) fn pair(self, programs: &Programs) -> Result<Pair, String> {
        self.start(programs)
            .and_then(|mut pair| {
                greet(&mut pair)?;
                Ok(pair)
            })
            .map_err(|error| format!("{self:?}: {error}"))
    }

    fn start(self, programs: &Programs) -> Result<Pair, String> {
        let begun = Instant::now();
        let (mut listener, ready) = match self {
            Self::Raw => (programs.raw(&["listen"]), "listening 127.0.0.1:"),
            Self::Ours => (programs.p2p_chat(&LISTEN), LISTENS),
            Self::Unencrypted => (programs.unencrypted(&LISTEN), LISTENS),
            Self::Legacy => (programs.legacy(&LISTEN), LISTENS),
            Self::Ncat => (
                ncat(&["-l", "127.0.0.1", &free_port()?]),
                "Listening on 127.0.0.1:",
            ),
        };
        let mut listener = End::start(&mut listener)?;
        let port = listener.output.expect(ready)?;
        let listening_after = begun.elapsed();
        let address = format!("127.0.0.1:{port}");
        let connect = ["connect", &address];
        let (mut connector, connected) = match self {
            Self::Raw => (programs.raw(&connect), "connected"),
            Self::Ours => (programs.p2p_chat(&connect), STARTED),
            Self::Unencrypted => (programs.unencrypted(&connect), STARTED),
            Self::Legacy => (programs.legacy(&connect), STARTED),
            Self::Ncat => (ncat(&["127.0.0.1", &port]), "SSL connection"),
        };
        let mut connector = End::start(&mut connector)?;
        if self == Self::Ours {
            hand_over_code(&mut listener, &mut connector)?;
        }
        connector.output.expect(connected)?;
        Ok(Pair {
            listener,
            connector,
            listening_after,
        })
    }
}

/// What the two people do by phone: the code goes from one screen to the other keyboard.
pub(crate) fn hand_over_code(listener: &mut End, connector: &mut End) -> Result<(), String> {
    let code = listener.output.expect("ay this code by phone: ")?;
    let words = code.split_whitespace().take(3);
    let words: Vec<_> = words.collect();
    connector
        .input
        .line(format!("{}\n", words.join(" ")).as_bytes())
}

fn ncat(arguments: &[&str]) -> Command {
    let mut command = Command::new("ncat");
    command.args(["--ssl", "-v"]).args(arguments);
    command
}

/// A port nobody has now: ncat does not tell which one it took for 0. Should another program take it
/// before ncat does, the run ends with ncat's complaint.
fn free_port() -> Result<String, String> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    port.map(|address| address.port().to_string())
        .map_err(|e| format!("no free port: {e}"))
}

fn greet(pair: &mut Pair) -> Result<(), String> {
    pair.connector.input.line(b"hello from the connector\n")?;
    pair.listener.output.expect("hello from the connector")?;
    pair.listener.input.line(b"hello from the listener\n")?;
    pair.connector
        .output
        .expect("hello from the listener")
        .map(drop)
}
