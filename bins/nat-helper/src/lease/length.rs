//! Which leases may be asked for.

use std::time::Duration;

/// The longest lease: a day. After a crash of this computer the port must not stay open for ever,
/// which is also why there is no lease of 0: routers take that for "never ends".
const LONGEST: Duration = Duration::from_secs(86_400);

/// A lease of so many seconds, if it may be asked for.
pub(crate) fn length(seconds: u32) -> Option<Duration> {
    let length = Duration::from_secs(seconds.into());
    (Duration::from_secs(1)..=LONGEST)
        .contains(&length)
        .then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lasts_from_a_second_to_a_day() {
        assert_eq!(length(0), None);
        assert_eq!(length(1), Some(Duration::from_secs(1)));
        assert_eq!(length(86_400), Some(LONGEST));
        assert_eq!(length(86_401), None);
    }
}
