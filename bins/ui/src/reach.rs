//! Where this computer can be reached, in the sentences of the screen. Pure.

use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::ui::{Listening, ReachabilityChanged};

use crate::action::Now;
use crate::address::split;
use crate::invite::{self, Reachable, WAITING, own_address};

/// What is known of the listener. A new one for each time of listening.
#[derive(Default)]
pub(crate) struct Reach {
    listening: Option<Listening>,
    /// A router is being asked; its answer ends the first report.
    asking: bool,
    last: ReachabilityChanged,
    /// When a router last granted the port, by the clock that never jumps.
    granted_ms: u64,
}

impl Reach {
    /// The listener is up, or something about it changed.
    pub(crate) fn listening(
        &mut self,
        listening: &Listening,
        verbose: bool,
        now: Now,
    ) -> Vec<String> {
        let before = self.listening.replace(listening.clone());
        match before {
            Some(before) if before.addresses == listening.addresses => {
                code_news(&before, listening, now)
            }
            _ => self.begin(listening, verbose),
        }
    }

    fn begin(&mut self, listening: &Listening, verbose: bool) -> Vec<String> {
        let mut lines = sockets(&listening.addresses, verbose);
        self.asking = listening.asking_router;
        if self.asking {
            lines.push("[*] Asking your router to open the port...".to_owned());
        } else if self.is_shared() {
            lines.push(invite::share(listening));
        }
        lines.extend(self.without_code());
        lines
    }

    /// A router answered, or changed its mind.
    pub(crate) fn changed(&mut self, change: &ReachabilityChanged, now: Now) -> Vec<String> {
        let first = std::mem::take(&mut self.asking);
        self.last = change.clone();
        self.granted_ms = now.elapsed_ms;
        let reason = change.reason.as_deref();
        match (&change.external_address, first) {
            (Some(external), true) => self.forwarded(external, change),
            (Some(external), false) => {
                let way = way(change.method.as_deref());
                let why = reason.map(|reason| format!(". {reason}"));
                let why = why.unwrap_or_default();
                vec![format!(
                    "[*] Reachable from outside at {external}{way}{why}"
                )]
            }
            (None, true) => self.not_forwarded(change),
            (None, false) => vec![format!("[!] {}", reason.unwrap_or(NOT_REACHABLE))],
        }
    }

    /// The rows that hold the code, as soon as they may be shown.
    pub(crate) fn block(&self) -> Vec<String> {
        let reachable = match self.is_shared() {
            true => Reachable::Outside,
            false => Reachable::Inside,
        };
        match &self.listening {
            Some(listening) if !self.asking => invite::block(listening, reachable),
            _ => vec![],
        }
    }

    /// The invite now.
    pub(crate) fn invite(&self) -> Option<&str> {
        let listening = self.listening.as_ref();
        listening.map(|listening| listening.invite.0.as_str())
    }

    fn shared(&self) -> Option<String> {
        self.listening.as_ref().map(invite::share)
    }

    /// What is known of the listener.
    pub(crate) fn listener(&self) -> Option<&Listening> {
        self.listening.as_ref()
    }

    /// Whether nat-helper has work.
    pub(crate) fn has_asked_router(&self) -> bool {
        self.asking || self.last != ReachabilityChanged::default()
    }

    /// The fourth line of `/status`.
    pub(crate) fn status(&self, now: Now) -> String {
        let ReachabilityChanged {
            external_address,
            method,
            lease_s,
            reason,
            code: _,
        } = &self.last;
        match (external_address, reason, &self.listening) {
            (Some(external), _, _) => {
                let way = way(method.as_deref());
                if method.as_deref() == Some(DIRECT) {
                    return format!("{external}{way}");
                }
                let renewed = lease_s.and_then(|lease_s| self.renewed_in(lease_s, now));
                let renewed = renewed.map(|minutes| format!("renewed in {minutes} min, "));
                format!(
                    "{external}{way}; {}removed when you quit",
                    renewed.unwrap_or_default()
                )
            }
            (_, _, Some(listening)) if !self.asking && self.is_shared() => {
                let (host, port) = invite::first_address(listening);
                format!("{host}, port {port}, as you said")
            }
            (_, Some(reason), _) => format!("not from outside: {reason}"),
            (_, _, None) => "not listening".to_owned(),
            (_, _, Some(_)) if self.asking => "your router is being asked".to_owned(),
            (_, _, Some(listening)) => match listening.own_addresses.first() {
                Some(own) => format!("{own} in the same network"),
                None => "not from outside".to_owned(),
            },
        }
    }

    /// Minutes; a lease is renewed at half its time.
    fn renewed_in(&self, lease_s: u32, now: Now) -> Option<u64> {
        let half_s = u64::from(lease_s) / 2;
        let age_s = now.elapsed_ms.saturating_sub(self.granted_ms) / 1000;
        Some((half_s - age_s.checked_rem(half_s)?).div_ceil(60))
    }

