//! A multicast search in which only the default gateway is heard. `igd-next` takes the first that
//! answers, whoever that is; so it is given a relay for the network, which passes on its questions
//! and the right one's answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

pub(super) const SSDP_PORT: u16 = 1900;
pub(super) const SSDP_GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);

/// The longest answer the library reads.
const DATAGRAM: usize = 1500;

/// A place to send the questions to.
pub(super) struct Relay {
    near: UdpSocket,
    far: UdpSocket,
    heard: Vec<IpAddr>,
}

impl Relay {
    /// A relay that asks from this address of this computer, and hears only these routers.
    pub(super) async fn new(source: Ipv4Addr, heard: &[Ipv4Addr]) -> io::Result<Self> {
        Ok(Self {
            near: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?,
            far: UdpSocket::bind((source, 0)).await?,
            heard: heard.iter().copied().map(IpAddr::V4).collect(),
        })
    }

    /// Where the questions are to be sent.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.near.local_addr()
    }

    /// Passes on, until it is dropped or there is no way out.
    pub(super) async fn run(self) -> io::Result<()> {
        let own = self.address()?;
        let (mut question, mut answer) = ([0; DATAGRAM], [0; DATAGRAM]);
        let mut asker = None;
        loop {
            tokio::select! {
                came = self.near.recv_from(&mut question) => {
                    let (length, from) = came?;
                    asker = Some(from);
                    let question = addressed(&question[..length], own);
                    self.far.send_to(question.as_bytes(), (SSDP_GROUP, SSDP_PORT)).await?;
                }
                came = self.far.recv_from(&mut answer) => {
                    let (length, from) = came?;
                    if let Some(asker) = asker.filter(|_| self.heard.contains(&from.ip())) {
                        self.near.send_to(&answer[..length], asker).await?;
                    }
                }
            }
        }
    }
}

/// The question with the address it really goes to: some routers look at it.
fn addressed(question: &[u8], relay: SocketAddr) -> String {
    let group = format!("{SSDP_GROUP}:{SSDP_PORT}");
    String::from_utf8_lossy(question).replace(&relay.to_string(), &group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_the_group_it_goes_to() {
        let relay = SocketAddr::from(([127, 0, 0, 1], 40_123));
        let question = b"M-SEARCH * HTTP/1.1\r\nHost:127.0.0.1:40123\r\nMX:3\r\n\r\n";
        assert_eq!(
            addressed(question, relay),
            "M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nMX:3\r\n\r\n"
        );
    }
}
