//! `campaign purge`: after a round, pictures of homes that nobody confirmed go.
//!
//! What is to go is listed first, then noted in the audit, then deleted: a program that is killed
//! leaves a note that is true of every file that is missing, and the same command deletes the rest.
//! Manifests keep their lines, so that `verify` can tell what was purged from what was lost.

mod folders;
mod places;

use super::audit::AuditRow;
use super::files::MadeFile;
use super::tables::{AUDIT, FILES};
use super::{Campaign, Moment};
use crate::vector::{Filter, StoreTarget};
use crate::{Error, Result};
use folders::{Found, search};
use places::Places;
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name of the change in the audit.
const ACTION: &str = "purge";

/// How a campaign is to be purged.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct PurgeRequest<'a> {
    /// Folders of pictures besides those that the campaign names.
    pub folders: &'a [PathBuf],
    /// Also delete workbooks, maps and sheets that hold such pictures.
    pub documents: bool,
    /// Pictures of every place that nobody confirmed, home or not.
    pub all: bool,
    /// Even while tasks are open.
    pub force: bool,
    /// Say what would go, and change nothing.
    pub dry_run: bool,
    /// Whether the user called a halt.
    pub stop: &'a dyn Fn() -> bool,
}

/// What a folder is to the purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderState {
    /// It was searched.
    Searched,
    /// It is not there.
    Missing,
    /// It bears no mark of ours: nothing in it is touched.
    NotOurs,
    /// It is one file, such as a sealed pack, which is deleted as a whole or not at all.
    OneFile,
}

/// A folder that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurgedFolder {
    /// Where it is.
    pub path: PathBuf,
    /// What became of it.
    pub state: FolderState,
}

/// A file that goes, or stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PurgedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// What it shows: the site, `a home without a site`, or what holds it.
    pub shows: String,
}

/// What became of a purge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurgeReport {
    /// The campaign.
    pub target: String,
    /// Whether anything was deleted at all.
    pub dry_run: bool,
    /// Homes, or with `all` places, that nobody confirmed.
    pub places: usize,
    /// Places that nobody confirmed and of which nobody can say whether they are homes; their
    /// pictures stay.
    pub unknown: usize,
    /// Places with answers that contradict one another; their pictures stay.
    pub conflicting: usize,
    /// Tasks that are open.
    pub open_tasks: usize,
    /// Folders that were looked at.
    pub folders: Vec<PurgedFolder>,
    /// Files that were deleted, or would be.
    pub deleted: Vec<PurgedFile>,
    /// Files that still hold such pictures.
    pub holding: Vec<PurgedFile>,
    /// Files that could not be deleted, and why.
    pub failed: Vec<String>,
}

/// Deletes pictures of homes that nobody confirmed.
///
/// # Errors
/// [`Error::Store`] while tasks are open, and where the campaign was changed meanwhile;
/// [`Error::Setting`] for a folder that is none, [`Error::Interrupted`].
pub fn purge(
    target: &StoreTarget,
    request: &PurgeRequest<'_>,
    moment: Moment<'_>,
) -> Result<PurgeReport> {
    let campaign = Campaign::open(target)?;
    let changes = campaign.audit()?.len();
    let places = Places::read(&campaign, request.all)?;
    if !request.force && !request.dry_run {
        check_closed(target, &places)?;
    }
    let named = campaign.store.read(&FILES, &Filter::All)?;
    let hashes: BTreeSet<String> = named.iter().map(|row| row.text("sha256")).collect();
    let named = named.iter().map(MadeFile::from_row);
    let mut looked = BTreeSet::new();
    let mut found = Found::default();
    let mut folders = Vec::new();
    let known = named.map(|made| (made.folder().to_owned(), false));
    let given = request.folders.iter().map(|folder| (folder.clone(), true));
    for (folder, is_given) in known.chain(given) {
        let folder = std::path::absolute(folder)?;
        if !looked.insert(folder.clone()) {
            continue;
        }
        let state = search(&folder, &places, &hashes, request, &mut found)?;
        if is_given && state == FolderState::Missing {
            return Err(Error::setting(
                "FOLDER",
                folder.display(),
                "a folder that is there",
            ));
        }
        folders.push(PurgedFolder {
            path: folder,
            state,
        });
    }
    let mut report = PurgeReport {
        target: target.to_string(),
        dry_run: request.dry_run,
        places: places.count(),
        unknown: places.unknown,
        conflicting: places.conflicting,
        open_tasks: places.open_tasks,
        folders,
        deleted: found.deleted,
        holding: found.holding,
        failed: Vec::new(),
    };
    if request.dry_run || report.deleted.is_empty() {
        return Ok(report);
    }
    note(target, request, moment, changes, &report)?;
    let mut gone = Vec::new();
    for file in std::mem::take(&mut report.deleted) {
        if (request.stop)() {
            return Err(Error::Interrupted);
        }
        match delete(&file.path) {
            Ok(()) => gone.push(file),
            Err(e) => report.failed.push(e.to_string()),
        }
    }
    report.deleted = gone;
    Ok(report)
}

/// Refuses a round that is not over.
fn check_closed(target: &StoreTarget, places: &Places) -> Result<()> {
    let problem = match places.open_tasks {
        0 if places.is_begun => return Ok(()),
        0 => "has no answer of this round yet".into(),
        open => format!(
            "has {open} tasks that nobody has answered yet, or that are to be visited again"
        ),
    };
    Err(Error::Store {
        target: target.to_string(),
        problem,
        hint:
            "read back what came from the field with `tianmu record`, or pass `--force` where the \
               round is over all the same; `--dry-run` shows what would go"
                .into(),
    })
}

/// Notes in the audit what is about to be deleted.
fn note(
    target: &StoreTarget,
    request: &PurgeRequest<'_>,
    moment: Moment<'_>,
    changes: usize,
    report: &PurgeReport,
) -> Result<()> {
    Campaign::change(target, moment, ACTION, |change, _| {
        if change.count(&AUDIT, &Filter::All)? != changes as u64 {
            return Err(Error::Store {
                target: target.to_string(),
                problem: "was changed by another program while pictures were looked for".into(),
                hint: "run the same command again".into(),
            });
        }
        let files: Vec<Json> = report
            .deleted
            .iter()
            .map(|file| {
                let path = file.path.display().to_string();
                serde_json::json!({"path": path, "sha256": file.sha256})
            })
            .collect();
        let detail = serde_json::json!({
            "places": report.places,
            "all": request.all,
            "documents": request.documents,
            "force": request.force,
            "open_tasks": report.open_tasks,
            "files": files,
        });
        Ok(((), Some(detail)))
    })
}

/// Deletes a plain file; one that is gone already is no failure.
fn delete(path: &Path) -> Result<()> {
    match fs_err::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(fs_err::remove_file(path)?),
        Ok(_) => Err(Error::WriteOutput {
            path: path.to_owned(),
            reason: "it is no plain file any more".into(),
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Files that purges noted in the audit.
#[must_use]
pub fn purged_files(audit: &[AuditRow]) -> BTreeSet<PathBuf> {
    let details = audit
        .iter()
        .filter(|row| row.action == ACTION)
        .filter_map(|row| serde_json::from_str::<Json>(&row.detail).ok());
    let paths = |detail: Json| -> Vec<PathBuf> {
        let files = detail["files"].as_array().cloned().unwrap_or_default();
        let path = |file: &Json| file["path"].as_str().map(PathBuf::from);
        files.iter().filter_map(path).collect()
    };
    details.flat_map(paths).collect()
}
