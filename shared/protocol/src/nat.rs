//! The pipe between supervisor and nat-helper.

use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::macros::messages;

messages! {
    /// What the supervisor asks of nat-helper.
    NatRequest {
        /// Open a port on the router and keep it open. Reply: `port_mapped` or `error`.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortMapped {
    /// The TCP port of this computer.
    pub port: u16,
    /// Where it is reached from outside, `host:port`.
    pub external_address: String,
    /// How the router was asked: `upnp`, `pcp`, `nat-pmp`.
    pub method: String,
    /// For how long the router granted it, in seconds.
    pub lease_s: u32,
    /// From request to grant, in milliseconds.
    pub took_ms: u64,
}

/// A port that is open no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortLost {
    /// The TCP port of this computer.
    pub port: u16,
    /// A sentence for people.
    pub reason: String,
}

/// What there is between this computer and the outside; absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The router's address in this network, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// This computer's address in this network, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_ip: Option<String>,
    /// The router's address outside, `ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<String>,
    /// How the router can be asked: `upnp`, `pcp`, `nat-pmp`.
    #[serde(default)]
    pub methods: Vec<String>,
}
