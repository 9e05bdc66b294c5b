//! The time of day, for reports; nothing that has to be the same twice carries it.

use chrono::DateTime;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, ISO 8601 in UTC, such as `2026-05-04T12:30:00Z`.
pub(super) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    at(since.map_or(0, |since| since.as_secs()))
}

/// Today where the offices are: China has one time, 8 hours before UTC.
pub(super) fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs()) + 8 * 3600;
    at(seconds)[..10].to_owned()
}

/// A time in seconds since 1970.
fn at(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).ok();
    let time = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    // Debug is the ISO 8601 form, with the `T`.
    format!("{:?}Z", time.unwrap_or_default().naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_772_323_200, "2026-03-01T00:00:00Z"),
            (1_795_823_999, "2026-11-27T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(at(seconds), text);
        }
    }
}
