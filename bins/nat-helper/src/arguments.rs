//! The command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use p2p_chat_protocol::nat::Forwarded;

use crate::lease;
use crate::network::Choice;
use crate::wish::Wish;

/// Opens ports of the home router by PCP, NAT-PMP or UPnP, keeps them open and closes them again.
///
/// Without a command: what router there is, and whether it makes this computer reachable.
/// It is the nat-helper of p2p-chat as well, which starts it and speaks the plugin protocol with it.
///
/// Exit codes: 0 fine, 1 refused or not reachable, 2 wrong arguments, 69 no router.
#[derive(Debug, Parser)]
#[command(name = "nat-helper", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Speak the plugin protocol on stdin and stdout: one JSON object a line
    #[arg(long)]
    pub(crate) stdio: bool,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Write JSON to stdout, one object a line, and words for people to stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Ask this router only [default: the default gateway, then any that answers]
    #[arg(long, global = true, value_name = "ADDRESS")]
    gateway: Option<IpAddr>,
    /// Use this interface only, such as wlan0
    #[arg(long, global = true, value_name = "NAME")]
    interface: Option<String>,
    /// How often a router is looked at that holds a port [default: 3m]. For tests
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, hide = true)]
    look: Option<Duration>,
}

impl Common {
    /// How often a router is looked at.
    pub(crate) fn look(&self) -> Duration {
        self.look.unwrap_or(lease::LOOK)
    }

    /// Which part of the network may be asked.
    pub(crate) fn choice(&self) -> Choice {
        Choice {
            gateway: self.gateway,
            interface: self.interface.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a port until Ctrl-C, or as long as a command runs
    Map(Map),
    /// List all open ports of the router, whoever opened them
    List,
    /// Close a port that this computer left open
    Unmap(Unmap),
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    /// The port of this computer
    #[arg(value_parser = port)]
    port: NonZeroU16,
    /// The port wanted on the router [default: the same]
    #[arg(long, value_name = "PORT", value_parser = port)]
    external_port: Option<NonZeroU16>,
    /// Fail where the router gives another port than the wanted one
    #[arg(long)]
    exact: bool,
    /// What is forwarded
    #[arg(long, value_enum, default_value = "tcp")]
    protocol: ProtocolChoice,
    /// For how long the router keeps it after a crash, such as 90s, 30m, 1h (1s to 24h)
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1h")]
    lease: Duration,
    /// Open it and leave it open for its lease
    #[arg(long, conflicts_with = "command")]
    pub(crate) once: bool,
    /// Print the address outside and nothing else
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Run this as long as the port is open; NAT_ADDRESS, NAT_HOST and NAT_PORT tell it the address
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

/// As on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolChoice {
    Tcp,
    Udp,
    Both,
}

#[derive(Debug, Args)]
pub(crate) struct Unmap {
    /// The port, as this computer or as the router has it
    #[arg(value_parser = port, required_unless_present = "all")]
    pub(crate) port: Option<NonZeroU16>,
    /// All that this computer opened with this program
    #[arg(long, conflicts_with = "port")]
    pub(crate) all: bool,
}

impl Map {
    /// What is to be opened.
    pub(crate) fn wish(&self, choice: Choice, look: Duration) -> Wish {
        Wish {
            port: self.port,
            external_port: self.external_port.unwrap_or(self.port),
            forwarded: match self.protocol {
                ProtocolChoice::Tcp => Forwarded::Tcp,
                ProtocolChoice::Udp => Forwarded::Udp,
                ProtocolChoice::Both => Forwarded::Both,
            },
            exact: self.exact,
            lease: self.lease,
            look,
            choice,
        }
    }
}

fn port(text: &str) -> Result<NonZeroU16, String> {
    text.parse()
        .map_err(|_| format!("invalid port number {text:?}, a port is 1 to 65535"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    number
        .parse()
        .ok()
        .and_then(|count: u32| count.checked_mul(seconds))
        .and_then(lease::length)
        .ok_or_else(|| format!("invalid time {text:?}, write 90s, 30m or 1h; 24h at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        let read = |text| duration(text).ok().map(|lease| lease.as_secs());
        assert_eq!(read("90"), Some(90));
        assert_eq!(read("90s"), Some(90));
        assert_eq!(read("30m"), Some(1800));
        assert_eq!(read("24h"), Some(86_400));
        for wrong in ["", "h", "0s", "25h", "-1h", "1d", "1 h", "4294967295h"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_port_is_1_to_65535() {
        assert_eq!(port("65535").map(NonZeroU16::get), Ok(65_535));
        for wrong in ["0", "65536", "80a", "", "-1"] {
            let sentence = format!("invalid port number {wrong:?}, a port is 1 to 65535");
            assert_eq!(port(wrong), Err(sentence));
        }
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_follows_the_dashes_is_the_command() {
        let line = "nat-helper map 25565 --protocol both -- ./server.sh --port 1";
        let arguments = Arguments::try_parse_from(line.split(' ')).expect("well formed");
        let Some(Command::Map(map)) = arguments.command else {
            panic!("another command");
        };
        assert_eq!(map.command, ["./server.sh", "--port", "1"]);
        assert_eq!(
            map.wish(Choice::default(), lease::LOOK).forwarded,
            Forwarded::Both
        );
    }
}
