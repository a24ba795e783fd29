//! PCP and NAT-PMP as the fake router speaks them: every port is granted, for as long as it likes.

use std::net::{Ipv4Addr, UdpSocket};

/// What it says for how long it has been running.
const EPOCH: [u8; 4] = [0, 0, 1, 0];

/// Where it says it is reached from outside.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(128, 66, 0, 1);

const NAT_PMP: u8 = 0;
const PCP: u8 = 2;
const RESPONSE: u8 = 0x80;

/// Answers one of the two protocols until it is killed.
pub(super) fn serve(protocol: &str, seconds: u32) {
    let socket = UdpSocket::bind("0.0.0.0:5351").expect("port 5351 is free");
    println!("serving");
    let mut request = [0; 1100];
    while let Ok((length, from)) = socket.recv_from(&mut request) {
        let answer = match (protocol, &request[..length]) {
            ("pcp", [PCP, op, rest @ ..]) => pcp(*op, rest, seconds),
            ("nat-pmp", [NAT_PMP, op, rest @ ..]) => nat_pmp(*op, rest, seconds),
            _ => continue,
        };
        let _ = socket.send_to(&answer, from);
    }
}

/// How long it grants it; nothing where it is to be closed.
fn granted(wanted: &[u8], seconds: u32) -> [u8; 4] {
    match wanted == [0; 4] {
        true => {
            println!("unmap");
            [0; 4]
        }
        false => {
            println!("map");
            seconds.to_be_bytes()
        }
    }
}

/// `rest` is the request without version and operation.
fn pcp(op: u8, rest: &[u8], seconds: u32) -> Vec<u8> {
    let mut answer = vec![PCP, op | RESPONSE, 0, 0];
    // After the header of 24 bytes: nonce, protocol, the port inside, the one wanted, an address.
    let (lifetime, body) = match rest.get(2..6).zip(rest.get(22..58)) {
        Some((wanted, body)) => (granted(wanted, seconds), &body[..20]),
        None => ([0; 4], &[][..]),
    };
    answer.extend(lifetime);
    answer.extend(EPOCH);
    answer.extend([0; 12]);
    answer.extend(body);
    if !body.is_empty() {
        answer.extend(OUTSIDE.to_ipv6_mapped().octets());
    }
    answer
}

fn nat_pmp(op: u8, rest: &[u8], seconds: u32) -> Vec<u8> {
    let mut answer = vec![NAT_PMP, op | RESPONSE, 0, 0];
    answer.extend(EPOCH);
    // Two bytes are reserved, then come the port inside, the one wanted, and for how long.
    match rest.get(2..6).zip(rest.get(6..10)) {
        Some((ports, wanted)) => {
            answer.extend(ports);
            answer.extend(granted(wanted, seconds));
        }
        None => answer.extend(OUTSIDE.octets()),
    }
    answer
}
