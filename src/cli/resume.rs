//! What `scan` keeps of its work beside its outputs, so that the same command goes on where it
//! was cut off.

use super::output;
use super::request::Request;
use crate::pipeline::journal::{Begun, Journal, JournalHead};
use crate::pipeline::{Plan, Scan, ScanJob, Shard};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Where a run keeps what it has done: beside its first output.
pub(super) fn path_beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".resume");
    name.into()
}

/// What a journal of this run begins with.
pub(super) fn head(
    job: &ScanJob<'_>,
    request: &Request,
    shard: Option<Shard>,
) -> Result<JournalHead> {
    Ok(JournalHead {
        plan: Plan::of(job, shard)?,
        request: serde_json::to_value(request).map_err(|e| Error::Internal(e.to_string()))?,
    })
}

/// The journal of a run at `path`, of which `kept` stands there.
pub(super) fn journal(
    path: &Path,
    kept: Result<Option<Journal>>,
    head: JournalHead,
    quiet: bool,
) -> Result<Journal> {
    let (journal, begun) = Journal::go_on(path, kept, head)?;
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
        Some(journal) if !journal.holds_rows() => journal.withdraw(),
        _ => Ok(()),
    }
}

/// Ends the journal of a run whose results are written. Where something could not be read, it
/// stays: the same command tries that again and does nothing else anew.
pub(super) fn finish(journal: Journal, found: &Scan, quiet: bool) -> Result<()> {
    if !found.has_failures() {
        return journal.remove();
    }
    if !journal.holds_rows() {
        return journal.withdraw();
    }
    if !quiet {
        output::note(&format!(
            "`{}` stays: the same command with `--overwrite` tries again what could not be read, and nothing else",
            journal.path().display()
        ));
    }
    Ok(())
}
