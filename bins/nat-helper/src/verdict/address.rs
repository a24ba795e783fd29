//! Is the router's outside address one that others can reach? Routers report whatever they have
//! and say nothing about its worth.

use std::net::{IpAddr, Ipv4Addr};

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everybody.
    Public,
    /// Shared by a provider among its customers (RFC 6598): carrier-grade NAT.
    Carrier,
    /// A home network's (RFC 1918): there is another router outside of this one.
    SecondRouter,
    /// Nobody: no address at all, or one that is routed nowhere.
    Nowhere,
}

/// Judges an address that a router says it has outside.
pub(crate) fn kind(ip: IpAddr) -> Kind {
    match ip.to_canonical() {
        IpAddr::V4(ip) => kind_v4(ip),
        // For documentation (RFC 3849).
        IpAddr::V6(ip) if ip.segments()[..2] == [0x2001, 0xdb8] => Kind::Nowhere,
        // 2000::/3 is all that was ever given out.
        IpAddr::V6(ip) if ip.segments()[0] & 0xe000 == 0x2000 => Kind::Public,
        IpAddr::V6(_) => Kind::Nowhere,
    }
}

fn kind_v4(ip: Ipv4Addr) -> Kind {
    match ip.octets() {
        [100, 64..=127, ..] => Kind::Carrier,
        _ if ip.is_private() => Kind::SecondRouter,
        // "This network", loopback, link-local, protocol assignments, benchmarks.
        [0 | 127, ..] | [169, 254, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => Kind::Nowhere,
        // Multicast and reserved.
        [224..=255, ..] => Kind::Nowhere,
        _ if ip.is_documentation() => Kind::Nowhere,
        _ => Kind::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_count_as_reachable() {
        let cases = [
            (
                Kind::Public,
                "8.8.8.8 128.66.0.1 100.63.255.255 100.128.0.0 172.32.0.1 2a00::1",
            ),
            (Kind::Carrier, "100.64.0.2 100.127.255.255"),
            (
                Kind::SecondRouter,
                "10.1.2.3 172.16.0.1 172.31.9.9 192.168.0.10 ::ffff:10.0.0.1",
            ),
            (
                Kind::Nowhere,
                "0.0.0.0 127.0.0.1 169.254.3.4 192.0.0.8 198.18.0.1 198.19.255.1",
            ),
            (
                Kind::Nowhere,
                "203.0.113.7 192.0.2.1 198.51.100.2 224.0.0.1 240.0.0.1",
            ),
            (
                Kind::Nowhere,
                "255.255.255.255 :: ::1 fe80::1 fd00::1 ff02::1 2001:db8::1",
            ),
        ];
        for (expected, addresses) in cases {
            for address in addresses.split(' ') {
                let ip = address.parse().expect("an address");
                assert_eq!(kind(ip), expected, "{address}");
            }
        }
    }
}
