//! The kernel's table of routes, asked for one thing: where the default gateways are. Answers are
//! read without trust in any of their lengths.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A default route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DefaultRoute<Ip> {
    /// The interface it leads through, by its number.
    pub(crate) index: u32,
    /// The router; none where the interface itself is the way, as in many VPNs.
    pub(crate) gateway: Option<Ip>,
}

/// The numbers of netlink(7) and rtnetlink(7).
pub(super) const FAMILY_V4: u8 = 2;
pub(super) const FAMILY_V6: u8 = 10;
const GET_ROUTE: u16 = 26;
const NEW_ROUTE: u16 = 24;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const REQUEST_DUMP: u16 = 0x301;
const MAIN_TABLE: u8 = 254;
const UNICAST: u8 = 1;
const ATTRIBUTE_INDEX: u16 = 4;
const ATTRIBUTE_GATEWAY: u16 = 5;
const ATTRIBUTE_METRIC: u16 = 6;
const ATTRIBUTE_HOPS: u16 = 9;

const HEADER: usize = 16;
const ROUTE_HEADER: usize = 12;

/// The question for all routes of one family.
pub(super) fn question(family: u8) -> [u8; HEADER + ROUTE_HEADER] {
    let mut question = [0; HEADER + ROUTE_HEADER];
    let length = u32::try_from(question.len()).unwrap_or(0);
    question[..4].copy_from_slice(&length.to_ne_bytes());
    question[4..6].copy_from_slice(&GET_ROUTE.to_ne_bytes());
    question[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    question[HEADER] = family;
    question
}

/// A default route as the kernel tells it, with its metric: the smaller, the better.
pub(super) type Told = (u32, DefaultRoute<IpAddr>);

/// The default routes in one datagram; `true` where it is the last.
pub(super) fn answer(datagram: &[u8], routes: &mut Vec<Told>) -> bool {
    let mut rest = datagram;
    while let Some(length) = number(rest, 0) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(message) = rest.get(HEADER..length) else {
            return true;
        };
        match short(rest, 4) {
            Some(NEW_ROUTE) => routes.extend(default_route(message)),
            Some(ERROR | DONE) | None => return true,
            Some(_) => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

fn default_route(message: &[u8]) -> Option<Told> {
    let &[_, prefix, _, _, table, _, _, kind, ..] = message else {
        return None;
    };
    if prefix != 0 || table != MAIN_TABLE || kind != UNICAST {
        return None;
    }
    let mut route = DefaultRoute {
        index: 0,
        gateway: None,
    };
    let mut metric = 0;
    for (kind, value) in attributes(message.get(ROUTE_HEADER..)?) {
        match kind {
            ATTRIBUTE_INDEX => route.index = number(value, 0)?,
            ATTRIBUTE_GATEWAY => route.gateway = address(value),
            ATTRIBUTE_METRIC => metric = number(value, 0)?,
            // Several equal ways: the first is as good as any.
            ATTRIBUTE_HOPS => {
                route.index = number(value, 4)?;
                let length = usize::from(short(value, 0)?);
                let mut hop = attributes(value.get(8..length)?);
                let gateway = hop.find(|(kind, _)| *kind == ATTRIBUTE_GATEWAY);
                route.gateway = gateway.and_then(|(_, value)| address(value));
            }
            _ => {}
        }
    }
    Some((metric, route))
}

fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::from(short(rest, 0)?);
        let kind = short(rest, 2)?;
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*bytes))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|ip| Ipv4Addr::from(ip).into());
    let v6 = || <[u8; 16]>::try_from(bytes).map(|ip| Ipv6Addr::from(ip).into());
    v4.or_else(|_| v6()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).expect("short");
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn route(prefix: u8, table: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![2, prefix, 0, 0, table, 0, 0, UNICAST, 0, 0, 0, 0];
        body.extend(attributes.concat());
        message(NEW_ROUTE, &body)
    }

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).expect("short");
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend_from_slice(body);
        bytes
    }

    fn read(datagram: &[u8]) -> (bool, Vec<Told>) {
        let mut routes = Vec::new();
        (answer(datagram, &mut routes), routes)
    }

    #[test]
    fn a_default_route_is_told_with_its_metric_and_router() {
        let index = attribute(ATTRIBUTE_INDEX, &7_u32.to_ne_bytes());
        let metric = attribute(ATTRIBUTE_METRIC, &600_u32.to_ne_bytes());
        let gateway = attribute(ATTRIBUTE_GATEWAY, &[192, 168, 77, 1]);
        let wifi = route(0, MAIN_TABLE, &[gateway, index.clone(), metric]);
        let vpn = route(0, MAIN_TABLE, std::slice::from_ref(&index));
        let local = route(24, MAIN_TABLE, std::slice::from_ref(&index));
        let other_table = route(0, 51, &[index]);
        let done = message(DONE, &[0; 4]);
        let (last, routes) = read(&[wifi, vpn, local, other_table, done].concat());
        assert!(last);
        let told = |metric, gateway| (metric, DefaultRoute { index: 7, gateway });
        let router = IpAddr::from([192, 168, 77, 1]);
        assert_eq!(routes, [told(600, Some(router)), told(0, None)]);
    }

    #[test]
    fn of_several_equal_ways_the_first_is_taken() {
        let hop = |index: u32, last| {
            let gateway = attribute(ATTRIBUTE_GATEWAY, &[10, 0, 0, last]);
            let length = u16::try_from(8 + gateway.len()).expect("short");
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend([0, 0]);
            bytes.extend(index.to_ne_bytes());
            bytes.extend(gateway);
            bytes
        };
        let hops = attribute(ATTRIBUTE_HOPS, &[hop(3, 1), hop(4, 2)].concat());
        let (_, routes) = read(&route(0, MAIN_TABLE, &[hops]));
        let first = DefaultRoute {
            index: 3,
            gateway: Some(IpAddr::from([10, 0, 0, 1])),
        };
        assert_eq!(routes, [(0, first)]);
    }

    #[test]
    fn an_answer_cut_anywhere_is_no_harm() {
        let index = attribute(ATTRIBUTE_INDEX, &7_u32.to_ne_bytes());
        let gateway = attribute(ATTRIBUTE_GATEWAY, &[192, 168, 77, 1]);
        let whole = route(0, MAIN_TABLE, &[index, gateway]);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]).1, [], "{length}");
        }
        assert_eq!(read(&[0; 64]), (true, vec![]));
        assert_eq!(read(&[0xff; 64]), (true, vec![]));
    }
}
