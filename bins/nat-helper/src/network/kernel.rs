//! Asking Linux for its default routes. By netlink, since `/proc` is not everywhere.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::routes::{self, DefaultRoute, FAMILY_V4, FAMILY_V6, Told};

/// The kernel sends at most as much at a time as is asked for, or NLMSG_GOODSIZE, which is smaller.
const DATAGRAM: usize = 8_192;

/// A router with the routes of the whole Internet has some million; this is no such computer.
const MOST_DATAGRAMS: usize = 512;

/// The default routes of IPv4, the preferred one first.
pub(super) fn v4() -> Vec<DefaultRoute<Ipv4Addr>> {
    sorted(FAMILY_V4, |ip| match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    })
}

/// The default routes of IPv6, the preferred one first.
pub(super) fn v6() -> Vec<DefaultRoute<Ipv6Addr>> {
    sorted(FAMILY_V6, |ip| match ip {
        IpAddr::V4(_) => None,
        IpAddr::V6(ip) => Some(ip),
    })
}

fn sorted<Ip>(family: u8, of_family: impl Fn(IpAddr) -> Option<Ip>) -> Vec<DefaultRoute<Ip>> {
    let mut told = ask(family).unwrap_or_default();
    told.sort_by_key(|(metric, _)| *metric);
    let routes = told.into_iter().map(|(_, route)| DefaultRoute {
        index: route.index,
        gateway: route.gateway.and_then(&of_family),
    });
    routes.collect()
}

/// The kernel has answered by the time the question is sent, so nothing here waits.
fn ask(family: u8) -> io::Result<Vec<Told>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        // The default of netlink is its protocol of routes.
        None,
    )?;
    let kernel = SocketAddrNetlink::new(0, 0);
    let question = routes::question(family);
    rustix::net::sendto(&socket, &question, SendFlags::empty(), &kernel)?;
    let mut told = Vec::new();
    let mut datagram = vec![0; DATAGRAM];
    for _ in 0..MOST_DATAGRAMS {
        let (length, _) = rustix::net::recv(&socket, &mut datagram[..], RecvFlags::empty())?;
        if routes::answer(&datagram[..length.min(DATAGRAM)], &mut told) {
            break;
        }
    }
    Ok(told)
}
