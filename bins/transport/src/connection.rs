//! What every TCP connection here has: a number, and two ends.

use std::net::SocketAddr;

use tokio::net::TcpStream;

/// Numbers connections, so that news of one that is gone are known for old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// The two ends of a connection, `host:port`.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) address: String,
    pub(crate) local_address: String,
}

impl Ends {
    /// IPv4 is shown as such, also where it came through an IPv6 socket.
    pub(crate) fn of(stream: &TcpStream) -> std::io::Result<Self> {
        let show = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        let [address, local_address] =
            [stream.peer_addr()?, stream.local_addr()?].map(|end| show(end).to_string());
        Ok(Self {
            address,
            local_address,
        })
    }
}
