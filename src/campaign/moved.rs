//! Numbers that sites had, and the sites that stand for them now.

use super::check::Check;
use super::site::{MERGED_INTO, RENUMBERED};
use crate::vector::StoredRow;
use std::collections::HashMap;

/// A chain of numbers is short; a circle would have no end.
const LONGEST_CHAIN: usize = 16;

/// Numbers that are no more, and those that took their place: of sites that grew into others, and of
/// sites that `match` gave their first number back.
#[derive(Debug, Clone, Default)]
pub struct Moved(HashMap<String, String>);

impl Moved {
    /// Of rows of the table `links`.
    #[must_use]
    pub fn of_rows(links: &[StoredRow]) -> Self {
        Self::of(
            links
                .iter()
                .map(|row| ["site_id", "relation", "other_id"].map(|name| row.text(name))),
        )
    }

    /// Of links: site, relation, other.
    pub fn of(links: impl IntoIterator<Item = [String; 3]>) -> Self {
        let moved =
            links
                .into_iter()
                .filter_map(|[site, relation, other]| match relation.as_str() {
                    RENUMBERED => Some((other, site)),
                    MERGED_INTO => Some((site, other)),
                    _ => None,
                });
        Self(moved.collect())
    }

    /// The number that took the place of one, if any did.
    #[must_use]
    pub fn next(&self, number: &str) -> Option<&str> {
        self.0.get(number).map(String::as_str)
    }

    /// The number that stands for one now, which may be itself.
    #[must_use]
    pub fn now<'a>(&'a self, number: &'a str) -> &'a str {
        let mut now = number;
        for _ in 0..LONGEST_CHAIN {
            match self.next(now) {
                Some(next) => now = next,
                None => break,
            }
        }
        now
    }

    /// Gives each check the number that its site has now, so that the answers for plots that grew
    /// into one are those of one site.
    pub fn follow(&self, checks: &mut [Check]) {
        for check in checks {
            if self.next(&check.site_id).is_some() {
                check.site_id = self.now(&check.site_id).to_owned();
            }
        }
    }

    /// The same numbers, written as `fold` writes them.
    #[must_use]
    pub fn folded(self, fold: impl Fn(&str) -> String) -> Self {
        Self(
            self.0
                .into_iter()
                .map(|(old, new)| (fold(&old), fold(&new)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_followed_to_the_last() {
        let link =
            |site: &str, relation: &str, other: &str| [site, relation, other].map(str::to_owned);
        let moved = Moved::of([
            link("a", MERGED_INTO, "b"),
            link("c", RENUMBERED, "b"),
            link("d", "split_from", "c"),
            link("x", MERGED_INTO, "y"),
            link("y", MERGED_INTO, "x"),
        ]);
        assert_eq!(
            ["a", "b", "c", "d"].map(|id| moved.now(id)),
            ["c", "c", "c", "d"]
        );
        assert!(["x", "y"].contains(&moved.now("x")));
        let mut checks = ["a", "d"].map(|id| Check {
            site_id: id.into(),
            ..Check::default()
        });
        moved.follow(&mut checks);
        assert_eq!(checks.map(|c| c.site_id), ["c", "d"]);
    }
}
