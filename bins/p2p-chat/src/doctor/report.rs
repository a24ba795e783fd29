//! What was found, in words and as JSON. Pure.

mod invite;

use p2p_chat_protocol::nat::{PortMapped, Probed, Reach};
use serde_json::{Value, json};

use super::computer::Computer;

/// EX_UNAVAILABLE of sysexits.h, as nat-helper uses it: no router.
const NO_ROUTER: u8 = 69;

/// All that was found.
pub(super) struct Findings {
    /// The port that a chat would wait on.
    pub(super) port: u16,
    pub(super) probed: Probed,
    /// What came of opening a port, where it was tried.
    pub(super) mapping: Option<Result<PortMapped, String>>,
    /// This computer's addresses when it listens, or why it cannot.
    pub(super) listening: Result<Vec<String>, String>,
    pub(super) computer: Computer,
}

impl Findings {
    /// 0: others can reach this computer; 1: not; 69: no router.
    pub(super) fn code(&self) -> u8 {
        let forwards = !matches!(self.mapping, Some(Err(_)));
        let listens = self.listening.is_ok() && !self.computer.wsl;
        match self.probed.reach {
            Reach::NoRouter | Reach::NoNetwork => NO_ROUTER,
            Reach::Reachable | Reach::Direct | Reach::Ipv6Only if forwards && listens => 0,
            _ => 1,
        }
    }

    /// For people.
    pub(super) fn words(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.rows() {
            text.push_str(&format!("{name:<16}{value}\n"));
        }
        text.push_str("\nAddresses of an invite, in the order to try:\n");
        let addresses = invite::addresses(self);
        let width = addresses.iter().map(|a| a.address.len()).max().unwrap_or(0);
        for address in &addresses {
            text.push_str(&format!("  {:<width$}  {}\n", address.address, address.why));
        }
        if self.code() == 0 {
            text.push_str("\nOnly a connection from outside proves that packets arrive.\n");
        } else {
            text.push('\n');
            text.push_str(&self.by_hand());
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let addresses: Vec<_> = invite::addresses(self)
            .iter()
            .map(|a| json!({"address": a.address, "reaches": a.reaches.code(), "why": a.why}))
            .collect();
        let mut report = json!({
            "type": "doctor",
            "port": self.port,
            "probed": self.probed,
            "listening": self.listening.is_ok(),
            "forwarding": matches!(self.mapping, Some(Ok(_))),
            "addresses": addresses,
            "firewalls": self.computer.firewalls.iter().map(|f| f.name()).collect::<Vec<_>>(),
            "wsl": self.computer.wsl,
            "exit_code": self.code(),
        });
        if let Some(Err(reason)) = &self.mapping {
            report["refused"] = json!(reason);
        }
        report
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let probed = &self.probed;
        let mut rows = Vec::new();
        for own in &probed.addresses {
            rows.push(("This computer", format!("{} ({})", own.ip, own.interface)));
        }
        rows.push((
            "Listening",
            match &self.listening {
                Ok(_) => "works".to_owned(),
                Err(reason) => format!("does not work: {reason}"),
            },
        ));
        if let Some(gateway) = &probed.gateway {
            let name = probed.gateway_name.as_ref();
            let name = name.map(|name| format!(" ({name:?})")).unwrap_or_default();
            let methods: Vec<_> = probed.methods.iter().map(|m| method(m)).collect();
            let how = match methods.is_empty() {
                true => "which does not answer".to_owned(),
                false => format!("asked by {}", methods.join(", ")),
            };
            rows.push(("Router", format!("{gateway}{name}, {how}")));
        }
        if let Some(ip) = &probed.external_ip {
            rows.push(("Public address", ip.clone()));
        }
        rows.extend(self.ipv6());
        match &self.mapping {
            Some(Ok(mapped)) => rows.push((
                "Forwarding",
                format!(
                    "works: {} was opened by {} in {} ms, and removed again",
                    mapped.external_address,
                    method(&mapped.method),
                    mapped.took_ms
                ),
            )),
            Some(Err(reason)) => rows.push(("Forwarding", format!("does not work: {reason}"))),
            None => {}
        }
        for firewall in &self.computer.firewalls {
            let way_in = firewall.way_in(self.port);
            let name = firewall.name();
            rows.push((
                "Firewall",
                format!("{name} is there. If nobody gets through: {way_in}"),
            ));
        }
        if self.computer.wsl {
            rows.push((
                "WSL",
                "You are in WSL: other computers cannot reach this listener. Let your friend \
                 listen; connecting from WSL works."
                    .to_owned(),
            ));
        }
        if let Some(verdict) = &probed.verdict {
            rows.push(("Verdict", verdict.clone()));
        }
        rows
    }

    /// IPv6, as far as it can be told from here.
    fn ipv6(&self) -> Option<(&'static str, String)> {
        let ip = self.probed.ipv6.as_ref()?;
        let how = match &self.probed.ipv6_method {
            Some(code) => format!("the router opens it on request ({})", method(code)),
            None => "whether the router lets callers in cannot be told from here".to_owned(),
        };
        Some(("IPv6", format!("{ip}, {how}")))
    }

    /// What to do where the router does not do it, with this computer's own values.
    fn by_hand(&self) -> String {
        let port = self.port;
        let router = self.probed.gateway.as_deref();
        let page = router.map_or_else(
            || "your router's page (often http://192.168.1.1)".to_owned(),
            |ip| format!("http://{ip}, your router's page"),
        );
        let here = self.probed.local_ip.as_deref().unwrap_or("this computer");
        let helps = match self.probed.reach {
            Reach::CarrierNat => {
                return "No port on this router will help. Let your friend listen and you connect; \
                        or IPv6 on both sides, a VPN between you, or a server of your own.\n"
                    .to_owned();
            }
            Reach::SecondRouter => "To forward by hand, on both routers:",
            _ => "To forward by hand:",
        };
        format!(
            "{helps}\n\
             \x20 1. Open {page}, and look for UPnP: switched on, the rest happens by itself.\n\
             \x20 2. Or look for \"port forwarding\" (\"virtual server\", \"NAT\"): TCP, external port \
             {port}, to {here}, internal port {port}.\n\
             \x20 3. Find the public address on that page; then: p2p-chat listen {port} --public \
             ADDRESS\n\
             Or let your friend listen and you connect: one side is enough.\n"
        )
    }
}

fn method(code: &str) -> &str {
    match code {
        "pcp" => "PCP",
        "nat-pmp" => "NAT-PMP",
        "upnp" => "UPnP",
        other => other,
    }
}

#[cfg(test)]
mod tests;
