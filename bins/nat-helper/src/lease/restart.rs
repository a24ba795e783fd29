//! Has a router been restarted? PCP and NAT-PMP say for how long the router has been running
//! (the epoch), which then begins again at nothing.

use std::time::Duration;

/// Answers may be late or early by so much.
const LENIENCE: u64 = 2;

/// Whether the epoch went from `before` to `after` in `elapsed`, by a clock that is slower than
/// ours by at most an eighth (RFC 6886, 3.6), only with a restart in between.
pub(super) fn restarted(before: u32, after: u32, elapsed: Duration) -> bool {
    let at_least = u64::from(before) + elapsed.as_secs() * 7 / 8;
    u64::from(after) + LENIENCE < at_least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_behind_its_time_is_a_restart() {
        let seconds = Duration::from_secs;
        assert!(restarted(1000, 5, seconds(10)));
        assert!(restarted(1000, 900, seconds(0)));
        assert!(restarted(10, 100, seconds(600)), "later, but not enough");
        assert!(!restarted(1000, 1010, seconds(10)));
        assert!(!restarted(1000, 1875, seconds(1000)), "a slow clock");
        assert!(!restarted(1000, 999, seconds(0)), "answers overtook");
        assert!(!restarted(u32::MAX, u32::MAX, seconds(0)));
    }
}
