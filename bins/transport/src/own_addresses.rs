//! Where others in the same network reach this computer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses for documentation (RFC 5737, RFC 3849): the way to them is the way to any far
/// computer, and nobody has them.
const FAR: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// What callers can use, given the sockets' own addresses, the likeliest first. Loopback only
/// where that is listened on, or where this computer has nothing else.
pub(crate) fn own_addresses(sockets: &[SocketAddr]) -> Vec<SocketAddr> {
    let seen = |of: &dyn Fn(SocketAddr) -> Option<IpAddr>| -> Vec<SocketAddr> {
        let found = sockets.iter().filter_map(|&socket| {
            let port = socket.port();
            of(socket).map(|ip| SocketAddr::new(ip, port))
        });
        found.collect()
    };
    let outward = seen(&|socket| match socket.ip() {
        ip if ip.is_unspecified() => way_out(ip.is_ipv6()),
        ip => Some(ip),
    });
    if outward.is_empty() {
        seen(&|socket| Some(loopback(socket.is_ipv6())))
    } else {
        outward
    }
}

/// The addresses this computer has towards far ones now. They change with the network it is in.
pub(crate) fn ways_out() -> Vec<IpAddr> {
    [false, true].into_iter().filter_map(way_out).collect()
}

/// The address this computer would use towards a far one. A UDP socket's `connect` asks the
/// routing table, and sends nothing.
fn way_out(ipv6: bool) -> Option<IpAddr> {
    let any: IpAddr = if ipv6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // The port is "discard".
    socket.connect((FAR[usize::from(ipv6)], 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    is_for_others(ip).then_some(ip)
}

/// Any IPv4 address but loopback; of IPv6 the global ones (2000::/3), since the others mean
/// something in one network only, and there IPv4 does.
fn is_for_others(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xe000 == 0x2000,
    }
}

fn loopback(ipv6: bool) -> IpAddr {
    if ipv6 {
        Ipv6Addr::LOCALHOST.into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(sockets: &[&str]) -> Vec<SocketAddr> {
        let sockets: Vec<SocketAddr> = sockets.iter().map(|s| s.parse().expect("one")).collect();
        own_addresses(&sockets)
    }

    #[test]
    fn a_bound_address_is_the_only_one() {
        for bound in ["127.0.0.1:80", "[::1]:80", "192.0.2.7:80"] {
            assert_eq!(own(&[bound]), [bound.parse::<SocketAddr>().expect("one")]);
        }
    }

    #[test]
    fn there_is_always_an_address_and_never_an_unspecified_one() {
        let found = own(&["0.0.0.0:8080", "[::]:8080"]);
        assert!(!found.is_empty());
        assert!(
            found
                .iter()
                .all(|a| !a.ip().is_unspecified() && a.port() == 8080)
        );
    }

    #[test]
    fn only_global_ipv6_is_for_others() {
        let is = |ip: &str| is_for_others(ip.parse().expect("an address"));
        assert!(is("2001:db8::1") && is("192.168.1.100"));
        assert!(!is("fe80::1") && !is("fd00::1") && !is("::1") && !is("127.0.0.1"));
    }
}
