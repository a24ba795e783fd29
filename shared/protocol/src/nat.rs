//! The pipe between supervisor and nat-helper.

use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::macros::messages;

messages! {
    /// What the supervisor asks of nat-helper.
    NatRequest {
        /// Open a port on the router and keep it open. Reply: `port_mapped` or `error`, after which
        /// nat-helper goes on trying.
        "map_port" => MapPort(MapPort),
        /// Close it again. Reply: `ok`, also where it was not open.
        "unmap_port" => UnmapPort(UnmapPort),
        /// What router is there? Reply: `probed`.
        "probe" => Probe,
    }
}

messages! {
    /// What nat-helper tells the supervisor.
    NatEvent {
        /// A port is open; said again when its address outside changes.
        "port_mapped" => PortMapped(PortMapped),
        /// A port that was open no longer is; nat-helper goes on trying.
        "port_lost" => PortLost(PortLost),
        /// The reply to `probe`.
        "probed" => Probed(Probed),
        /// An open port of the router. Never on this pipe: `nat-helper list --json` writes it.
        "port_listed" => PortListed(PortListed),
        /// Done.
        "ok" => Ok,
        /// Not done.
        "error" => Error(Refusal),
    }
}

/// Opens `port` of this computer to the outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapPort {
    /// The TCP port of this computer.
    pub port: u16,
    /// The port wanted on the router; without it, the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_port: Option<u16>,
    /// For how long, in seconds; renewed at half.
    pub lease_s: u32,
}

/// Closes `port` again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmapPort {
    /// The TCP port of this computer.
    pub port: u16,
}

/// A port that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortMapped {
    /// The port of this computer.
    pub port: u16,
    /// What is forwarded.
    #[serde(default)]
    pub protocol: Forwarded,
    /// Where it is reached from outside, `host:port`. An IPv6 address where that is the only way.
    pub external_address: String,
    /// How the router was asked: `upnp`, `pcp`, `nat-pmp`; `direct`: this computer has a public
    /// address itself.
    pub method: String,
    /// For how long the router granted it, in seconds. 0: it opens ports only for ever, so this
    /// one stays until it is removed.
    pub lease_s: u32,
    /// From request to grant, in milliseconds.
    pub took_ms: u64,
    /// Where this computer is reached by IPv6, `[ip]:port`: the router lets it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// Why the router, asked, does not; a sentence for people. Absent where it does, where there is
    /// none to be asked, and where it is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_refused: Option<String>,
    /// Where the forwarded packets go, which is where others in the same network reach it,
    /// `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_address: Option<String>,
    /// Why it is told again, or what is special about it; a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    /// TCP connections.
    #[default]
    Tcp,
    /// UDP packets.
    Udp,
    /// TCP and UDP of the same port.
    Both,
    /// Something a newer version knows.
    #[serde(other)]
    Unknown,
}

/// A port that is open no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortLost {
    /// The port of this computer.
    pub port: u16,
    /// A sentence for people.
    pub reason: String,
}

/// A port that is open on the router, whoever opened it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortListed {
    /// Where it is reached from outside, `host:port`; the host is `?` where the router does not
    /// tell its address.
    pub external_address: String,
    /// Where it leads to, `host:port`, as the router says it.
    pub internal_address: String,
    /// What is forwarded.
    #[serde(default)]
    pub protocol: Forwarded,
    /// For how much longer, in seconds; 0: for ever.
    pub lease_s: u32,
    /// Whether it leads to this computer.
    #[serde(default)]
    pub this_computer: bool,
    /// Whether this program opened it, as far as the router tells.
    #[serde(default)]
    pub own: bool,
    /// What it was opened as; other people's text, made printable.
    #[serde(default)]
    pub name: String,
}

/// What there is between this computer and the outside; absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The router's address in this network, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// What the router calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_name: Option<String>,
    /// This computer's address in the router's network, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_ip: Option<String>,
    /// The interface that address belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The router's address outside, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<String>,
    /// How the router can be asked: `upnp`, `pcp`, `nat-pmp`.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The version of UPnP's router description, 1 or 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub igd_version: Option<u32>,
    /// This computer's global IPv6 address, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// How the router can be asked to let IPv6 through: `pcp`, `upnp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_method: Option<String>,
    /// This computer's addresses, but loopback and link-local ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<OwnAddress>,
    /// Can others reach this computer?
    #[serde(default)]
    pub reach: Reach,
    /// The same as a sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// An address of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAddress {
    /// The interface that has it.
    pub interface: String,
    /// The address, bare.
    pub ip: String,
}

/// Whether others can reach this computer, as far as can be told from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The router forwards ports on request, and has a public address.
    Reachable,
    /// Without a router in between.
    Direct,
    /// Only by IPv6.
    Ipv6Only,
    /// Not behind a provider that shares one address among customers.
    CarrierNat,
    /// Not behind a second router.
    SecondRouter,
    /// Not behind a router without a public address.
    NoPublicAddress,
    /// Not behind a router that does not answer.
    NoRouter,
    /// Not without a network.
    NoNetwork,
    /// Not known.
    #[default]
    #[serde(other)]
    Unknown,
}
