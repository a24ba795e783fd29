//! The smallest questions of PCP and NAT-PMP, which change nothing on the router: does it speak
//! the protocol, and since when has it been running? `crab_nat` has only the questions that do.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// A router in the same network answers within milliseconds; Wi-Fi may lose a packet or two.
const PATIENCE: Duration = Duration::from_millis(250);
const TRIES: usize = 3;

/// The longest answer of PCP (RFC 6887, 7).
const LONGEST: usize = 1100;

const PCP_VERSION: u8 = 2;
const RESPONSE: u8 = 0x80;

/// PCP's ANNOUNCE: the router's epoch. An error answer is an answer: it speaks PCP.
pub(crate) async fn announce(server: SocketAddr, client: IpAddr) -> io::Result<u32> {
    exchange(server, &announce_request(client), announced).await
}

/// NAT-PMP's public address, and the router's epoch. No address where the router says that it
/// has none.
pub(crate) async fn public_address(server: SocketAddr) -> io::Result<(Option<Ipv4Addr>, u32)> {
    exchange(server, &[0, 0], public).await
}

async fn exchange<T>(
    server: SocketAddr,
    request: &[u8],
    understand: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<T> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // Only the router's answers come in, and its refusals become errors.
    socket.connect(server).await?;
    let mut answer = [0; LONGEST];
    for _ in 0..TRIES {
        socket.send(request).await?;
        match timeout(PATIENCE, socket.recv(&mut answer)).await {
            Ok(received) => {
                let length = received?;
                return understand(&answer[..length]).ok_or_else(senseless);
            }
            Err(_) => continue,
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

fn senseless() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer makes no sense")
}

fn announce_request(client: IpAddr) -> [u8; 24] {
    let client = match client {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    let mut request = [0; 24];
    request[0] = PCP_VERSION;
    request[8..].copy_from_slice(&client.octets());
    request
}

/// The epoch of a PCP answer to whatever was asked.
fn announced(answer: &[u8]) -> Option<u32> {
    match answer {
        [PCP_VERSION, op, _, _, _, _, _, _, a, b, c, d, ..] if op & RESPONSE != 0 => {
            Some(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => None,
    }
}

fn public(answer: &[u8]) -> Option<(Option<Ipv4Addr>, u32)> {
    let &[0, RESPONSE, 0, result, a, b, c, d, ref rest @ ..] = answer else {
        return None;
    };
    let epoch = u32::from_be_bytes([a, b, c, d]);
    match (result, rest) {
        (0, &[a, b, c, d, ..]) => Some((Some(Ipv4Addr::new(a, b, c, d)), epoch)),
        // "Unsupported version": it does not speak NAT-PMP.
        (0 | 1, _) => None,
        _ => Some((None, epoch)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announce_is_24_bytes_with_this_computers_address() {
        let request = announce_request(IpAddr::from([192, 168, 77, 2]));
        let mut expected = [0; 24];
        expected[0] = 2;
        expected[18..].copy_from_slice(&[0xff, 0xff, 192, 168, 77, 2]);
        assert_eq!(request, expected);
    }

    #[test]
    fn answers_are_read_and_nonsense_is_not() {
        let mut answer = [0; 24];
        answer[..12].copy_from_slice(&[2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(announced(&answer), Some(258));
        let refusal = [2, 0x80, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9];
        assert_eq!(announced(&refusal), Some(9), "an error is an answer");
        for nonsense in [
            &[][..],
            &[2, 0x80],
            &[0, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(announced(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_public_address_may_be_missing_and_the_epoch_still_counts() {
        let answer = [0, 0x80, 0, 0, 0, 0, 0, 7, 128, 66, 0, 1];
        assert_eq!(
            public(&answer),
            Some((Some(Ipv4Addr::new(128, 66, 0, 1)), 7))
        );
        let network_failure = [0, 0x80, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0];
        assert_eq!(public(&network_failure), Some((None, 7)));
        for nonsense in [&[][..], &answer[..11], &[0, 0x80, 0, 1, 0, 0, 0, 7]] {
            assert_eq!(public(nonsense), None, "{nonsense:?}");
        }
    }
}
