//! The rule for the seat, told as short stories.

use super::*;

const A: ConnectionId = ConnectionId(1);
const B: ConnectionId = ConnectionId(2);

/// A seat whose peer is A, silent so far, and the moment it sat down.
fn with_silent_peer() -> (Seat, Instant) {
    let start = Instant::now();
    let mut seat = Seat::default();
    assert_eq!(seat.called(A, start), None);
    let seated = start + SETTLING;
    assert_eq!(seat.settle(seated), [Ruling::Seat(A)]);
    (seat, seated)
}

#[test]
fn who_stays_a_moment_is_the_peer() {
    let start = Instant::now();
    let mut seat = Seat::default();
    seat.called(A, start);
    assert_eq!(seat.settle(start + SETTLING / 2), []);
    assert_eq!(seat.deadline(), Some(start + SETTLING));
    assert_eq!(seat.settle(start + SETTLING), [Ruling::Seat(A)]);
    assert_eq!((seat.peer(), seat.deadline()), (Some(A), None));
}

#[test]
fn who_speaks_is_the_peer_at_once_and_the_others_go() {
    let start = Instant::now();
    let mut seat = Seat::default();
    seat.called(A, start);
    seat.called(B, start);
    let rulings = seat.spoke(B, start);
    assert_eq!(rulings, [Ruling::Seat(B), Ruling::TurnAway(A)]);
    assert!(!seat.is_open());
}

#[test]
fn who_hangs_up_early_was_never_there() {
    let start = Instant::now();
    let mut seat = Seat::default();
    seat.called(A, start);
    assert!(!seat.gone(A));
    assert_eq!(seat.deadline(), None);
    assert_eq!(seat.settle(start + SETTLING), []);
}

#[test]
fn a_silent_peer_gives_way_to_who_speaks_at_any_time() {
    let (mut seat, now) = with_silent_peer();
    seat.addressed();
    seat.called(B, now);
    let rulings = seat.spoke(B, now);
    assert_eq!(rulings, [Ruling::Unseat(A), Ruling::Seat(B)]);
}

#[test]
fn a_silent_peer_gives_way_to_who_stays_after_its_grace() {
    let (mut seat, seated) = with_silent_peer();
    seat.called(B, seated);
    assert_eq!(seat.settle(seated + SETTLING), []);
    assert_eq!(seat.deadline(), Some(seated + GRACE));
    let rulings = seat.settle(seated + GRACE);
    assert_eq!(rulings, [Ruling::Unseat(A), Ruling::Seat(B)]);
}

#[test]
fn a_newcomer_must_itself_stay_a_moment_when_the_grace_is_over() {
    let (mut seat, seated) = with_silent_peer();
    let late = seated + 2 * GRACE;
    seat.called(B, late);
    assert_eq!(seat.settle(late), []);
    let rulings = seat.settle(late + SETTLING);
    assert_eq!(rulings, [Ruling::Unseat(A), Ruling::Seat(B)]);
}

#[test]
fn a_peer_we_have_written_to_does_not_give_way_to_silence() {
    let (mut seat, seated) = with_silent_peer();
    seat.addressed();
    seat.called(B, seated);
    assert_eq!(seat.deadline(), None);
    assert_eq!(seat.settle(seated + 10 * GRACE), []);
}

#[test]
fn a_running_chat_is_closed_to_newcomers() {
    let (mut seat, now) = with_silent_peer();
    seat.called(B, now);
    assert_eq!(seat.spoke(A, now), [Ruling::TurnAway(B)]);
    assert!(!seat.is_open());
    assert_eq!(seat.spoke(B, now), []);
    assert_eq!(seat.peer(), Some(A));
}

#[test]
fn the_seat_is_open_again_when_the_peer_is_gone() {
    let (mut seat, now) = with_silent_peer();
    seat.spoke(A, now);
    assert!(seat.gone(A));
    assert!(seat.is_open());
    seat.called(B, now);
    assert_eq!(seat.settle(now + SETTLING), [Ruling::Seat(B)]);
}

#[test]
fn a_ninth_candidate_replaces_the_oldest() {
    let now = Instant::now();
    let mut seat = Seat::default();
    for n in 1..=MAX_CANDIDATES as u64 {
        assert_eq!(seat.called(ConnectionId(n), now), None);
    }
    let ninth = ConnectionId(99);
    assert_eq!(seat.called(ninth, now), Some(Ruling::TurnAway(A)));
    assert_eq!(seat.settle(now + SETTLING), [Ruling::Seat(B)]);
}

#[test]
fn whom_we_called_keeps_the_seat() {
    let now = Instant::now();
    let mut seat = Seat::default();
    seat.occupy(A, now);
    assert!(!seat.is_open());
    assert_eq!(seat.deadline(), None);
}
