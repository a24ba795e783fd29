//! The way in through the router: asked beside listening, never before it.

use std::time::Duration;

use p2p_chat_protocol::nat::{MapPort, NatEvent, NatRequest, PortMapped, UnmapPort};
use p2p_chat_protocol::ui::{Level, PluginStatus, ReachabilityChanged, UiEvent};
use p2p_chat_protocol::{ErrorCode, Received, Refusal};

use super::activity::Activity;
use super::{Core, Output};
use crate::address::{host_of, is_loopback};

/// An hour: long enough to be renewed twice before anybody notices a lost packet, short enough
/// that a killed program leaves nothing open for long.
const LEASE_S: u32 = 3600;

/// What a person waits without being told anything. nat-helper says within that time that there is
/// no router; only one that hangs takes longer. It is then said to be silent, and may still answer.
const ROUTER_TIMEOUT: Duration = Duration::from_secs(4);

/// A router opens a port by IPv4 and by IPv6, and what happens to it is told of both; a router
/// needs longer to restart once more.
const ONE_EVENT: Duration = Duration::from_secs(60);

/// How a port is reached where no router is in between: nothing was opened, so nothing is closed.
pub(super) const DIRECT: &str = "direct";

impl Core {
    /// A listener has just come up: whether its router is to be asked, so that others reach it.
    pub(super) fn begin_asking_router(&mut self) -> bool {
        let deadline = self.now.elapsed + ROUTER_TIMEOUT;
        let wanted = self.config.ask_router && !self.listens_inside_only();
        let Activity::Listening(listener) = &mut self.activity else {
            return false;
        };
        if !wanted {
            return false;
        }
        listener.router_deadline = Some(deadline);
        true
    }

    /// Windows passes nothing on to a listener inside it.
    pub(super) fn warn_of_wsl(&mut self) {
        if self.config.wsl && !self.listens_inside_only() {
            self.notice(
                Level::Warn,
                "You are in WSL: other computers cannot reach this listener. Let your friend listen; connecting from WSL works.",
            );
        }
    }

    /// Whether nobody but this computer itself is to come.
    fn listens_inside_only(&self) -> bool {
        let Activity::Listening(listener) = &self.activity else {
            return false;
        };
        let mut sockets = listener.up.iter().flat_map(|up| &up.addresses);
        sockets.all(|address| is_loopback(host_of(address)))
    }

    pub(super) fn ask_router(&mut self) {
        self.out.push(Output::StartNatHelper);
        self.map_port();
    }

    pub(super) fn map_port(&mut self) {
        let id = self.new_id();
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        let wanted = self.config.ask_router && listener.up.is_some();
        if !wanted || !self.nat_ready {
            return;
        }
        let port = listener.port;
        listener.map_request = Some(id);
        self.out.push(Output::Nat {
            id,
            request: NatRequest::MapPort(MapPort {
                port,
                external_port: None,
                lease_s: LEASE_S,
            }),
        });
    }

    pub(super) fn unmap_port(&mut self) {
        let Activity::Listening(listener) = &self.activity else {
            return;
        };
        if !self.nat_ready {
            return;
        }
        let port = listener.port;
        let id = self.new_id();
        let request = NatRequest::UnmapPort(UnmapPort { port });
        self.out.push(Output::Nat { id, request });
    }

    pub(super) fn nat_event(&mut self, received: Received<NatEvent>) {
        let Activity::Listening(listener) = &self.activity else {
            return;
        };
        let (port, ours) = (listener.port, listener.map_request);
        match received.message {
            NatEvent::PortMapped(mapped) if mapped.port == port => {
                self.port_mapped(mapped, received.reply_to.is_some());
            }
            NatEvent::PortLost(lost) if lost.port == port => self.unreachable(lost.reason, None),
            // The answer to an older request is news of a listener that is gone.
            NatEvent::Error(Refusal { code, message }) if received.reply_to == ours => {
                let known = [
                    ErrorCode::NoGateway,
                    ErrorCode::MappingRefused,
                    ErrorCode::NoPublicAddress,
                ];
                let reason = match known.contains(&code) {
                    true => message,
                    false => format!("UPnP: {message}"),
                };
                self.unreachable(reason, Some(code));
            }
            _ => {}
        }
    }

