//! The command line.

use std::num::NonZeroU16;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::lease;
use crate::mapping::Wish;

/// Opens a port of the home router by UPnP and closes it again.
///
/// Without a command: what router there is, and whether it makes this computer reachable.
/// It is the nat-helper of p2p-chat as well, which starts it and speaks the plugin protocol with it.
///
/// Exit codes: 0 fine, 1 refused or not reachable, 2 wrong arguments, 69 no router.
#[derive(Debug, Parser)]
#[command(name = "nat-helper", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// Speak the plugin protocol on stdin and stdout: one JSON object a line
    #[arg(long)]
    pub(crate) stdio: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a TCP port until Ctrl-C
    Map(Map),
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    /// The port of this computer
    #[arg(value_parser = port)]
    port: NonZeroU16,
    /// The port wanted on the router [default: the same]
    #[arg(long, value_name = "PORT", value_parser = port)]
    external_port: Option<NonZeroU16>,
    /// For how long the router keeps it after a crash, such as 90s, 30m, 1h (1s to 24h)
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1h")]
    lease: Duration,
}

impl From<Map> for Wish {
    fn from(map: Map) -> Self {
        Self {
            port: map.port,
            external_port: map.external_port.unwrap_or(map.port),
            lease: map.lease,
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
}
