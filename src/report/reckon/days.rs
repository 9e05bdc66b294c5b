//! Days, months and quarters of times as ISO 8601 writes them.

/// The day of a time, `2026-05-04`; `None` where it has none.
pub(super) fn day(time: &str) -> Option<&str> {
    let day = time.trim().get(..10)?;
    let shape = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (shape && (1..=12).contains(&month_number(day))).then_some(day)
}

/// The first day of several times, joined with `;`.
pub(super) fn first_day(times: &str) -> Option<String> {
    times.split(';').filter_map(day).min().map(str::to_owned)
}

/// `2026-05` of `2026-05-04`.
pub(super) fn month(day: &str) -> String {
    day.chars().take(7).collect()
}

/// `2026-Q2` of `2026-05-04`.
pub(super) fn quarter(day: &str) -> String {
    let year: String = day.chars().take(4).collect();
    format!("{year}-Q{}", month_number(day).div_ceil(3))
}

fn month_number(day: &str) -> u32 {
    day.get(5..7).and_then(|m| m.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_months_and_quarters() {
        assert_eq!(day("2026-05-04T10:30:00Z"), Some("2026-05-04"));
        for none in ["", "2026", "2026/05/04", "20260504T10", "2026-13-01"] {
            assert_eq!(day(none), None, "{none}");
        }
        let first = first_day("2026-05-04T10:30:00; 2026-04-20;").unwrap();
        assert_eq!(first, "2026-04-20");
        assert_eq!(
            (month(&first), quarter(&first)),
            ("2026-04".into(), "2026-Q2".into())
        );
        let quarters = ["2026-01-01", "2026-03-31", "2026-10-01", "2026-12-31"].map(quarter);
        assert_eq!(quarters, ["2026-Q1", "2026-Q1", "2026-Q4", "2026-Q4"]);
    }
}
