//! Times as people say them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A length of time in its largest whole unit.
pub(super) fn exactly(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// A length of time in a unit that leaves at least two of it.
pub(super) fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// The time of the day, in UTC: this program reads no time zones.
pub(super) fn time_of_day() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    clock(now.unwrap_or_default())
}

fn clock(since: Duration) -> String {
    let seconds = since.as_secs();
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02} UTC", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_largest_whole_unit() {
        let said = [3600, 5400, 61, 86_400].map(|s| exactly(Duration::from_secs(s)));
        assert_eq!(said, ["1 h", "90 min", "61 s", "24 h"]);
    }

    #[test]
    fn what_is_left_of_a_lease_is_said_in_few_digits() {
        let said = [0, 119, 3480, 7199, 604_800].map(|s| about(Duration::from_secs(s)));
        assert_eq!(said, ["0 s", "119 s", "58 min", "119 min", "168 h"]);
    }

    #[test]
    fn the_time_of_day_has_six_digits() {
        let noon = Duration::from_secs(86_400 * 20_000 + 12 * 3600 + 31 * 60 + 7);
        assert_eq!(clock(noon), "12:31:07 UTC");
    }
}
