//! Whether a campaign is as it was left: the chain of its audit, every file that it names, and rows
//! that do not fit together. What was touched is said, one by one.
//!
//! A chain can hold that somebody wrote anew from its first row, or cut short at its end: whoever
//! writes down the hash of the last row can tell (`expect`).

mod files;
mod rows;

use super::Campaign;
use super::audit::{AuditRow, broken};
use crate::{Error, Result};
use serde::Serialize;
use std::path::PathBuf;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// Its bytes are the same.
    Unchanged,
    /// Its bytes are others.
    Changed,
    /// It is not there, or cannot be read.
    Missing,
    /// `campaign purge` took it away; the audit says so.
    Purged,
    /// It lies in a folder of ours and is not in its manifest.
    Added,
    /// Nobody hashed it: nothing is known of it.
    Unknown,
}

impl FileState {
    /// All, in the order of a summary.
    pub const ALL: [Self; 6] = [
        Self::Unchanged,
        Self::Changed,
        Self::Missing,
        Self::Purged,
        Self::Added,
        Self::Unknown,
    ];

    /// Its machine name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Purged => "purged",
            Self::Added => "added",
            Self::Unknown => "unknown",
        }
    }

    /// Whether somebody has to look into it.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Changed | Self::Missing)
    }
}

/// A file as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileVerdict {
    /// What became of it.
    pub state: FileState,
    /// The table that names it: `documents`, `scenes`, `returns`, `photos` or `files`.
    pub table: &'static str,
    /// What it is: the role of a document, the kind of a photo, `pack`, `pack file`…
    pub kind: String,
    /// Where the campaign has it.
    pub path: PathBuf,
    /// Where it was looked at, if elsewhere.
    pub found: Option<PathBuf>,
    /// Its SHA-256 then; empty where nobody hashed it.
    pub sha256: String,
}

/// The last row of the audit, to be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastRow {
    /// Its number.
    pub seq: i64,
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// What was done.
    pub action: String,
    /// Its hash.
    pub sha256: String,
}

/// The audit as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditState {
    /// Rows.
    pub rows: usize,
    /// Where the chain is broken, if it is.
    pub broken: Option<String>,
    /// The last row.
    pub last: Option<LastRow>,
    /// The number of the row whose hash was expected; `None` where nothing was expected, or no row
    /// has it.
    pub expected: Option<i64>,
    /// Whether a hash was expected that no row has: rows were taken out, or written anew.
    pub lost: bool,
}

/// What a look at a campaign gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The campaign.
    pub target: String,
    /// Its audit.
    pub audit: AuditState,
    /// Its files, table by table, each in the order of its rows.
    pub files: Vec<FileVerdict>,
    /// Rows that do not fit together, in words.
    pub rows: Vec<String>,
}

impl Verified {
    /// How many files are in a state.
    #[must_use]
    pub fn count(&self, state: FileState) -> usize {
        self.files.iter().filter(|file| file.state == state).count()
    }

    /// Whether nothing was touched.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.audit.broken.is_none()
            && !self.audit.lost
            && self.rows.is_empty()
            && !self.files.iter().any(|file| file.state.is_bad())
    }
}

/// How a campaign is to be looked at.
pub struct VerifyRequest<'a> {
    /// The hash of a row of the audit that somebody wrote down.
    pub expect: Option<&'a str>,
    /// Folders in which files are looked for by name that are no longer where they were.
    pub folders: &'a [PathBuf],
    /// Told before a file is hashed: what it is, and where.
    pub tell: &'a dyn Fn(&str, &std::path::Path),
    /// Whether the user called a halt.
    pub stop: &'a dyn Fn() -> bool,
}

/// Looks at a campaign and everything that it names. Nothing is changed.
///
/// # Errors
/// [`Error::Store`] where it cannot be read, [`Error::Setting`] for a hash that is none,
/// [`Error::Interrupted`].
pub fn verify(campaign: &Campaign, request: &VerifyRequest<'_>) -> Result<Verified> {
    let expect = request.expect.map(checked_hash).transpose()?;
    let audit = campaign.audit()?;
    let files = files::verdicts(campaign, &audit, request)?;
    let rows = rows::faults(campaign, &audit)?;
    Ok(Verified {
        target: campaign.store.target().to_string(),
        audit: state_of(&audit, expect.as_deref()),
        files,
        rows,
    })
}

fn checked_hash(text: &str) -> Result<String> {
    let hash = text.trim().to_lowercase();
    if hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(hash);
    }
    Err(Error::setting(
        "expect",
        text,
        "the 64 hexadecimal digits that an earlier `tianmu verify` printed as the hash of the last row",
    ))
}

fn state_of(audit: &[AuditRow], expect: Option<&str>) -> AuditState {
    let last = audit.last().map(|row| LastRow {
        seq: row.seq,
        at: row.at.clone(),
        action: row.action.clone(),
        sha256: row.sha256.clone(),
    });
    let broken = broken(audit).map(|(row, why)| format!("row {row} {why}"));
    let expected = expect.and_then(|hash| audit.iter().find(|row| row.sha256 == hash));
    AuditState {
        rows: audit.len(),
        // A campaign begins with a row that says so.
        broken: broken.or_else(|| audit.is_empty().then(|| "it has no row".into())),
        last,
        expected: expected.map(|row| row.seq),
        lost: expect.is_some() && expected.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: usize) -> Vec<AuditRow> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for i in 0..count {
            let detail = serde_json::json!({ "rows": i });
            let next = AuditRow::after(rows.last(), "2026-05-04T00:00:00Z", "import", &detail);
            rows.push(next);
        }
        rows
    }

    #[test]
    fn a_last_row_that_is_gone_is_missed_by_its_hash_alone() {
        let whole = chain(4);
        let tip = whole[3].sha256.clone();
        let state = state_of(&whole, Some(&tip));
        assert_eq!((state.expected, state.lost), (Some(4), false));
        // More was done since: the row still stands where it stood.
        let state = state_of(&chain(6), Some(&tip));
        assert_eq!((state.expected, state.lost), (Some(4), false));
        let shorter = state_of(&whole[..3], Some(&tip));
        assert_eq!((shorter.broken, shorter.lost), (None, true));
        assert!(state_of(&[], None).broken.is_some());
        assert!(checked_hash(&tip.to_uppercase()).is_ok());
        assert!(checked_hash(&tip[..63]).is_err() && checked_hash("").is_err());
    }
}
