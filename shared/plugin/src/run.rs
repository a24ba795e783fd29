//! A built-in plugin from its first line to its exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use p2p_chat_protocol::{Greeting, Hello, PLUGIN_ENV, Role, VERSION, Welcome, read};
use tokio::time::timeout;

use crate::{HELLO_TIMEOUT, Pipe};

/// EX_USAGE of sysexits.h: started wrongly, so starting it again will not help.
const EXIT_USAGE: u8 = 64;

/// Who a plugin says it is.
pub struct Identity {
    /// Its role.
    pub role: Role,
    /// The program's name.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// One sentence for somebody who started it by hand.
    pub summary: &'static str,
}

/// Why a greeting did not come about.
#[derive(Debug)]
enum PipeClosed {
    /// The other side is gone: nothing more to do.
    Ended,
    /// The other side does not want us, or is none of ours.
    Refused(String),
    /// Something broke.
    Failed(io::Error),
}

impl From<io::Error> for PipeClosed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Ended,
            _ => Self::Failed(error),
        }
    }
}

/// The `main` of a plugin without arguments of its own: greets, runs `service` until it returns,
/// flushes. `service` returns when the pipe's reader says `None`: the end of stdin is the only
/// stop there is.
pub fn run<S, F>(identity: &Identity, service: S) -> ExitCode
where
    S: FnOnce(Welcome, Pipe) -> F,
    F: Future<Output = io::Result<()>>,
{
    let argument = std::env::args().nth(1);
    let as_plugin = std::env::var_os(PLUGIN_ENV).is_some_and(|value| value == "1");
    match argument.as_deref() {
        Some("--version") => say(&format!("{} {}", identity.name, identity.version)),
        Some("--stdio") => serve(identity, service),
        None if as_plugin => serve(identity, service),
        None | Some("--help" | "-h") => say(&explain(identity)),
        Some(other) => {
            let sentence = format!("no option {other:?}. --help says what it is");
            complain(identity, &sentence, ExitCode::from(2))
        }
    }
}

fn explain(identity: &Identity) -> String {
    let Identity {
        role,
        name,
        version,
        summary,
    } = identity;
    format!(
        "{name} {version}: {summary}\n\
         It is the {role} of p2p-chat, which starts it; for a chat, run p2p-chat.\n\
         By hand: {name} --stdio speaks the plugin protocol on stdin and stdout."
    )
}

fn say(text: &str) -> ExitCode {
    // A reader that left is no error.
    let _ = writeln!(io::stdout(), "{text}");
    ExitCode::SUCCESS
}

/// A plugin from its hello to its exit code, for programs with arguments of their own; [`run()`]
/// is this one with the arguments of the others.
pub fn serve<S, F>(identity: &Identity, service: S) -> ExitCode
where
    S: FnOnce(Welcome, Pipe) -> F,
    F: Future<Output = io::Result<()>>,
{
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            return complain(
                identity,
                &format!("cannot start: {error}"),
                ExitCode::FAILURE,
            );
        }
    };
    let outcome = runtime.block_on(async {
        let mut pipe = Pipe::stdio()?;
        let welcome = greet(identity, &mut pipe).await?;
        service(welcome, pipe).await?;
        Ok(())
    });
    // A thread that still reads a terminal must not keep the process.
    runtime.shutdown_background();
    match outcome {
        Ok(()) | Err(PipeClosed::Ended) => ExitCode::SUCCESS,
        Err(PipeClosed::Refused(reason)) => complain(identity, &reason, ExitCode::from(EXIT_USAGE)),
        Err(PipeClosed::Failed(error)) => complain(identity, &error.to_string(), ExitCode::FAILURE),
    }
}

fn complain(identity: &Identity, sentence: &str, code: ExitCode) -> ExitCode {
    // A stderr nobody reads is no reason to panic.
    let _ = writeln!(io::stderr(), "ERROR {}: {sentence}", identity.name);
    code
}

/// What becomes ready together: a process has a few pipes and sockets.
const READY_TOGETHER: usize = 64;

/// One thread a process is enough, and waking another costs more than the work.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_io_events_per_tick(READY_TOGETHER)
        .build()
}

async fn greet(identity: &Identity, pipe: &mut Pipe) -> Result<Welcome, PipeClosed> {
    let hello = Hello::new(identity.role, identity.name, identity.version);
    pipe.writer.event(&Greeting::Hello(hello));
    pipe.writer.flush().await?;
    let line = timeout(HELLO_TIMEOUT, pipe.reader.next())
        .await
        .map_err(|_| PipeClosed::Refused("no welcome within 10 s".to_owned()))??
        .ok_or(PipeClosed::Ended)?;
    match read(&line).map(|received| received.message) {
        Ok(Greeting::Welcome(welcome)) if welcome.protocol == VERSION => Ok(welcome),
        Ok(Greeting::Welcome(welcome)) => Err(PipeClosed::Refused(format!(
            "the supervisor speaks protocol {}, this program speaks {VERSION}",
            welcome.protocol
        ))),
        Ok(Greeting::Error(refusal)) => Err(PipeClosed::Refused(refusal.message)),
        Ok(Greeting::Hello(_)) | Err(_) => Err(PipeClosed::Refused(
            "the first line of stdin is no welcome".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::{ErrorCode, Options, Refusal, Start};

    use super::*;

    const IDENTITY: Identity = Identity {
        role: Role::Ui,
        name: "test",
        version: "0",
        summary: "a ui that does nothing.",
    };

    /// The plugin's view of a greeting that the supervisor answers with this line.
    async fn greeted_with(answer: Greeting) -> Result<Welcome, PipeClosed> {
        let (mut plugin, mut supervisor) = Pipe::memory();
        supervisor.writer.event(&answer);
        supervisor.writer.flush().await.expect("there is room");
        let outcome = greet(&IDENTITY, &mut plugin).await;
        let hello = supervisor
            .reader
            .next()
            .await
            .expect("readable")
            .expect("a line");
        let hello = read::<Greeting>(&hello).expect("a greeting").message;
        assert_eq!(hello, Greeting::Hello(Hello::new(Role::Ui, "test", "0")));
        outcome
    }

    fn welcome(protocol: u32) -> Welcome {
        Welcome {
            protocol,
            supervisor: "0".to_owned(),
            start: Start::Menu,
            options: Options::default(),
        }
    }

    #[tokio::test]
    async fn a_plugin_says_hello_and_takes_the_welcome() {
        let outcome = greeted_with(Greeting::Welcome(welcome(VERSION))).await;
        assert!(matches!(outcome, Ok(taken) if taken == welcome(VERSION)));
    }

    #[tokio::test]
    async fn another_version_or_a_refusal_is_said() {
        for (answer, part) in [
            (Greeting::Welcome(welcome(2)), "protocol 2"),
            (
                Greeting::Error(Refusal::new(ErrorCode::WrongRole, "No ui wanted.")),
                "No ui wanted.",
            ),
            (
                Greeting::Hello(Hello::new(Role::Ui, "mirror", "0")),
                "no welcome",
            ),
        ] {
            let Err(PipeClosed::Refused(reason)) = greeted_with(answer).await else {
                panic!("taken: {part}");
            };
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[tokio::test]
    async fn a_supervisor_that_is_gone_is_the_end_and_no_error() {
        let (mut plugin, supervisor) = Pipe::memory();
        drop(supervisor);
        let outcome = greet(&IDENTITY, &mut plugin).await;
        assert!(matches!(outcome, Err(PipeClosed::Ended)));
    }
}
