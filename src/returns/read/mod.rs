//! Files that came back → rows as they were written. Each format has a file of its own; nothing is
//! judged here.

pub(super) mod columns;
mod ledger;
mod merged;
mod text;
mod workbook;

use super::ReturnFile;
use crate::{Error, Result};
use std::path::Path;

/// Reads a file, whatever its format is: workbooks and CSV of our ledger.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, [`Error::Returned`] where it is none of the formats.
pub(super) fn read(path: &Path) -> Result<ReturnFile> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match extension.as_str() {
        "xlsx" | "xlsm" => workbook::read(path, fs_err::read(path)?),
        "csv" | "tsv" | "txt" => {
            let bytes = fs_err::read(path)?;
            if bytes.starts_with(b"PK\x03\x04") {
                return workbook::read(path, bytes);
            }
            text::read(path, &bytes)
        }
        _ => Err(Error::returned(
            path,
            format!("has the ending `{extension}`, wanted .xlsx or .csv"),
            "give the ledger of the field pack as it came back",
        )),
    }
}
