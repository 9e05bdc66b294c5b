//! What `scan` and `merge` leave behind besides sites: the run record, and how they end.

use super::Exit;
use crate::pipeline::provenance::{FileRecord, FileRole};
use crate::pipeline::report::{Placing, write_noted};
use crate::pipeline::{RunRecord, Scan};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Where the run record goes.
pub(super) fn record_path(outputs: &[PathBuf]) -> PathBuf {
    let mut name = outputs[0].as_os_str().to_owned();
    name.push(".run.json");
    name.into()
}

/// Writes the run record.
pub(super) fn write_record(
    record: &RunRecord,
    path: &Path,
    placing: &mut Placing<'_>,
) -> Result<()> {
    let text = serde_json::to_string_pretty(record).map_err(|e| Error::Internal(e.to_string()))?;
    write_noted(&[path.to_owned()], placing, |_, temporary| {
        Ok(fs_err::write(temporary, &text)?)
    })
}

/// The record of an earlier run that wrote nothing else, as all its images failed: nobody would
/// miss it.
pub(super) fn record_of_nothing(outputs: &[PathBuf]) -> Vec<PathBuf> {
    #[derive(serde::Deserialize)]
    struct Known {
        program: String,
        files: Vec<FileRecord>,
    }
    let path = record_path(outputs);
    let is_of_nothing = || {
        let known: Known = serde_json::from_slice(&fs_err::read(&path).ok()?).ok()?;
        let wrote = known.files.iter().any(|f| f.role == FileRole::Output);
        (known.program.starts_with("tianmu ") && !wrote).then_some(())
    };
    let found = is_of_nothing().filter(|()| outputs.iter().all(|output| !output.exists()));
    found.map(|()| path).into_iter().collect()
}

/// How a run ends that went to its end.
pub(super) fn exit_of(found: &Scan) -> Exit {
    if found.has_failures() {
        Exit::SomeFailed
    } else {
        Exit::Done
    }
}

/// Refuses outputs that the values of a regression cannot be written to.
pub(super) fn check_values_output(outputs: &[PathBuf]) -> Result<()> {
    if matches!(outputs, [output] if is_tiff(output)) {
        return Ok(());
    }
    let names: Vec<String> = outputs.iter().map(|p| p.display().to_string()).collect();
    let wanted = "one name that ends in `.tif`: a regression gives values, not sites";
    Err(Error::setting("output", names.join(", "), wanted))
}

pub(super) fn is_tiff(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ["tif", "tiff"]
        .iter()
        .any(|e| ending.eq_ignore_ascii_case(e))
}
