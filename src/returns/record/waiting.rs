//! Rows that wait for a good answer for their site.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// A row of a table, or one on its way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiter {
    /// A row of the campaign, by its number.
    Stored(i64),
    /// A new one, by its place in the plan.
    New(usize),
}

/// Rows by the site that they wait for, each with who wrote it; empty where nobody is named.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<String, Vec<(String, Waiter)>>);

impl Waiting {
    pub(super) fn add(&mut self, site_id: &str, checker: &str, row: Waiter) {
        let waiting = self.0.entry(site_id.to_owned()).or_default();
        waiting.push((checker.to_owned(), row));
    }

    /// The rows that waited for an answer of this person for this site, which wait no more. What
    /// somebody else wrote waits on: it may say something else.
    pub(super) fn take(&mut self, site_id: &str, checker: &str) -> Vec<Waiter> {
        let Some(waiting) = self.0.get_mut(site_id) else {
            return Vec::new();
        };
        let is_own = |(other, _): &mut (String, Waiter)| {
            other.is_empty() || checker.is_empty() || other == checker
        };
        waiting.extract_if(.., is_own).map(|(_, row)| row).collect()
    }
}

/// Who wrote a row, as it was: header to text.
pub(super) fn checker_of(raw: &Map<String, Value>) -> String {
    let is_checker = |header: &str| header.rsplit([' ', '/']).next() == Some("checker");
    let written = raw.iter().find(|(header, _)| is_checker(header));
    let text = written.and_then(|(_, value)| value.as_str());
    text.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_wrote_waits_on() {
        let mut waiting = Waiting::default();
        for (number, checker) in [(1, "甲"), (2, "乙"), (3, "")] {
            waiting.add("s", checker, Waiter::Stored(number));
        }
        assert!(waiting.take("other", "").is_empty());
        let own = waiting.take("s", "甲");
        assert_eq!(own, [Waiter::Stored(1), Waiter::Stored(3)]);
        assert_eq!(waiting.take("s", ""), [Waiter::Stored(2)]);
        assert!(waiting.take("s", "").is_empty());
        let raw = serde_json::json!({"核查人 checker": " 甲 ", "outcome": "x"});
        assert_eq!(checker_of(raw.as_object().unwrap()), "甲");
        assert_eq!(checker_of(&Map::new()), "");
    }
}
