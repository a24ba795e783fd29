//! The listener's two tickets: the newest, and the one that was used to make it, as long as the
//! connector may not have the newest yet (README.md, section 6; proof/tickets.py).

use crate::ticket::{Ticket, TicketRole};

/// At most two tickets.
#[derive(Default)]
pub(super) struct Slots {
    newest: Option<Ticket>,
    used: Option<Ticket>,
}

impl Slots {
    /// The last two of role listener, the newest last or first: either resumes.
    pub(super) fn of(tickets: impl IntoIterator<Item = Ticket>) -> Self {
        let mut slots = Self::default();
        for ticket in tickets {
            if ticket.role() == TicketRole::Listener {
                slots.used = slots.newest.replace(ticket);
            }
        }
        slots
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Ticket> {
        self.newest.iter().chain(&self.used)
    }

    pub(super) fn find(&self, id: &[u8; 16]) -> Option<&Ticket> {
        self.iter().find(|ticket| ticket.id() == id)
    }

    /// The ticket `used` has let its owner in, and `newest` was made: nothing else is left.
    pub(super) fn replace(&mut self, newest: Ticket, used: Option<Ticket>) {
        *self = Self {
            newest: Some(newest),
            used,
        };
    }

    /// A rekey made `newest` beside the ticket in use.
    pub(super) fn renew(&mut self, newest: Ticket) {
        let in_use = self.newest.take();
        self.replace(newest, in_use);
    }

    /// The connector has the newest: the one it used is dead. Whether there was one.
    pub(super) fn confirm(&mut self) -> bool {
        self.used.take().is_some()
    }

    /// All are dead. Whether there was one.
    pub(super) fn clear(&mut self) -> bool {
        let any = self.newest.is_some();
        *self = Self::default();
        any
    }
}
