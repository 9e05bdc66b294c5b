//! Files that came back → rows as they were written. Each format has a file of its own; nothing is
//! judged here.

mod attached;
pub(super) mod columns;
mod delimited;
mod exif;
mod ledger;
mod marks;
mod merged;
mod odk;
mod photos;
mod plot;
mod qfield;
mod questions;
mod text;
mod workbook;

use super::{ReturnFile, ReturnFormat};
use crate::{Error, Result};
use std::path::Path;

/// Reads a file or a folder of photos, by what it is: a workbook or CSV of our ledger, what `QField`
/// sends back, an export of ODK or `KoBo`.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, [`Error::Returned`] where it is none of these.
pub fn read(path: &Path) -> Result<ReturnFile> {
    let mut file = read_rows(path)?;
    if matches!(file.format, ReturnFormat::Xlsx | ReturnFormat::Csv) {
        ledger::find_photos(&mut file);
    }
    Ok(file)
}

fn read_rows(path: &Path) -> Result<ReturnFile> {
    if path.is_dir() {
        return photos::read(path);
    }
    let extension = path.extension().unwrap_or_default();
    let extension = extension.to_string_lossy().to_lowercase();
    match extension.as_str() {
        "gpkg" => qfield::read(path),
        "xlsx" | "xlsm" => workbook::read(path, fs_err::read(path)?),
        "csv" | "tsv" | "txt" => {
            let bytes = fs_err::read(path)?;
            if bytes.starts_with(b"PK\x03\x04") {
                return workbook::read(path, bytes);
            }
            // What is wrong with a table that is none of an export is said by the reader of ledgers.
            let is_export =
                delimited::read(path).is_ok_and(|table| odk::is_export(&table.header).is_some());
            if is_export {
                odk::read(path)
            } else {
                text::read(path, &bytes)
            }
        }
        _ => Err(Error::returned(
            path,
            format!(
                "has the ending `{extension}`, wanted .xlsx, .csv, .gpkg or a folder of photos"
            ),
            "give what came back: the ledger of the field pack, `checks.gpkg` of QField, the CSV of ODK or KoBo",
        )),
    }
}

/// A file that cannot be taken: what is wrong with it, and what to do.
fn refused(path: &Path, problem: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::returned(path, problem, hint)
}
