//! What is to be done with the rows of all files, worked out before anything is written.

use super::Recorded;
use super::making::Making;
use super::photos::{Hashes, NewPhoto};
use super::stock::Stock;
use crate::Result;
use crate::campaign::CampaignFacts;
use crate::campaign::check::{CHECKS_SHA256, Check};
use crate::returns::ReturnFile;
use crate::returns::judge::Rules;
use std::collections::BTreeSet;

/// The changes of a campaign, and what is said of them.
#[derive(Default)]
pub(super) struct Plan {
    /// All checks: those of the campaign first, new ones after them.
    pub(super) checks: Vec<Check>,
    /// How many of them the campaign had.
    pub(super) had: usize,
    /// Checks of the campaign whose flag or state is another one now.
    pub(super) changed: BTreeSet<usize>,
    pub(super) photos: Vec<NewPhoto>,
    /// Photos that get their check now: row and check.
    pub(super) photo_checks: Vec<(i64, String)>,
    pub(super) files: Vec<FileRow>,
    pub(super) rejects: Vec<NewReject>,
    /// Rejected rows that are settled now: row and check.
    pub(super) settled: Vec<(i64, String)>,
    pub(super) report: Recorded,
}

/// A row of the table of files.
pub(super) struct FileRow {
    /// The row where the very same file was read before.
    pub(super) fid: Option<i64>,
    pub(super) source: String,
    pub(super) path: String,
    pub(super) sha256: String,
    pub(super) format: &'static str,
    /// Rows, taken, known, blank, rejected.
    pub(super) counts: [i64; 5],
}

/// A bad row on its way into the campaign.
pub(super) struct NewReject {
    pub(super) reject_id: String,
    pub(super) site_id: String,
    pub(super) source: String,
    pub(super) source_sha256: String,
    pub(super) place: String,
    pub(super) cell: String,
    pub(super) reason: String,
    pub(super) raw: String,
    pub(super) settled_by: String,
}

impl Plan {
    /// Judges all rows of all files, in their order.
    pub(super) fn of(
        facts: &CampaignFacts,
        stock: &Stock<'_>,
        rules: &Rules<'_>,
        files: &[ReturnFile],
        hashes: &Hashes,
    ) -> Result<Self> {
        let mut making = Making::new(facts, stock, hashes);
        for file in files {
            making.file(file, rules)?;
        }
        Ok(making.finish())
    }

    /// Whether the campaign is another one after it.
    pub(super) fn is_change(&self) -> bool {
        self.report.changed
    }

    /// The facts for the audit; the hash is that of all checks after it.
    pub(super) fn detail(&self, checks_sha256: &str) -> serde_json::Value {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|f| {
                let [rows, taken, known, blank, rejected] = f.counts;
                serde_json::json!({
                    "source": f.source, "sha256": f.sha256, "format": f.format, "rows": rows,
                    "taken": taken, "known": known, "blank": blank, "rejected": rejected,
                })
            })
            .collect();
        serde_json::json!({
            "files": files,
            "checks": self.checks.len() - self.had,
            CHECKS_SHA256: checks_sha256,
            "photos": self.photos.len(),
            "conflicts": self.report.conflicts.len(),
            "settled": self.report.settled,
        })
    }
}
