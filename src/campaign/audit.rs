//! The audit of a campaign: one row for each change, each holding the hash of the one before, so
//! that nothing can be taken out or altered without breaking the chain.

use crate::digest::hash_of;
use serde_json::Value as Json;

/// What stands where the first row has no row before it.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One row of the audit.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its number, from 1.
    pub seq: i64,
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// What was done: `new`, `import`, `scan`, `match`, `tasks`…
    pub action: String,
    /// The facts, as JSON: files with their SHA-256, counts.
    pub detail: String,
    /// Hash of the row before.
    pub prev_sha256: String,
    /// Hash of this row.
    pub sha256: String,
}

impl AuditRow {
    /// The row after `last`.
    #[must_use]
    pub fn after(last: Option<&Self>, at: &str, action: &str, detail: &Json) -> Self {
        let mut row = Self {
            seq: last.map_or(1, |l| l.seq + 1),
            at: at.to_owned(),
            action: action.to_owned(),
            detail: detail.to_string(),
            prev_sha256: last.map_or(FIRST, |l| &l.sha256).to_owned(),
            sha256: String::new(),
        };
        row.sha256 = row.hash();
        row
    }

    /// SHA-256 of the row's other values, each on a line of its own as JSON: `[prev_sha256, seq, at,
    /// action, detail]`.
    #[must_use]
    pub fn hash(&self) -> String {
        let values = [
            Json::from(self.prev_sha256.as_str()),
            self.seq.into(),
            self.at.as_str().into(),
            self.action.as_str().into(),
            self.detail.as_str().into(),
        ];
        hash_of(Json::from(values.to_vec()).to_string())
    }
}

/// The first row of a chain that does not fit the one before it, or was altered, and why; `None`
/// where the chain holds. Rows must come in the order of their numbers.
#[must_use]
pub fn broken(rows: &[AuditRow]) -> Option<(i64, &'static str)> {
    let mut prev = FIRST;
    for (place, row) in (1..).zip(rows) {
        if row.seq != place {
            return Some((place, "is missing, or stands twice"));
        }
        if row.prev_sha256 != prev {
            return Some((row.seq, "does not follow the row before it"));
        }
        if row.hash() != row.sha256 {
            return Some((row.seq, "was altered"));
        }
        prev = &row.sha256;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: usize) -> Vec<AuditRow> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for i in 0..count {
            let detail = serde_json::json!({"rows": i, "file": "村.shp"});
            rows.push(AuditRow::after(
                rows.last(),
                "2026-05-04T00:00:00Z",
                "import",
                &detail,
            ));
        }
        rows
    }

    #[test]
    fn whatever_is_touched_breaks_the_chain() {
        let whole = chain(4);
        assert_eq!(broken(&whole), None);
        assert_eq!(broken(&[]), None);
        let mut altered = whole.clone();
        altered[1].detail = altered[1].detail.replace('1', "2");
        assert_eq!(broken(&altered), Some((2, "was altered")));
        let mut resealed = altered.clone();
        resealed[1].sha256 = resealed[1].hash();
        assert_eq!(
            broken(&resealed),
            Some((3, "does not follow the row before it"))
        );
        let mut shorter = whole.clone();
        shorter.remove(2);
        assert_eq!(broken(&shorter), Some((3, "is missing, or stands twice")));
        let mut swapped = whole;
        swapped.swap(0, 1);
        assert!(broken(&swapped).is_some());
    }
}
