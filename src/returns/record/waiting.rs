//! Rows that wait for a good answer for their site.

use std::collections::HashMap;

/// A row of a table, or one on its way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiter {
    /// A row of the campaign, by its number.
    Stored(i64),
    /// A new one, by its place in the plan.
    New(usize),
}

/// Rows by the site that they wait for.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<String, Vec<Waiter>>);

impl Waiting {
    pub(super) fn add(&mut self, site_id: &str, row: Waiter) {
        self.0.entry(site_id.to_owned()).or_default().push(row);
    }

    /// The rows that waited for this site, which wait no more.
    pub(super) fn take(&mut self, site_id: &str) -> Vec<Waiter> {
        self.0.remove(site_id).unwrap_or_default()
    }
}