    /// Whether the invite begins with an address that reaches this computer from outside: the
    /// router's, this computer's own by IPv6 where the router lets callers in, or one that only the
    /// user knows.
    fn is_shared(&self) -> bool {
        let Some(listening) = &self.listening else {
            return false;
        };
        let first = invite::first_address(listening);
        let is_first = |address: &String| split(address) == first;
        let own = &listening.own_addresses;
        let mut inside = own.iter().chain(&listening.addresses);
        self.last.external_address.as_ref().is_some_and(is_first) || !inside.any(is_first)
    }

    fn forwarded(&self, external: &str, change: &ReachabilityChanged) -> Vec<String> {
        let (ip, outside) = split(external);
        let inside = self.port();
        let other = if inside == outside {
            String::new()
        } else {
            format!(" (from outside it is port {outside}, because {inside} was taken)")
        };
        let public = format!("[*] Your public IP: {ip}");
        let why = change.reason.as_deref();
        let mut lines = match change.method.as_deref() {
            Some(DIRECT) => vec![format!("[*] {}", why.unwrap_or(NO_ROUTER)), public],
            method => {
                let by = method_name(method);
                let forwarded = format!("[*] {by}: Port {inside} forwarded successfully{other}");
                let why = why.map(|why| format!("[!] {why}"));
                [forwarded, public].into_iter().chain(why).collect()
            }
        };
        lines.extend(self.shared());
        lines.extend(self.without_code());
        lines
    }

    fn not_forwarded(&self, change: &ReachabilityChanged) -> Vec<String> {
        let reason = change.reason.as_deref().unwrap_or(NOT_REACHABLE);
        let mut lines = vec![format!("[!] {reason}")];
        if self.is_shared() {
            lines.extend(self.shared());
        } else if change.code == Some(ErrorCode::NoPublicAddress) {
            lines.push(NO_RELAY.to_owned());
        } else if let Some((ip, port)) = self.listening.as_ref().and_then(own_address) {
            lines.push(format!(
                "[*] Please manually forward port {port} to {ip} on your router"
            ));
            lines.push(PUBLIC_HINT.to_owned());
        }
        lines.extend(self.without_code());
        lines
    }

    /// Where there is no code, nothing is held back: what the block would say.
    fn without_code(&self) -> Vec<String> {
        match &self.listening {
            Some(listening) if !self.asking && listening.passcode.is_none() => {
                let same_network = (!self.is_shared()).then(|| invite::same_network(listening));
                let same_network = same_network.flatten().into_iter();
                same_network.chain([WAITING.to_owned()]).collect()
            }
            _ => vec![],
        }
    }

    fn port(&self) -> &str {
        let addresses = self.listening.as_ref().map(|known| &known.addresses);
        addresses
            .and_then(|all| all.first())
            .map_or("", |address| split(address).1)
    }
}

/// The method where this computer has a public address itself.
const DIRECT: &str = "direct";
const NO_ROUTER: &str = "No router is in between.";
const NOT_REACHABLE: &str = "Nobody outside can reach you now.";
const PUBLIC_HINT: &str = "[*] When done, type /public and your public address, for example: \
                           /public 203.0.113.7. Or: let your friend listen and you connect.";

/// Where no port that is forwarded by hand would help.
const NO_RELAY: &str = "[*] If your friend sees the same: you need IPv6 on both sides, a VPN between \
                        you, or a server of your own (ssh -R). p2p-chat has no relay.";

/// What to say about a code that changed.
fn code_news(before: &Listening, now: &Listening, time: Now) -> Vec<String> {
    let expired = before.expires_ms.is_some_and(|at| at <= time.unix_ms);
    match (&before.passcode, &now.passcode) {
        (Some(_), None) if expired && now.guesses_left != Some(0) => vec![
            "[*] The code is 1 hour old and no longer works. /newcode makes another.".to_owned(),
        ],
        _ => vec![],
    }
}

/// The IPv6 twin of an IPv4 socket is a detail.
fn sockets(addresses: &[String], verbose: bool) -> Vec<String> {
    let twins = |address: &&String| verbose || !address.starts_with("[::]");
    let shown: Vec<_> = addresses.iter().filter(twins).collect();
    let shown = if shown.is_empty() {
        addresses.iter().collect()
    } else {
        shown
    };
    let line = |address| format!("[*] Listening on {address}");
    shown.into_iter().map(line).collect()
}

/// How a port is reached, behind its address.
fn way(method: Option<&str>) -> String {
    match method {
        Some(DIRECT) => ", without a router".to_owned(),
        method => format!(" by {}", method_name(method)),
    }
}

fn method_name(method: Option<&str>) -> &str {
    match method {
        Some("upnp") => "UPnP",
        Some("pcp") => "PCP",
        Some("nat-pmp") => "NAT-PMP",
        Some(other) => other,
        None => "hand",
    }
}

#[cfg(test)]
mod tests;
