//! The people's face: what router there is ([`status()`]), a port held open ([`map()`]), all open
//! ports ([`list()`]), and one closed ([`unmap()`]).

mod command;
mod list;
mod map;
mod status;
mod unmap;
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use p2p_chat_protocol::nat::{NatEvent, Reach};
use p2p_chat_protocol::{ErrorCode, Refusal};

pub(crate) use list::list;
pub(crate) use map::map;
pub(crate) use status::status;
pub(crate) use unmap::unmap;

use crate::failure::Failure;

/// As for arguments that cannot be read.
const EXIT_USAGE: u8 = 2;

/// EX_UNAVAILABLE of sysexits.h: no router.
const EXIT_NO_GATEWAY: u8 = 69;

/// Runs one of them to its exit code.
pub(crate) fn run(work: impl Future<Output = io::Result<ExitCode>>) -> ExitCode {
    let outcome = p2p_chat_plugin::runtime().and_then(|runtime| runtime.block_on(work));
    match outcome {
        Ok(code) => code,
        // The reader of stdout left: it has what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("nat-helper: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The arguments make no sense here.
pub(crate) fn wrong(fault: &str, output: Output) -> ExitCode {
    // A reader that left needs no word.
    let _ = output.refuse(ErrorCode::InvalidMessage, fault);
    ExitCode::from(EXIT_USAGE)
}

/// Where words for people and JSON for programs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Words to stdout.
    People,
    /// JSON to stdout, words to stderr.
    Json,
    /// Words to stderr: stdout belongs to a command.
    Aside,
    /// The address to stdout, and no words unless something is wrong.
    AddressOnly,
}

impl Output {
    /// Something for people.
    fn say(self, text: &str) -> io::Result<()> {
        match self {
            Self::People => writeln!(io::stdout(), "{text}"),
            Self::Json | Self::Aside => {
                complain(text);
                Ok(())
            }
            Self::AddressOnly => Ok(()),
        }
    }

    /// Something for programs, the same as on the plugin's pipe.
    fn event(self, event: &NatEvent) -> io::Result<()> {
        if self != Self::Json {
            return Ok(());
        }
        let mut line = Vec::new();
        p2p_chat_protocol::write(&mut line, None, None, event);
        io::stdout().write_all(&line)?;
        io::stdout().flush()
    }

    /// What is not done, and why.
    fn refuse(self, code: ErrorCode, sentence: &str) -> io::Result<()> {
        complain(sentence);
        self.event(&NatEvent::Error(Refusal::new(code, sentence)))
    }

    /// What went wrong; the exit code says which way.
    fn fail(self, failure: &Failure) -> io::Result<ExitCode> {
        complain(&failure.to_string());
        self.event(&NatEvent::Error(failure.refusal()))?;
        Ok(match failure {
            Failure::NoGateway => ExitCode::from(EXIT_NO_GATEWAY),
            _ => ExitCode::FAILURE,
        })
    }
}

/// The exit code for a state of affairs.
fn code_of(reach: Reach) -> ExitCode {
    match reach {
        Reach::Reachable | Reach::Direct | Reach::Ipv6Only => ExitCode::SUCCESS,
        Reach::NoRouter | Reach::NoNetwork => ExitCode::from(EXIT_NO_GATEWAY),
        Reach::CarrierNat | Reach::SecondRouter | Reach::NoPublicAddress | Reach::Unknown => {
            ExitCode::FAILURE
        }
    }
}

fn complain(text: &str) {
    // A stderr nobody reads is no reason to panic.
    let _ = writeln!(io::stderr(), "{text}");
}
