//! This computer slept: one clock ran on and the other stood still. Whoever was connected before
//! may be gone since, and nothing on the line says so.

use std::time::Duration;

use p2p_chat_protocol::transport::TransportRequest;

use super::Core;
use super::peer::{Doubt, Line};

/// Shorter naps do not cut lines.
const NAP: Duration = Duration::from_secs(5);
/// How often the clocks are compared while a line may be lost by it. Each time wakes the processor,
/// and all four processes together should do that less than once a second.
const LOOK_EVERY: Duration = Duration::from_secs(8);
/// Transport finds a dead line within 5 s; a cut some seconds later was still the sleep's.
const DOUBT: Duration = Duration::from_secs(15);

/// How far the two clocks were apart, and when that was seen.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Clocks {
    apart: Duration,
    looked_at: Duration,
}

impl Core {
    /// Compares the clocks.
    pub(super) fn check_sleep(&mut self) {
        let apart = self.now.boot.saturating_sub(self.now.elapsed);
        let slept = apart.saturating_sub(self.clocks.apart);
        self.clocks = Clocks {
            apart,
            looked_at: self.now.elapsed,
        };
        if slept >= NAP {
            self.woke_up(slept);
        }
    }

    fn woke_up(&mut self, slept: Duration) {
        let now = self.now;
        match self.peer.as_mut().map(|peer| &mut peer.line) {
            Some(Line::Open { doubt, .. }) => {
                *doubt = Some(Doubt {
                    since: now.boot.saturating_sub(slept),
                    slept,
                    until: now.elapsed + DOUBT,
                });
                self.check_line();
            }
            Some(Line::Cut(_)) => self.slept_while_cut(slept),
            Some(Line::Insecure | Line::Unverified) | None => {}
        }
    }

    /// Lets transport see whether the line is still there.
    pub(super) fn check_line(&mut self) {
        let open = self.peer.as_ref().is_some_and(|peer| peer.is_open());
        if open && self.transport_ready {
            self.ask_transport(TransportRequest::CheckLine);
        }
    }

    /// When to look again.
    pub(super) fn sleep_deadline(&self) -> Option<Duration> {
        let peer = self.peer.as_ref()?;
        let matters = matches!(peer.line, Line::Open { .. } | Line::Cut(_));
        matters.then_some(self.clocks.looked_at + LOOK_EVERY)
    }
}
