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
mod restart;
mod run;
mod signals;
mod slot;
mod spawn;
mod supervise;
mod talk;
mod terminal;

use std::io::Write;
use std::process::ExitCode;

use args::{Asked, Settings};
use p2p_chat_chat::Ending;

fn main() -> ExitCode {
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
    // As a task beside those of the plugins: waking the future that is blocked on costs a look at
    // all descriptors each time.
    let supervisor = runtime.spawn(supervise::supervise(settings, programs, terminal));
    let ending = runtime
        .block_on(supervisor)
        .unwrap_or_else(|failed| Err(format!("the supervisor failed: {failed}")));
    // With `--ui -`, a thread may still read the user's stdin.
    runtime.shutdown_background();
    ending
}
