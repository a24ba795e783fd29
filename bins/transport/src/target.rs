//! Where to connect to: `host:port`, as people write it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use p2p_chat_protocol::{ErrorCode, Refusal};
use tokio::time::timeout;

/// How long a name may take: half of what an attempt may, so that time is left to connect.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Addresses of one name that are tried: more than anybody has at home, and all of them can be
/// begun within two seconds.
const MAX_OF_A_NAME: usize = 8;

/// The longest name there is in the DNS.
const MAX_NAME: usize = 253;

/// One address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As it was written.
    pub(crate) text: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Known(SocketAddr),
    Named(String, u16),
}

impl Target {
    /// Reads `192.168.1.100:8080`, `[2001:db8::1]:8080` or `example.net:8080`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let place = match text.parse() {
            Ok(address) => Some(Place::Known(address)),
            Err(_) => named(text),
        };
        match place {
            Some(place) if place.port() != 0 => Ok(Self {
                text: text.to_owned(),
                place,
            }),
            _ => Err(no_address(text)),
        }
    }

    /// The name in it, where it has one.
    pub(crate) fn name(&self) -> &str {
        match &self.place {
            Place::Known(_) => &self.text,
            Place::Named(name, _) => name,
        }
    }

    /// Its addresses in the order to try; an address is its own.
    pub(crate) async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.place {
            Place::Known(address) => Ok(vec![*address]),
            Place::Named(name, port) => {
                let lookup = tokio::net::lookup_host((name.as_str(), *port));
                let found = timeout(LOOKUP_TIMEOUT, lookup).await??;
                Ok(interleave(found.take(MAX_OF_A_NAME)))
            }
        }
    }
}

impl Place {
    fn port(&self) -> u16 {
        match self {
            Self::Known(address) => address.port(),
            Self::Named(_, port) => *port,
        }
    }
}

fn named(text: &str) -> Option<Place> {
    let (name, port) = text.rsplit_once(':')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_name) {
        return None;
    }
    Some(Place::Named(name.to_owned(), port.parse().ok()?))
}

fn no_address(text: &str) -> Refusal {
    let shown: String = text.chars().take(MAX_NAME).collect();
    let sentence = format!(
        "{shown:?} is no address. Write host:port, for example 192.168.1.100:8080 or [2001:db8::1]:8080."
    );
    Refusal::new(ErrorCode::InvalidMessage, sentence)
}

/// RFC 8305 section 4: the families in turns, IPv6 first.
fn interleave(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (mut next, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.partition(SocketAddr::is_ipv6);
    let mut ordered = Vec::new();
    while !next.is_empty() || !other.is_empty() {
        ordered.extend(next.pop_front());
        std::mem::swap(&mut next, &mut other);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        for address in ["192.0.2.1:80", "[2001:db8::1]:80"] {
            let target = Target::parse(address).expect("an address");
            assert!(matches!(target.place, Place::Known(_)), "{address}");
        }
        for name in [
            "example.net:8080",
            "localhost:1",
            "my_pc:65535",
            "bücher.example:80",
        ] {
            let target = Target::parse(name).expect("a name");
            assert!(matches!(target.place, Place::Named(..)), "{name}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_its_value() {
        let cases = [
            "",
            ":",
            ":80",
            "example.net",
            "192.0.2.1",
            "192.0.2.1:0",
            "192.0.2.1:65536",
            "2001:db8::1",
            "2001:db8::1:80",
            "[2001:db8::1]",
            "a b:80",
            "a\u{1b}[m:80",
            "http://example.net:80",
            "example.net:80a",
        ];
        for case in cases {
            let refusal = Target::parse(case).expect_err(case);
            assert_eq!(refusal.code, ErrorCode::InvalidMessage);
            assert!(
                refusal
                    .message
                    .starts_with(&format!("{case:?} is no address"))
            );
        }
    }

    #[test]
    fn families_take_turns_and_ipv6_begins() {
        let addresses: Vec<SocketAddr> = [
            "192.0.2.1:1",
            "192.0.2.2:1",
            "192.0.2.3:1",
            "[2001:db8::1]:1",
            "[2001:db8::2]:1",
        ]
        .map(|a| a.parse().expect("an address"))
        .to_vec();
        let ordered = interleave(addresses.iter().copied());
        assert_eq!(ordered, [3, 0, 4, 1, 2].map(|n| addresses[n]));
    }
}
