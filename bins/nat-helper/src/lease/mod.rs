//! One lease of a router: wanted -> mapped -> renewed -> lost -> remapped -> released.
//!
//! Pure: time and chance come as arguments, what is to be done goes out as [`Action`]s. At most one
//! of the actions returned at a time is work for the router; its outcome comes back as an
//! [`Input`] before anything else does.

mod length;
mod restart;
mod terms;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use crate::failure::Failure;
use crate::method::Method;

pub(crate) use length::length;
use restart::restarted;
pub(crate) use terms::{Action, Cause, Grant, Input, News, Sight};

/// The first pause after a lost mapping: a router that restarts needs about a minute.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// Pauses double up to this one: a router that is gone for hours is not worth more traffic.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// How often a router is looked at between renewals: one that restarted has closed the port, and
/// says nothing. A few packets every three minutes are nothing to it.
pub(crate) const LOOK: Duration = Duration::from_secs(180);

/// When a UPnP router is looked at first: its answer does not say for how long it opened the port,
/// its list does. Soon enough for the shortest lease that routers are known to give (120 s), and
/// late enough to keep no first answer waiting.
const CONFIRM: Duration = Duration::from_secs(2);

/// The shortest time to a renewal. A router that grants no more than a second would else be asked
/// without pause; its port is closed for moments, and it hears from us once a second.
const SHORTEST: Duration = Duration::from_secs(1);

/// The state of one lease.
#[derive(Debug)]
pub(crate) struct Lease {
    /// The last grant, as long as the router may still hold it.
    held: Option<Held>,
    doing: Doing,
    /// The next pause between two attempts; none while the mapping is held.
    pause: Option<Duration>,
    due: Option<Duration>,
    /// The port outside that is asked for again.
    previous: Option<u16>,
    /// The address that was told last, whatever is held now.
    told: Option<SocketAddr>,
    /// How often the router is looked at.
    look: Duration,
}

#[derive(Debug)]
struct Held {
    grant: Grant,
    /// When the router last said its epoch.
    seen: Duration,
    renew: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Nothing,
    Looking,
    Renewing(Option<Cause>),
    Opening(Option<Cause>),
    Released,
}

impl Lease {
    /// A lease that is wanted, and how to get it. The router is looked at every `look`.
    pub(crate) fn wanted(look: Duration) -> (Self, Action) {
        let lease = Self {
            held: None,
            doing: Doing::Opening(None),
            pause: None,
            due: None,
            previous: None,
            told: None,
            look,
        };
        (lease, Action::Open { previous: None })
    }

