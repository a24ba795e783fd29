//! The way in through the router: asked beside listening, never before it.

use std::time::Duration;

use p2p_chat_protocol::nat::{MapPort, NatEvent, NatRequest, PortMapped, UnmapPort};
use p2p_chat_protocol::ui::{PluginStatus, ReachabilityChanged, UiEvent};
use p2p_chat_protocol::{ErrorCode, Received};

use super::activity::Activity;
use super::{Core, Output};
use crate::address::{host_of, is_loopback};

/// An hour: long enough to be renewed twice before anybody notices a lost packet, short enough
/// that a killed program leaves nothing open for long.
const LEASE_S: u32 = 3600;

/// nat-helper looks for a router for 4 s and says so; only one that hangs takes longer. It is then
/// said to be silent, and may still answer.
const ROUTER_TIMEOUT: Duration = Duration::from_secs(5);

impl Core {
    /// A listener has just come up: whether its router is to be asked, so that others reach it.
    pub(super) fn begin_asking_router(&mut self) -> bool {
        let deadline = self.now.elapsed + ROUTER_TIMEOUT;
        let Activity::Listening(listener) = &mut self.activity else {
            return false;
        };
        let sockets = listener.up.iter().flat_map(|up| &up.addresses);
        let inside_only = sockets.into_iter().all(|a| is_loopback(host_of(a)));
        if !self.config.ask_router || inside_only {
            return false;
        }
        listener.router_deadline = Some(deadline);
        true
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
            NatEvent::PortMapped(mapped) if mapped.port == port => self.port_mapped(mapped),
            NatEvent::PortLost(lost) if lost.port == port => self.unreachable(lost.reason),
            // The answer to an older request is news of a listener that is gone.
            NatEvent::Error(refusal) if received.reply_to == ours => match refusal.code {
                ErrorCode::NoGateway | ErrorCode::MappingRefused => {
                    self.unreachable(refusal.message);
                }
                _ => self.unreachable(format!("UPnP: {}", refusal.message)),
            },
            _ => {}
        }
    }

    fn port_mapped(&mut self, mapped: PortMapped) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        let address = |mapped: &PortMapped| mapped.external_address.clone();
        let before = listener.mapped.replace(mapped.clone());
        let news = before.as_ref().map(address) != Some(address(&mapped));
        let awaited = listener.router_deadline.take().is_some();
        let taken_over = std::mem::take(&mut listener.orphaned);
        listener.method = match mapped.method.as_str() {
            "pcp" => "PCP",
            "nat-pmp" => "NAT-PMP",
            _ => "UPnP",
        };
        if news || awaited || taken_over {
            self.reachability(ReachabilityChanged {
                external_address: Some(mapped.external_address),
                method: Some(mapped.method),
                lease_s: Some(mapped.lease_s),
                reason: None,
            });
        }
    }

    fn unreachable(&mut self, reason: String) {
        let Activity::Listening(listener) = &mut self.activity else {
            return;
        };
        listener.mapped = None;
        listener.router_deadline = None;
        self.reachability(ReachabilityChanged {
            reason: Some(reason),
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
            self.unreachable("Your router has not answered yet.".to_owned());
        }
    }
}
