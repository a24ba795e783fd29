//! `host`, `host:port` and their IPv6 spellings, as people type them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use p2p_chat_protocol::DEFAULT_PORT;

/// A host by name or number, and a port where one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port, if one was given.
    pub port: Option<u16>,
}

/// The longest name DNS can hold.
const MAX_HOST: usize = 253;

/// Why a text is no address, as a sentence for people.
#[derive(Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Nothing there.
    Empty,
    /// Not a number from 1 to 65535.
    Port(String),
    /// No name and no number of a computer.
    Host(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("IP address required"),
            Self::Port(port) => write!(f, "Invalid port number {port:?}. A port is 1 to 65535."),
            Self::Host(host) => write!(
                f,
                "{host:?} is neither an IP address nor a name. Examples: 203.0.113.7, me.example.net:8080, [2001:db8::4]:8080."
            ),
        }
    }
}

impl Address {
    /// Reads what a person typed. Port 0 is none to connect to.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let (host, port) = split(text)?;
        let port = match port {
            Some(digits) => Some(parse_port(digits)?),
            None => None,
        };
        let bytes = host.as_bytes();
        let printable = bytes.iter().all(|b| b.is_ascii_graphic() || *b >= 0x80);
        let reserved = bytes.iter().any(|b| b"/,#[]@\"<>\\".contains(b));
        if host.is_empty() || host.len() > MAX_HOST || !printable || reserved {
            return Err(AddressError::Host(short(host)));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }

    /// `host:port`, with the default port where none was given.
    pub(crate) fn with_port(&self) -> String {
        let port = self.port.unwrap_or(DEFAULT_PORT);
        join(&self.host, port)
    }
}

/// `host:port`, IPv6 in brackets.
pub(crate) fn join(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The host of `host:port`, without brackets.
pub(crate) fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// Whether `host` is this computer itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether `host` is an address that only computers in the same network reach.
pub(crate) fn is_home(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// How far an address reaches, in the order in which an invite is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Everybody.
    Everywhere,
    /// Who has IPv6 too.
    ByIpv6,
    /// Computers in the same network, or in the same VPN.
    SameNetwork,
}

/// How far `host` reaches; a name, as far as its owner says.
pub(crate) fn reach(host: &str) -> Reach {
    match host.parse::<IpAddr>() {
        // 100.64.0.0/10: a provider's customers among themselves (RFC 6598), and some VPNs.
        Ok(IpAddr::V4(ip)) if matches!(ip.octets(), [100, 64..=127, ..]) => Reach::SameNetwork,
        Ok(ip) if ip.is_loopback() || is_home(host) => Reach::SameNetwork,
        Ok(IpAddr::V4(_)) | Err(_) => Reach::Everywhere,
        // All that was ever given out for everywhere.
        Ok(IpAddr::V6(ip)) if ip.segments()[0] & 0xe000 == 0x2000 => Reach::ByIpv6,
        Ok(IpAddr::V6(_)) => Reach::SameNetwork,
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), AddressError> {
    if let Some(rest) = text.strip_prefix('[') {
        let bad = || AddressError::Host(short(text));
        let (host, rest) = rest.split_once(']').ok_or_else(bad)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(bad()),
        };
    }
    let without_zone = text.split('%').next().unwrap_or(text);
    match text.rsplit_once(':') {
        // An IPv6 address without brackets has no port: its last colon is its own.
        Some(_) if without_zone.parse::<Ipv6Addr>().is_ok() => Ok((text, None)),
        Some((host, port)) if !host.contains(':') => Ok((host, Some(port))),
        Some(_) => Err(AddressError::Host(short(text))),
        None => Ok((text, None)),
    }
}

fn parse_port(digits: &str) -> Result<u16, AddressError> {
    match digits.parse::<u16>() {
        Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(AddressError::Port(short(digits))),
    }
}

/// As much of a wrong value as a sentence can hold.
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address_is_read() {
        for (text, host, port) in [
            ("203.0.113.7", "203.0.113.7", None),
            (" 203.0.113.7:80 ", "203.0.113.7", Some(80)),
            ("me.example.net:8080", "me.example.net", Some(8080)),
            ("::1", "::1", None),
            ("[::1]", "::1", None),
            ("[2001:db8::4]:65535", "2001:db8::4", Some(65535)),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("b\u{fc}cher.example", "b\u{fc}cher.example", None),
        ] {
            let expected = Address {
                host: host.to_owned(),
                port,
            };
            assert_eq!(Address::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for (text, part) in [
            ("", "IP address required"),
            ("host:80a", "\"80a\""),
            ("host:0", "\"0\""),
            ("host:65536", "\"65536\""),
            ("host:+80", "\"+80\""),
            ("host:", "\"\""),
            ("[::1", "\"[::1\""),
            ("a b", "\"a b\""),
            ("http://host", "\"//host\""),
            ("a:b:c", "\"a:b:c\""),
            ("\u{1b}[2J", "\\u{1b}[2J"),
        ] {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn an_address_reaches_as_far_as_its_range() {
        for (reaches, hosts) in [
            (Reach::Everywhere, "203.0.113.7 100.63.0.1 me.example.net"),
            (Reach::ByIpv6, "2001:db8:77::2 3ffe:77::2"),
            (
                Reach::SameNetwork,
                "192.168.1.100 10.8.0.2 100.64.0.2 127.0.0.1 ::1 fd00::1 fe80::1",
            ),
        ] {
            for host in hosts.split(' ') {
                assert_eq!(reach(host), reaches, "{host}");
            }
        }
    }

    #[test]
    fn a_host_is_cut_out_of_its_address() {
        assert_eq!(host_of("[2001:db8::4]:8080"), "2001:db8::4");
        assert_eq!(host_of("203.0.113.7:8080"), "203.0.113.7");
    }
}
