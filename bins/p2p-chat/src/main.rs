//! p2p-chat: the supervisor. It starts the ui, transport and nat-helper, and passes lines between
//! them; the chat itself is decided in `p2p_chat_chat::Core`.
//!
//! Start reading at `supervise.rs`, the loop; then `slot.rs`, one plugin over all its runs, and
//! `run.rs`, one run of it. `check.rs` and `doctor` are commands of their own.

mod args;
mod check;
mod clock;
mod code_file;
mod doctor;
mod greeting;
mod life;
mod locate;
mod logs;
mod progress;
mod restart;
mod run;
mod signals;
mod signs;
mod slot;
mod spawn;
mod supervise;
mod talk;
mod terminal;
mod writing;

use std::alloc::System;
use std::io::Write;
use std::process::ExitCode;

use args::{Asked, Settings};
use p2p_chat_chat::Ending;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is erased: texts, codes and keys pass through many a buffer.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    #[cfg(unix)]
    no_core_dumps();
    let outcome = match args::parse() {
        Asked::Run(settings) => run(*settings).map(|ending| ExitCode::from(ending.code())),
        Asked::Check(program) => check::run(program),
        Asked::Doctor(asked, plugins) => doctor::run(&asked, &plugins),
        Asked::Nothing(code) => return code,
    };
    match outcome {
        Ok(code) => code,
        Err(sentence) => {
            // A stderr nobody reads is no reason to panic.
            let _ = writeln!(std::io::stderr(), "p2p-chat: {sentence}");
            ExitCode::from(Ending::Broken.code())
        }
    }
}

fn run(settings: Settings) -> Result<Ending, String> {
    let programs = locate::locate_all(&settings.plugins)?;
    let terminal = terminal::Terminal::open();
    let runtime = p2p_chat_plugin::runtime().map_err(|e| format!("cannot start: {e}"))?;
    // As a task: waking the future that is blocked on costs a look at all descriptors each time.
    let supervisor = runtime.spawn(supervise::supervise(settings, programs, terminal));
    let ending = runtime
        .block_on(supervisor)
        .unwrap_or_else(|failed| Err(format!("the supervisor failed: {failed}")));
    // With `--ui -`, a thread may still read the user's stdin.
    runtime.shutdown_background();
    ending
}

/// A crash leaves no keys on a disk: neither here nor in the plugins, which inherit this.
#[cfg(unix)]
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // No file is that small, and with 1 Linux calls no collector of crashes either: it does with 0.
    let one_byte = Some(1);
    let limit = Rlimit {
        current: one_byte,
        maximum: one_byte,
    };
    // Refused where 0 is the most this user may have: then there are no files anyway.
    let _ = setrlimit(Resource::Core, limit);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn what_a_crash_of_a_plugin_may_leave_behind_is_limited_to_nothing() {
        super::no_core_dumps();
        let limits = std::process::Command::new("cat")
            .arg("/proc/self/limits")
            .output();
        let limits = String::from_utf8(limits.expect("cat runs").stdout).expect("text");
        let core = limits.lines().find(|line| line.contains("core file size"));
        let numbers = core.expect("a limit").split_whitespace().skip(4).take(2);
        assert!(numbers.into_iter().all(|most| most == "0" || most == "1"));
    }
}
