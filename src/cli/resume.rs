//! What `scan` keeps of its work beside its outputs, so that the same command goes on where it
//! was cut off.

use super::output;
use super::settings::Chosen;
use crate::pipeline::journal::{Begun, Journal, JournalHead};
use crate::pipeline::{Plan, ScanJob, Shard, read_aoi};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How to ask for the same run again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) images: Vec<PathBuf>,
    pub(super) model: PathBuf,
    pub(super) model_config: Option<PathBuf>,
    pub(super) aoi: Option<PathBuf>,
    pub(super) chosen: Chosen,
}

impl Request {
    /// The same with paths that hold from any folder.
    pub(super) fn absolute(mut self) -> Self {
        let absolute = |path: &Path| {
            let inside = path.starts_with("/vsi") || !path.exists();
            if inside {
                None
            } else {
                std::path::absolute(path).ok()
            }
            .unwrap_or_else(|| path.to_owned())
        };
        self.images
            .iter_mut()
            .for_each(|path| *path = absolute(path));
        self.model = absolute(&self.model);
        self.model_config = self.model_config.as_deref().map(absolute);
        self.aoi = self.aoi.as_deref().map(absolute);
        self.chosen = self.chosen.with_screen(absolute);
        self
    }
}

/// Where a run keeps what it has done: beside its first output.
pub(super) fn path_beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".resume");
    name.into()
}

/// Outputs that a run which was cut off had begun to put in place, and may replace.
pub(super) fn begun_outputs(path: &Path) -> Vec<PathBuf> {
    let kept = Journal::open(path).ok().flatten();
    kept.map_or_else(Vec::new, |journal| journal.placing().to_vec())
}

/// The journal of a run at `path`.
pub(super) fn journal(
    path: &Path,
    job: &ScanJob<'_>,
    request: &Request,
    shard: Option<Shard>,
    quiet: bool,
) -> Result<Journal> {
    let aoi = read_aoi(job)?;
    let head = JournalHead {
        plan: Plan::of(job, aoi.as_ref(), shard)?,
        request: serde_json::to_value(request).map_err(|e| Error::Internal(e.to_string()))?,
    };
    let (journal, begun) = Journal::go_on(path, head)?;
    let name = path.display();
    match begun {
        Begun::GoesOn(rows) if !quiet => output::note(&format!(
            "goes on where it stopped: `{name}` holds {rows} rows of tiles"
        )),
        Begun::Anew(why) if !quiet => output::note(&format!(
            "begins anew, what `{name}` held is of no use: {why}"
        )),
        _ => {}
    }
    Ok(journal)
}

/// Leaves no journal behind that holds nothing.
pub(super) fn tidy(journal: Option<Journal>) -> Result<()> {
    match journal {
        Some(journal) if !journal.holds_rows() => journal.remove(),
        _ => Ok(()),
    }
}
