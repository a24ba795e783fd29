//! Addresses as they are shown. Pure.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// Longer addresses crowd the text out: the longest IPv4 address has 15 characters.
const LONGEST: usize = 15;

/// `host:port` in two, without the brackets of IPv6.
pub(crate) fn split(address: &str) -> (&str, &str) {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

/// An address that leaves room for a text beside it.
pub(crate) fn short(ip: &str) -> Cow<'_, str> {
    if ip.len() <= LONGEST {
        return ip.into();
    }
    match ip.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => shorten(v6).into(),
        _ => ip.into(),
    }
}

fn shorten(ip: Ipv6Addr) -> String {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return v4.to_string();
    }
    let [first, second, .., last] = ip.segments();
    format!("{first:x}:{second:x}:…:{last:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ipv6_addresses_are_shortened() {
        for (ip, shown) in [
            ("2001:db8:85a3:8d3:1319:8a2e:370:4", "2001:db8:…:4"),
            ("2001:db8:77::2", "2001:db8:77::2"),
            ("::ffff:198.51.100.2", "198.51.100.2"),
            ("192.168.100.100", "192.168.100.100"),
            ("::1", "::1"),
        ] {
            assert_eq!(short(ip), shown);
        }
    }

    #[test]
    fn an_address_is_cut_before_its_port() {
        assert_eq!(split("198.51.100.2:80"), ("198.51.100.2", "80"));
        assert_eq!(split("[2001:db8::1]:80"), ("2001:db8::1", "80"));
        assert_eq!(split("me.example.net"), ("me.example.net", ""));
    }
}
