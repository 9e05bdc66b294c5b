//! Files that came back → checks, photos and rejected rows of the campaign, in one transaction.

mod conflicts;
mod keys;
mod making;
mod photos;
mod plan;
mod rejects;
mod stock;
mod waiting;
mod withdraw;
mod write;

pub use conflicts::Conflict;
pub use withdraw::{Withdrawn, withdraw};

use super::judge::Rules;
use super::{Fault, ReturnFile, Returned, read};
use crate::campaign::{Campaign, CampaignFacts, Moment};
use crate::pipeline::report::{check_outputs, refuse_inputs};
use crate::vector::{Filter, StoreTarget};
use crate::{Error, Result};
use photos::Hashes;
use plan::Plan;
use serde::Serialize;
use std::path::{Path, PathBuf};
use stock::Stock;

/// What is to be recorded, and how.
pub struct RecordJob<'a> {
    /// The campaign.
    pub target: &'a StoreTarget,
    /// Files and folders that came back.
    pub files: &'a [PathBuf],
    /// A position further from its site, in metres, is none of it.
    pub max_distance_m: f64,
    /// Say what would be recorded, and change nothing.
    pub dry_run: bool,
    /// Where bad rows go as CSV, to be mended and given again.
    pub rejects: Option<&'a Path>,
    /// Whether that file may take the place of another.
    pub overwrite: bool,
    /// When it is recorded.
    pub moment: Moment<'a>,
}

/// What became of the files.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Recorded {
    /// Files that were read, in their order.
    pub files: Vec<FileReport>,
    /// Files that could not be read.
    pub failed: Vec<FailedFile>,
    /// Answers that contradict each other, of sites that new answers are of.
    pub conflicts: Vec<Conflict>,
    /// Photos that came in.
    pub photos: usize,
    /// Rows rejected before that a good answer has come in for now.
    pub settled: usize,
    /// Whether the campaign was changed, or would be.
    pub changed: bool,
    /// Whether this only says what would be done.
    pub dry_run: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct FileReport {
    /// Where it is.
    pub file: String,
    /// Its format.
    pub format: String,
    /// SHA-256.
    pub sha256: String,
    /// Rows that name a site or hold an answer: the sum of the four below.
    pub rows: usize,
    /// Answers that were taken.
    pub taken: usize,
    /// Answers that the campaign had already.
    pub known: usize,
    /// Rows that nobody has answered.
    pub blank: usize,
    /// Rows that could not be taken.
    pub rejected: usize,
    /// Those rows.
    pub bad_rows: Vec<RejectedRow>,
    /// What to know of the file and its rows.
    pub notes: Vec<String>,
}

/// A row that could not be taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectedRow {
    /// Sheet and row, or feature.
    pub place: String,
    /// The site, as far as it is known.
    pub site_id: String,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// The row as it was read.
    #[serde(skip)]
    pub row: Returned,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedFile {
    /// Where it is.
    pub file: String,
    /// Why, with the file's name.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

/// Reads files, judges their rows and takes the good ones: all of them in one transaction, or nothing.
/// A file that cannot be read takes nothing from the others.
///
/// # Errors
/// [`Error::Store`] with what is wrong with the campaign, [`Error::OutputExists`] and
/// [`Error::WriteOutput`] for the list of bad rows.
pub fn record(job: &RecordJob<'_>) -> Result<Recorded> {
    if let Some(path) = job.rejects {
        let outputs = [path.to_owned()];
        refuse_inputs(&outputs, job.files)?;
        check_outputs(&outputs, job.overwrite)?;
    }
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for path in job.files {
        match read::read(path) {
            Ok(file) => files.push(file),
            Err(error) => failed.push(FailedFile {
                file: path.display().to_string(),
                problem: error.to_string(),
                hint: error.hint(),
            }),
        }
    }
    // What takes long is done before others have to wait.
    let hashes = Hashes::of(&files);
    let mut recorded = if job.dry_run {
        let campaign = Campaign::open(job.target)?;
        let store = &campaign.store;
        let read = |table| store.read(table, &Filter::All);
        let stock = Stock::load(&read)?;
        plan_of(job, &campaign.facts, &stock, &files, &hashes)?.report
    } else {
        Campaign::change(job.target, job.moment, "record", |change, facts| {
            let plan = {
                let read = |table| change.read(table, &Filter::All);
                let stock = Stock::load(&read)?;
                plan_of(job, facts, &stock, &files, &hashes)?
            };
            let mut detail = None;
            if plan.is_change() {
                write::write(change, &plan, job.moment.now)?;
                detail = Some(plan.detail(&write::digest_of_checks(change)?));
            }
            Ok((plan.report, detail))
        })?
    };
    recorded.failed = failed;
    recorded.dry_run = job.dry_run;
    if let Some(path) = job.rejects {
        rejects::write(path, job.overwrite, &recorded)?;
    }
    Ok(recorded)
}

fn plan_of(
    job: &RecordJob<'_>,
    facts: &CampaignFacts,
    stock: &Stock<'_>,
    files: &[ReturnFile],
    hashes: &Hashes,
) -> Result<Plan> {
    if !(job.max_distance_m > 0.0 && job.max_distance_m.is_finite()) {
        return Err(Error::setting(
            "max-distance",
            job.max_distance_m,
            "metres above 0",
        ));
    }
    let rules = Rules {
        ground: &stock.ground,
        now: job.moment.now,
        year: facts.year,
        round: facts.round,
        max_distance_m: job.max_distance_m,
    };
    Plan::of(facts, stock, &rules, files, hashes)
}
