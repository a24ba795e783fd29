//! The router, by UPnP. Every call has a limit of its own: the library waits 10 s.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;

use igd_next::aio::{self, tokio::Tokio};
use igd_next::{PortMappingProtocol::TCP, RemovePortError, SearchError, SearchOptions};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::failure::{self, Failure};

/// How long a router may take to be found. It may think for 3 s before it answers (SSDP's MX);
/// after 4 s the listener's invite is printed without it.
pub(crate) const SEARCH_LIMIT: Duration = Duration::from_secs(4);

/// The library asks once, and Wi-Fi loses multicast: ask three times, the last early enough for
/// the slowest answer. A router in reach answers the first in about 100 ms.
const SEARCH_STARTS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
];

/// How long one call may take; routers need some 10 ms, slow ones a second.
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// How long removing may take: who quits does not wait longer, and a lease ends by itself.
pub(crate) const REMOVAL_LIMIT: Duration = Duration::from_secs(2);

/// What the router lists beside the port. ASCII and at most 32 bytes: some routers keep the rest
/// as rubbish.
const DESCRIPTION: &str = "p2p-chat";

/// A router that opens ports on request.
pub(crate) struct Gateway {
    igd: aio::Gateway<Tokio>,
    local_ip: IpAddr,
}

impl Gateway {
    /// Looks for one. Cancel-safe. Where there is no network at all it says so at once.
    pub(crate) async fn search() -> Result<Self, Failure> {
        let mut tries = JoinSet::new();
        for start in SEARCH_STARTS {
            tries.spawn(async move {
                sleep(start).await;
                let mut options = SearchOptions::default();
                options.timeout = Some(SEARCH_LIMIT - start);
                aio::tokio::search_gateway(options).await
            });
        }
        let igd = timeout(SEARCH_LIMIT, first_found(tries))
            .await
            .ok()
            .flatten()
            .ok_or(Failure::NoGateway)?;
        let local_ip = ip_towards(igd.addr).await.ok_or(Failure::NoGateway)?;
        Ok(Self { igd, local_ip })
    }

    /// The router's address in this network.
    pub(crate) fn ip(&self) -> IpAddr {
        self.igd.addr.ip()
    }

    /// This computer's address in the router's network.
    pub(crate) fn local_ip(&self) -> IpAddr {
        self.local_ip
    }

    /// The router's address outside, whatever it is worth.
    pub(crate) async fn external_ip(&self) -> Result<IpAddr, Failure> {
        within_limit(self.igd.get_external_ip(), Failure::asking_address).await
    }

    /// Opens `external` for `port` of this computer; again to renew.
    pub(crate) async fn add(
        &self,
        external: NonZeroU16,
        port: NonZeroU16,
        lease: Duration,
    ) -> Result<(), Failure> {
        let local = SocketAddr::new(self.local_ip, port.get());
        let external = external.get();
        let call = self
            .igd
            .add_port(TCP, external, local, seconds(lease), DESCRIPTION);
        within_limit(call, |error| Failure::adding(external, error)).await
    }

    /// Opens a port of the router's choice. Each call opens another one, so it does not renew.
    pub(crate) async fn add_any(
        &self,
        port: NonZeroU16,
        lease: Duration,
    ) -> Result<NonZeroU16, Failure> {
        let local = SocketAddr::new(self.local_ip, port.get());
        let call = self
            .igd
            .add_any_port(TCP, local, seconds(lease), DESCRIPTION);
        let external = within_limit(call, Failure::adding_any).await?;
        NonZeroU16::new(external).ok_or_else(|| Failure::Refused("it gave port 0".to_owned()))
    }

    /// Closes `external`, or says why not; fine where it was closed already.
    pub(crate) async fn remove(&self, external: NonZeroU16) -> Result<(), String> {
        let call = self.igd.remove_port(TCP, external.get());
        match timeout(REMOVAL_LIMIT, call).await {
            Ok(Ok(()) | Err(RemovePortError::NoSuchPortMapping)) => Ok(()),
            Ok(Err(error)) => Err(failure::removing(&error)),
            Err(_) => Err("it did not answer in time".to_owned()),
        }
    }
}

/// This computer's address in the network where a router would be; sends nothing.
pub(crate) async fn local_ip() -> Option<IpAddr> {
    ip_towards(SearchOptions::default().broadcast_address).await
}

async fn first_found(
    mut tries: JoinSet<Result<aio::Gateway<Tokio>, SearchError>>,
) -> Option<aio::Gateway<Tokio>> {
    while let Some(ended) = tries.join_next().await {
        match ended {
            Ok(Ok(igd)) => return Some(igd),
            // Not even sent, since there is no route; the others will fare no better.
            Ok(Err(SearchError::IoError(_))) => return None,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    None
}

/// The source address the system would use; connecting a UDP socket sends nothing.
async fn ip_towards(destination: SocketAddr) -> Option<IpAddr> {
    let any = match destination {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(destination).await.ok()?;
    Some(socket.local_addr().ok()?.ip())
}

async fn within_limit<T, E>(
    call: impl Future<Output = Result<T, E>>,
    failed: impl FnOnce(E) -> Failure,
) -> Result<T, Failure> {
    timeout(CALL_LIMIT, call)
        .await
        .map_err(|_| Failure::Refused(format!("no answer in {} s", CALL_LIMIT.as_secs())))?
        .map_err(failed)
}

fn seconds(lease: Duration) -> u32 {
    u32::try_from(lease.as_secs()).unwrap_or(u32::MAX)
}
