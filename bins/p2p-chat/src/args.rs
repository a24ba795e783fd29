//! The command line.

mod refusal;
mod spoken;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use p2p_chat_chat::{Address, Config, Ending, Invite, Proof};
use p2p_chat_protocol::{Options, Start};

use crate::check::Check;
use crate::code_file;
use crate::doctor::Doctor;
use crate::doctor::computer::is_hidden_in_windows;
use crate::locate::PluginChoice;

use refusal::refusal;

/// What to do after the command line was read.
pub(crate) enum Asked {
    /// A chat, or the menu.
    Run(Box<Settings>),
    /// Another program, whether it plays its role.
    Check(Check),
    /// What can reach this computer.
    Doctor(Doctor, PluginChoice),
    /// Nothing more: it was answered, with this exit code.
    Nothing(ExitCode),
}

/// Everything the command line and the environment decide.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) options: Options,
    pub(crate) plugins: PluginChoice,
}

/// Two people, two terminals, one line between them: no server, no account, nothing stored.
#[derive(Parser)]
#[command(name = "p2p-chat", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    /// Do not ask the router to forward the port
    #[arg(long, global = true)]
    no_nat: bool,
    /// No cursor movement, no colours (also: TERM=dumb, P2P_CHAT_PLAIN=1)
    #[arg(long, global = true)]
    plain: bool,
    /// Show details
    #[arg(long, global = true)]
    verbose: bool,
    /// Ring the terminal's bell when a text arrives
    #[arg(long, global = true)]
    bell: bool,
    /// Show all options
    #[arg(long, global = true)]
    help_all: bool,
    /// The address under which others reach you, for the invite: a port forwarded by hand, a name
    #[arg(long, value_name = "HOST[:PORT]", global = true, value_parser = parse_address)]
    public: Option<Address>,
    /// Listen on this address of this computer only
    #[arg(long, value_name = "ADDR", global = true, hide = true)]
    bind: Option<std::net::IpAddr>,
    /// No code: both read three words to each other when they are connected
    #[arg(long, global = true, hide = true)]
    no_code: bool,
    /// The code to connect with: the first line of this file
    #[arg(long, value_name = "F", global = true, hide = true)]
    code_file: Option<PathBuf>,
    /// Speak the original Python program's protocol: anyone on the way can read and change the chat
    #[arg(long, global = true, hide = true)]
    insecure_legacy: bool,
    #[command(flatten)]
    plugins: PluginChoice,
}

const AFTER_HELP: &str = "Without a command: the menu.
Exit codes: 0 fine, 1 failed (port in use, line cut, texts not sent), 2 wrong usage, 3 refused
for your safety, 69 nobody reached, 70 a part of p2p-chat is missing or does not work.";

#[derive(Subcommand)]
enum Command {
    /// Wait for a connection
    Listen {
        /// The TCP port to wait on; 0: any free one
        #[arg(value_parser = parse_port, default_value = "8080")]
        port: u16,
    },
    /// Connect to somebody who waits
    Connect {
        /// HOST, HOST:PORT or an invite without its code; what is missing is asked for
        #[arg(value_name = "HOST[:PORT] | INVITE", value_parser = parse_invite)]
        target: Option<Invite>,
    },
    /// What can reach this computer, and why not
    Doctor(Doctor),
    /// Check that a program of your own plays its role
    #[command(hide = true)]
    Check(Check),
}

pub(crate) fn parse() -> Asked {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments
        .iter()
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    if spoken::holds_code(&arguments) {
        return refused(Ending::Refused, refusal::CODE_IN_ARGUMENTS);
    }
    let line = match Line::command().try_get_matches() {
        Ok(matches) => Line::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()),
        Err(answer) => {
            // Help goes to stdout with code 0, a mistake to stderr with code 2; a reader that left
            // is no mistake.
            let _ = answer.print();
            return Asked::Nothing(exit_code(u8::try_from(answer.exit_code()).unwrap_or(2)));
        }
    };
    if line.help_all {
        let _ = full_help().print_help();
        return Asked::Nothing(ExitCode::SUCCESS);
    }
    match line.command {
        Some(Command::Check(check)) => return Asked::Check(check),
        Some(Command::Doctor(doctor)) => return Asked::Doctor(doctor, line.plugins),
        _ => {}
    }
    let settings = match refusal(&line) {
        Some((ending, sentence)) => Err((ending, sentence.to_owned())),
        None => settings(line).map_err(|sentence| (Ending::Usage, sentence)),
    };
    match settings {
        Ok(settings) => Asked::Run(Box::new(settings)),
        Err((ending, sentence)) => refused(ending, &sentence),
    }
}

fn refused(ending: Ending, sentence: &str) -> Asked {
    let _ = writeln!(std::io::stderr(), "[!] {sentence}");
    Asked::Nothing(exit_code(ending.code()))
}

fn exit_code(code: u8) -> ExitCode {
    ExitCode::from(code)
}

/// The help with every option and command in it.
fn full_help() -> clap::Command {
    let plain = Line::command();
    let hidden: Vec<_> = plain
        .get_arguments()
        .filter(|arg| arg.is_hide_set())
        .map(|arg| arg.get_id().clone())
        .collect();
    hidden
        .into_iter()
        .fold(plain, |command, id| {
            command.mut_arg(id, |arg| arg.hide(false))
        })
        .mut_subcommands(|command| command.hide(false))
}

fn settings(line: Line) -> Result<Settings, String> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|v| v == value);
    let plain = line.plain || is("TERM", "dumb") || is("P2P_CHAT_PLAIN", "1");
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let (start, port, invite) = match line.command {
        None | Some(Command::Check(_) | Command::Doctor(_)) => (Start::Menu, None, None),
        Some(Command::Listen { port }) => (Start::Listen, Some(port), None),
        Some(Command::Connect { target }) => (Start::Connect, None, target),
    };
    let proof = match (line.insecure_legacy, line.no_code) {
        (true, _) => Proof::Insecure,
        (false, true) => Proof::Words,
        (false, false) => Proof::Code,
    };
    let passcode = line.code_file.as_deref().map(code_file::read).transpose()?;
    Ok(Settings {
        config: Config {
            start,
            proof,
            port,
            bind: line.bind.map(|ip| ip.to_string()),
            public: line.public,
            invite,
            passcode,
            ask_router: !line.no_nat,
            wsl: is_hidden_in_windows(),
            terminal,
        },
        options: Options {
            plain,
            bell: line.bell,
            verbose: line.verbose,
            color: terminal && !plain && !no_color,
            terminal,
        },
        plugins: line.plugins,
    })
}

fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| {
        format!("Invalid port number {text:?}. A port is 1 to 65535 (0: any free one).")
    })
}

fn parse_address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|error| error.to_string())
}

fn parse_invite(text: &str) -> Result<Invite, String> {
    Invite::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Line::command().debug_assert();
    }

    #[test]
    fn the_full_help_names_what_the_short_one_leaves_out() {
        let short = Line::command().render_help().to_string();
        let full = full_help().render_help().to_string();
        for option in [
            "  check ",
            "--bind",
            "--no-code",
            "--code-file",
            "--insecure-legacy",
            "--ui",
            "--transport",
            "--nat-helper",
        ] {
            assert!(full.contains(option), "{option}");
            assert!(!short.contains(option), "{option}");
        }
    }
}
