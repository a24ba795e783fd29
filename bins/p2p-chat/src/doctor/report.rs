//! What was found, in words and as JSON. Pure.

mod invite;
mod verdict;

use p2p_chat_protocol::Refusal;
use p2p_chat_protocol::nat::{PortMapped, Probed};
use serde_json::{Value, json};

use super::computer::Computer;
use super::trial::IPV6_LIMIT;
use verdict::{Kind, verdict};

/// EX_UNAVAILABLE of sysexits.h, as nat-helper uses it: no router.
const NO_ROUTER: u8 = 69;

/// All that was found.
pub(super) struct Findings {
    /// The port that a chat would wait on.
    pub(super) port: u16,
    pub(super) probed: Probed,
    /// What came of opening a port, where it was tried.
    pub(super) mapping: Option<Result<PortMapped, Refusal>>,
    /// This computer's addresses when it listens, or why it cannot.
    pub(super) listening: Result<Vec<String>, String>,
    pub(super) computer: Computer,
}

impl Findings {
    /// 0: others can reach this computer; 1: not; 69: no router.
    pub(super) fn code(&self) -> u8 {
        match verdict(self).kind {
            Kind::Reachable => 0,
            Kind::NoRouter | Kind::NoNetwork => NO_ROUTER,
            Kind::Here | Kind::ByHand | Kind::ByHandTwice | Kind::InVain => 1,
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
        text.push('\n');
        text.push_str(&self.advice());
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let addresses: Vec<_> = invite::addresses(self)
            .iter()
            .map(|a| json!({"address": a.address, "reaches": a.reaches.code(), "why": a.why}))
            .collect();
        // One verdict is enough: what nat-helper alone could tell is in ours.
        let probed = Probed {
            verdict: None,
            ..self.probed.clone()
        };
        let mut report = json!({
            "type": "doctor",
            "port": self.port,
            "probed": probed,
            "verdict": verdict(self).sentence,
            "listening": self.listening.is_ok(),
            "forwarding": matches!(self.mapping, Some(Ok(_))),
            "addresses": addresses,
            "firewalls": self.computer.firewalls.iter().map(|f| f.name()).collect::<Vec<_>>(),
            "wsl": self.computer.wsl,
            "exit_code": self.code(),
        });
        if let Some(Err(refusal)) = &self.mapping {
            report["refused"] = json!(refusal.message);
        }
        if let Some(Ok(mapped)) = &self.mapping
            && let Some(reason) = &mapped.ipv6_refused
        {
            report["ipv6_refused"] = json!(reason);
        }
        if let Err(reason) = &self.listening {
            report["listening_refused"] = json!(reason);
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
            Some(Err(refusal)) => {
                rows.push(("Forwarding", format!("does not work: {}", refusal.message)));
            }
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
        rows.push(("Verdict", verdict(self).sentence));
        rows
    }

    /// IPv6, as far as it can be told from here.
    fn ipv6(&self) -> Option<(&'static str, String)> {
        let ip = self.probed.ipv6.as_ref()?;
        let how = match (&self.probed.ipv6_method, self.opened_ipv6(), &self.mapping) {
            (Some(code), true, _) => {
                format!("the router opens it on request ({})", method(code))
            }
            (Some(code), false, Some(trial)) => {
                let outcome = match trial {
                    Ok(mapped) if mapped.ipv6_refused.is_some() => "did not".to_owned(),
                    Ok(_) => format!("has not within {} s", IPV6_LIMIT.as_secs()),
                    Err(_) => "has not yet".to_owned(),
                };
                format!(
                    "the router was asked to open it ({}), and {outcome}",
                    method(code)
                )
            }
            _ => "whether the router lets callers in cannot be told from here".to_owned(),
        };
        Some(("IPv6", format!("{ip}, {how}")))
    }

    /// Whether the router let a port through by IPv6.
    fn opened_ipv6(&self) -> bool {
        let Some(Ok(mapped)) = &self.mapping else {
            return false;
        };
        mapped.ipv6_address.is_some() || mapped.external_address.starts_with('[')
    }

    /// What to do now.
    fn advice(&self) -> String {
        let advice = match verdict(self).kind {
            Kind::Reachable => "Only a connection from outside proves that packets arrive.",
            Kind::Here => "Let your friend listen and you connect: one side is enough.",
            Kind::NoNetwork => "Connect this computer to a network first.",
            Kind::InVain => {
                "No port on this router will help. Let your friend listen and you connect; \
                 or IPv6 on both sides, a VPN between you, or a server of your own."
            }
            Kind::ByHandTwice => return self.by_hand("To forward by hand, on both routers:"),
            Kind::ByHand | Kind::NoRouter => return self.by_hand("To forward by hand:"),
        };
        format!("{advice}\n")
    }

    /// The steps, with this computer's own values.
    fn by_hand(&self, title: &str) -> String {
        let port = self.port;
        let router = self.probed.gateway.as_deref();
        let page = router.map_or_else(
            || "your router's page (often http://192.168.1.1)".to_owned(),
            |ip| format!("http://{ip}, your router's page"),
        );
        let here = self.probed.local_ip.as_deref().unwrap_or("this computer");
        format!(
            "{title}\n\
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
