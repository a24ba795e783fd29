//! `p2p-chat check ROLE -- CMD…`: does a program play its role? The checks themselves are in
//! `p2p_chat_plugin::conformance`.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use p2p_chat_plugin::conformance::{self, Started};
use p2p_chat_protocol::Role;

use crate::spawn;

/// What to check.
#[derive(Args, Clone, Debug)]
pub(crate) struct Check {
    /// ui, transport or nat-helper
    #[arg(value_parser = parse_role)]
    role: Role,
    /// Mix in the same unknown fields and messages as the run that printed this
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

fn parse_role(text: &str) -> Result<Role, String> {
    [Role::Ui, Role::Transport, Role::NatHelper]
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| format!("{text:?} is no role. The roles are ui, transport and nat-helper."))
}

/// Checks, and says what it found on stdout: a line a check.
pub(crate) fn run(check: Check) -> Result<ExitCode, String> {
    let Check {
        role,
        seed,
        command,
    } = check;
    let seed = seed.unwrap_or_else(seed_of_now);
    let runtime = p2p_chat_plugin::runtime().map_err(|e| format!("cannot start: {e}"))?;
    say(&format!("seed {seed} (--seed {seed} repeats it)"));
    let start = move || start(role, &command);
    let failed = runtime.block_on(conformance::check(role, seed, start, |outcome| {
        say(&outcome.to_string());
    }));
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// Short, so that it can be read out.
fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| u64::from(since.subsec_micros()))
}

fn say(line: &str) {
    // A reader that left is no error.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn start(role: Role, command: &[OsString]) -> Result<Started, String> {
    let [program, arguments @ ..] = command else {
        return Err("no program was given".to_owned());
    };
    let mut command = spawn::command(role, program);
    command.args(arguments);
    let user = match role {
        Role::Ui => spawn::pretend_user(&mut command)?,
        Role::Transport | Role::NatHelper => None,
    };
    let child = spawn::start(&mut command)?;
    Ok(Started { child, user })
}