    /// `replied`: to our request, which a nat-helper that was started again gets as well.
    fn port_mapped(&mut self, mapped: PortMapped, replied: bool) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        let before = listener.mapped.replace(mapped.clone());
        let awaited = listener.router_deadline.take().is_some();
        let taken_over = std::mem::take(&mut listener.orphaned);
        listener.method = match mapped.method.as_str() {
            "pcp" => "PCP",
            "nat-pmp" => "NAT-PMP",
            _ => "UPnP",
        };
        // A router may restart twice: what is said unasked and with a reason happened just now.
        let now = self.now.elapsed;
        let last = before.as_ref().and_then(|before| before.reason.as_ref());
        let fresh = listener.told_at.is_some_and(|at| now < at + ONE_EVENT);
        let said = last == mapped.reason.as_ref() && fresh;
        let happened = !replied && mapped.reason.is_some() && !said;
        let moved = before.as_ref().map(places) != Some(places(&mapped));
        if !(moved || happened || awaited || taken_over) {
            return;
        }
        listener.told_at = Some(now);
        let reason = mapped.reason.clone().or_else(|| {
            let before = before.filter(|_| !awaited)?;
            ipv6_news(&before, &mapped)
        });
        self.reachability(ReachabilityChanged {
            external_address: Some(mapped.external_address),
            method: Some(mapped.method),
            lease_s: Some(mapped.lease_s),
            reason,
            code: None,
        });
        if !replied {
            // Another address outside, or a router that was restarted: nothing on the line says
            // so, and the peer can be told only where the line still goes one way.
            self.check_line();
        }
    }

    fn unreachable(&mut self, reason: String, code: Option<ErrorCode>) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        listener.mapped = None;
        listener.router_deadline = None;
        self.reachability(ReachabilityChanged {
            reason: Some(reason),
            code,
            ..ReachabilityChanged::default()
        });
    }

    /// Tells the listener's new state whole, then what changed.
    fn reachability(&mut self, changed: ReachabilityChanged) {
        self.tell_listening(None);
        self.tell(UiEvent::ReachabilityChanged(changed));
    }

    pub(super) fn nat_stopped(&mut self, status: PluginStatus) {
        if let Activity::Listening(listener) = &mut self.activity {
            listener.orphaned = listener.mapped.is_some();
        }
        let asked = matches!(&self.activity, Activity::Listening(l) if l.router_deadline.is_some());
        if status == PluginStatus::GivenUp && asked {
            self.unreachable(
                "The part that asks your router does not work. Manual port forwarding required."
                    .to_owned(),
                None,
            );
        }
    }

    pub(super) fn router_deadline(&self) -> Option<Duration> {
        match &self.activity {
            Activity::Listening(listener) => listener.router_deadline,
            _ => None,
        }
    }

    pub(super) fn check_router_clock(&mut self) {
        if self
            .router_deadline()
            .is_some_and(|at| at <= self.now.elapsed)
        {
            self.unreachable("Your router has not answered yet.".to_owned(), None);
        }
    }
}

/// Where a port is reached, and how it was opened: what an invite and a peer have to know of it.
fn places(mapped: &PortMapped) -> (&str, Option<&str>, Option<&str>, &str) {
    (
        &mapped.external_address,
        mapped.ipv6_address.as_deref(),
        mapped.local_address.as_deref(),
        &mapped.method,
    )
}

/// What to say where nothing but the IPv6 address beside the main one is new.
fn ipv6_news(before: &PortMapped, now: &PortMapped) -> Option<String> {
    let address = now.ipv6_address.as_ref()?;
    let is_news = before.ipv6_address.as_ref() != Some(address);
    (is_news && before.external_address == now.external_address)
        .then(|| format!("By IPv6 it is {address} now."))
}
