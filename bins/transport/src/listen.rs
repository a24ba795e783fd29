//! The sockets that wait for callers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use p2p_chat_protocol::{ErrorCode, Refusal};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

/// Callers the kernel keeps until we take them. One is expected; but where it turns one away, he
/// calls again only after a second, and a friend must not pay for a scanner's thousand calls.
const BACKLOG: i32 = 1024;

/// A free IPv4 port may be taken under IPv6. Each try finds another one, and even where half of
/// all ports are taken, eight fail once in 256 times.
const PORT_TRIES: usize = 8;

/// After an error of `accept` (no descriptors left, say), which would come again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One socket, or one for each family.
pub(crate) struct Listener {
    sockets: [Option<TcpListener>; 2],
    pause: Option<Instant>,
}

impl Listener {
    /// Listens on `bind`, without it on all addresses of this computer; port 0 is any free one.
    pub(crate) fn open(port: u16, bind: Option<&str>) -> Result<Self, Refusal> {
        let sockets = match bind {
            Some(bind) => {
                let ip = parse_ip(bind)?;
                let socket = listen_on(SocketAddr::new(ip, port));
                [Some(socket.map_err(|e| refusal(&e, ip, port))?), None]
            }
            None => on_all(port)?,
        };
        Ok(Self {
            sockets,
            pause: None,
        })
    }

    /// The sockets' own addresses.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let sockets = self.sockets.iter().flatten();
        sockets.filter_map(|s| s.local_addr().ok()).collect()
    }

    /// The next caller. Cancel-safe.
    pub(crate) async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Some(pause) = self.pause {
                sleep_until(pause).await;
                self.pause = None;
            }
            let [first, second] = &self.sockets;
            let accepted = tokio::select! {
                accepted = accept_on(first.as_ref()) => accepted,
                accepted = accept_on(second.as_ref()) => accepted,
            };
            match accepted {
                Ok(caller) => return caller,
                Err(_) => self.pause = Some(Instant::now() + ACCEPT_PAUSE),
            }
        }
    }
}

async fn accept_on(socket: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match socket {
        Some(socket) => socket.accept().await,
        None => std::future::pending().await,
    }
}

/// Both families on one port. A computer without one of them has the other.
fn on_all(port: u16) -> Result<[Option<TcpListener>; 2], Refusal> {
    let (v4, v6) = (Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into());
    for tries_left in (0..PORT_TRIES).rev() {
        let first = listen_on(SocketAddr::new(v4, port));
        let chosen = match &first {
            Ok(socket) => socket.local_addr().map_or(port, |address| address.port()),
            Err(_) => port,
        };
        let second = listen_on(SocketAddr::new(v6, chosen));
        match (first, second) {
            (_, Err(error)) if port == 0 && is_taken(&error) && tries_left > 0 => {}
            (Err(error), _) | (_, Err(error)) if is_taken(&error) || is_denied(&error) => {
                return Err(refusal(&error, v4, chosen));
            }
            (Err(error), Err(_)) => return Err(refusal(&error, v4, port)),
            (first, second) => return Ok([first.ok(), second.ok()]),
        }
    }
    unreachable!("the last try has a verdict")
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Unix it lets a listener come back while connections of the last one time out; on
    // Windows it would let two programs share the port.
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn parse_ip(bind: &str) -> Result<IpAddr, Refusal> {
    bind.parse().map_err(|_| {
        let shown: String = bind.chars().take(64).collect();
        let sentence = format!("{shown:?} is no IP address. Write one of this computer's.");
        Refusal::new(ErrorCode::AddressUnavailable, sentence)
    })
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn refusal(error: &io::Error, ip: IpAddr, port: u16) -> Refusal {
    let (code, sentence) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            ErrorCode::AddressInUse,
            format!("Port {port} is in use on this computer."),
        ),
        io::ErrorKind::PermissionDenied => (
            ErrorCode::AddressUnavailable,
            format!("Port {port} needs more rights than you have. Use a port above 1023."),
        ),
        io::ErrorKind::AddrNotAvailable => (
            ErrorCode::AddressUnavailable,
            format!("{ip} is no address of this computer. Use one of its own, or none for all."),
        ),
        kind => (
            ErrorCode::AddressUnavailable,
            format!("This computer cannot listen on {ip}, port {port}: {kind}."),
        ),
    };
    Refusal::new(code, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_families_get_the_same_free_port() {
        let listener = Listener::open(0, None).expect("a free port");
        let addresses = listener.addresses();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|a| a.port() == addresses[0].port()));
        assert_ne!(addresses[0].port(), 0);
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_refused_by_its_number() {
        let listener = Listener::open(0, None).expect("a free port");
        let port = listener.addresses()[0].port();
        let refusal = Listener::open(port, None).err().expect("taken");
        assert_eq!(refusal.code, ErrorCode::AddressInUse);
        let sentence = format!("Port {port} is in use on this computer.");
        assert_eq!(refusal.message, sentence);
    }

    #[test]
    fn refusals_name_what_was_asked_for() {
        let ip: IpAddr = [192, 0, 2, 7].into();
        let of = |kind: io::ErrorKind| refusal(&kind.into(), ip, 80).message;
        assert!(of(io::ErrorKind::PermissionDenied).starts_with("Port 80 needs more rights"));
        assert!(of(io::ErrorKind::AddrNotAvailable).starts_with("192.0.2.7 is no address of"));
        assert!(of(io::ErrorKind::OutOfMemory).contains("192.0.2.7, port 80: out of memory"));
    }
}