    /// When [`Input::Due`] is to come; none while there is nothing to wait for.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.due.filter(|_| self.doing == Doing::Nothing)
    }

    /// Whether there is nothing more to be done, ever.
    pub(crate) fn is_released(&self) -> bool {
        self.doing == Doing::Released
    }

    /// Something happened at `now`. `chance` is any number; it moves the renewal a little, so that
    /// the computers of a home do not all ask at once after the power came back.
    pub(crate) fn handle(&mut self, input: Input, now: Duration, chance: u8) -> Vec<Action> {
        match (self.doing, input) {
            (Doing::Released, _) => vec![],
            (_, Input::Stop) => self.release(),
            (_, Input::Granted(grant)) => self.granted(grant, now, chance),
            (Doing::Looking, Input::Seen(sight)) => self.seen(&sight, now),
            (Doing::Looking | Doing::Renewing(_), Input::Failed(failure)) => {
                self.search_again(&failure)
            }
            (Doing::Opening(_), Input::Failed(failure)) => self.lost(failure, now),
            (Doing::Nothing, Input::NetworkChanged) => self.open(Some(Cause::NetworkChanged)),
            (Doing::Nothing, Input::Due) => self.when_due(now),
            // An outcome of no work of ours, and news that come while work goes on: the work's own
            // outcome decides.
            (_, Input::Seen(_) | Input::Failed(_) | Input::NetworkChanged | Input::Due) => vec![],
        }
    }

    fn granted(&mut self, grant: Grant, now: Duration, chance: u8) -> Vec<Action> {
        let cause = self.what_changed(&grant, now);
        let renew = grant.lifetime.map(|lifetime| {
            // Between 40 % and 50 % of what was granted, which may be less than was asked.
            let jitter = lifetime / 10 * u32::from(chance) / u32::from(u8::MAX);
            now + (lifetime / 2 - jitter).max(SHORTEST)
        });
        let look = match grant.says_how_long() {
            true => self.look,
            false => CONFIRM.min(self.look),
        };
        self.doing = Doing::Nothing;
        self.pause = None;
        self.previous = Some(grant.external.port());
        self.due = Some(renew.map_or(now + look, |at| at.min(now + look)));
        self.held = Some(Held {
            grant: grant.clone(),
            seen: now,
            renew,
        });
        let first = self.told.replace(grant.external).is_none();
        match first || cause.is_some() {
            true => vec![Action::Tell(News::Mapped(grant, cause))],
            false => vec![],
        }
    }

    /// What a new grant says that was not told yet.
    fn what_changed(&self, grant: &Grant, now: Duration) -> Option<Cause> {
        let Some(told) = self.told else {
            return self.pause.map(|_| Cause::OpenedLate);
        };
        if let Doing::Renewing(Some(cause)) | Doing::Opening(Some(cause)) = self.doing {
            return Some(cause);
        }
        if self.pause.is_some() {
            return Some(Cause::Recovered);
        }
        let held = self.held.as_ref();
        if held.is_some_and(|held| held.has_restarted(grant.epoch, now)) {
            return Some(Cause::RouterRestarted);
        }
        (told != grant.external).then_some(Cause::AddressChanged)
    }

    fn seen(&mut self, sight: &Sight, now: Duration) -> Vec<Action> {
        let Some(held) = &mut self.held else {
            return self.open(None);
        };
        let cause = if held.has_restarted(sight.epoch, now) {
            Some(Cause::RouterRestarted)
        } else if sight.listed == Some(false) {
            Some(Cause::RouterForgot)
        } else if sight
            .external_ip
            .is_some_and(|ip| ip != held.grant.external.ip())
        {
            Some(Cause::AddressChanged)
        } else {
            None
        };
        if cause.is_some() {
            self.doing = Doing::Renewing(cause);
            return vec![Action::Renew(held.grant.clone())];
        }
        if sight.epoch.is_some() {
            held.grant.epoch = sight.epoch;
            held.seen = now;
        }
        if let Some(left) = sight.ends_in {
            let half = now + (left / 2).max(SHORTEST);
            held.renew = held.renew.map(|at| at.min(half));
        }
        self.doing = Doing::Nothing;
        let look = now + self.look;
        self.due = Some(held.renew.map_or(look, |at| at.min(look)));
        vec![]
    }

    fn when_due(&mut self, now: Duration) -> Vec<Action> {
        match (&self.held, self.pause) {
            (Some(held), None) => {
                let grant = held.grant.clone();
                if held.renew.is_some_and(|at| at <= now) || grant.is_seen_by_renewing() {
                    self.doing = Doing::Renewing(None);
                    vec![Action::Renew(grant)]
                } else {
                    self.doing = Doing::Looking;
                    vec![Action::Look(grant)]
                }
            }
            _ => self.open(None),
        }
    }

    /// The router did not do what it did before. It may listen elsewhere after a restart, and
    /// another may stand in its place.
    fn search_again(&mut self, failure: &Failure) -> Vec<Action> {
        let cause = match self.doing {
            Doing::Renewing(cause) => cause,
            _ => None,
        };
        if matches!(failure, Failure::PortWithheld(..)) {
            // Somebody else has it now, so it is not ours to remove.
            self.held = None;
        }
        self.open(cause)
    }

    fn open(&mut self, cause: Option<Cause>) -> Vec<Action> {
        self.doing = Doing::Opening(cause);
        vec![Action::Open {
            previous: self.previous,
        }]
    }

    fn lost(&mut self, failure: Failure, now: Duration) -> Vec<Action> {
        self.doing = Doing::Nothing;
        let lost_now = self.pause.is_none();
        // Who looks more often also tries again sooner.
        let pause = self.pause.unwrap_or(FIRST_PAUSE.min(self.look));
        self.due = Some(now + pause);
        self.pause = Some((pause * 2).min(LONGEST_PAUSE));
        match (lost_now, self.told) {
            (true, Some(_)) => vec![Action::Tell(News::Lost(failure))],
            (true, None) => vec![Action::Tell(News::Failed(failure))],
            (false, _) => vec![],
        }
    }

    fn release(&mut self) -> Vec<Action> {
        self.doing = Doing::Released;
        let held = self.held.take();
        held.map(|held| Action::Close(held.grant))
            .into_iter()
            .collect()
    }
}

impl Grant {
    /// Whether the router said for how long it opened the port.
    fn says_how_long(&self) -> bool {
        self.method != Method::Upnp || self.external.is_ipv6()
    }

    /// Whether the address outside comes only with the port. By IPv6 it is this computer's own.
    fn is_seen_by_renewing(&self) -> bool {
        self.method == Method::Pcp && self.external.is_ipv4()
    }
}

impl Held {
    fn has_restarted(&self, epoch: Option<u32>, now: Duration) -> bool {
        match (self.grant.epoch, epoch) {
            (Some(before), Some(epoch)) => restarted(before, epoch, now.saturating_sub(self.seen)),
            _ => false,
        }
    }
}
