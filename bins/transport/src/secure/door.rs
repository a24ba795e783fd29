//! Who of many callers may try to authenticate, and who makes room. Pure.
//!
//! A stranger may open as many connections as he likes; this keeps a few places, so that he costs
//! little, and hands them on, so that he keeps no friend out.

use std::net::{IpAddr, Ipv6Addr};

use crate::connection::ConnectionId;

/// Callers who have not authenticated: one friend is expected, and a busy moment is short.
const PLACES: usize = 8;

/// Of these from one source. A friend who calls again while his last call still hangs needs two.
const PLACES_OF_A_SOURCE: usize = 2;

/// One who can have many addresses is one: a home has a whole /64 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
            v4 => v4,
        })
    }
}

/// What becomes of a newcomer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// There is a place.
    Free,
    /// This caller goes, and the newcomer has its place.
    InPlaceOf(ConnectionId),
    /// No place: the newcomer goes.
    Full,
}

/// The callers who have not authenticated, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Door {
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    id: ConnectionId,
    source: Source,
    /// Its first message came whole. Such a one is not replaced.
    spoke: bool,
}

impl Door {
    /// Somebody called.
    pub(super) fn called(&mut self, id: ConnectionId, ip: IpAddr) -> Entry {
        let source = Source::from(ip);
        let of_source = self.places.iter().filter(|place| place.source == source);
        let entry = if of_source.count() >= PLACES_OF_A_SOURCE {
            self.replace(|place| place.source == source)
        } else if self.places.len() >= PLACES {
            self.replace(|_| true)
        } else {
            Entry::Free
        };
        if entry != Entry::Full {
            self.places.push(Place {
                id,
                source,
                spoke: false,
            });
        }
        entry
    }

    /// A caller's first message came whole.
    pub(super) fn spoke(&mut self, id: ConnectionId) {
        if let Some(place) = self.places.iter_mut().find(|place| place.id == id) {
            place.spoke = true;
        }
    }

    /// A caller failed, left, or is in: its place is free at once.
    pub(super) fn left(&mut self, id: ConnectionId) {
        self.places.retain(|place| place.id != id);
    }

    /// Takes the place of the oldest who has not spoken, among these.
    fn replace(&mut self, among: impl Fn(&Place) -> bool) -> Entry {
        let silent = |place: &Place| !place.spoke && among(place);
        match self.places.iter().position(silent) {
            Some(oldest) => Entry::InPlaceOf(self.places.remove(oldest).id),
            None => Entry::Full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConnectionId = ConnectionId(1);

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn id(n: u8) -> ConnectionId {
        ConnectionId(n.into())
    }

    /// A door at which callers 1 to `count` stand, each from a source of its own.
    fn with(count: u8) -> Door {
        let mut door = Door::default();
        for n in 1..=count {
            assert_eq!(door.called(id(n), ip(n)), Entry::Free);
        }
        door
    }

    #[test]
    fn the_ninth_takes_the_place_of_the_oldest_who_has_not_spoken() {
        let mut door = with(8);
        door.spoke(id(1));
        assert_eq!(door.called(id(9), ip(9)), Entry::InPlaceOf(id(2)));
        assert_eq!(door.called(id(10), ip(10)), Entry::InPlaceOf(id(3)));
    }

    #[test]
    fn who_spoke_is_not_replaced() {
        let mut door = with(8);
        for n in 1..=8 {
            door.spoke(id(n));
        }
        assert_eq!(door.called(id(9), ip(9)), Entry::Full);
        door.left(id(5));
        assert_eq!(door.called(id(10), ip(10)), Entry::Free);
    }

    #[test]
    fn a_third_from_one_source_takes_the_place_of_its_own_oldest() {
        let mut door = with(3);
        assert_eq!(door.called(id(4), ip(2)), Entry::Free);
        assert_eq!(door.called(id(5), ip(2)), Entry::InPlaceOf(id(2)));
        assert_eq!(door.called(id(6), ip(2)), Entry::InPlaceOf(id(4)));
        door.spoke(id(5));
        assert_eq!(door.called(id(7), ip(2)), Entry::InPlaceOf(id(6)));
        door.spoke(id(7));
        assert_eq!(door.called(id(8), ip(2)), Entry::Full);
    }

    #[test]
    fn a_flood_from_one_source_takes_two_places_and_no_more() {
        let mut door = with(7);
        let pushed_out = (100..200).filter(|n| {
            let entry = door.called(id(*n), ip(99));
            matches!(entry, Entry::InPlaceOf(ConnectionId(1..=7)))
        });
        assert_eq!(pushed_out.count(), 1);
        assert_eq!(door.places.len(), 8);
    }

    #[test]
    fn a_home_network_of_ipv6_is_one_source_and_a_mapped_address_is_ipv4() {
        let v6 = |text: &str| Source::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(v6("2001:db8:1:2::1"), v6("2001:db8:1:2:ffff:ffff::"));
        assert_ne!(v6("2001:db8:1:2::1"), v6("2001:db8:1:3::1"));
        assert_eq!(v6("::ffff:192.0.2.1"), v6("192.0.2.1"));
        assert_ne!(v6("::ffff:192.0.2.1"), v6("::ffff:192.0.2.2"));
    }

    #[test]
    fn a_place_is_free_at_once_when_its_caller_left() {
        let mut door = with(8);
        door.left(A);
        assert_eq!(door.called(id(9), ip(9)), Entry::Free);
    }
}
