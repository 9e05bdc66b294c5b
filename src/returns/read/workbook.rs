//! Our ledger as a workbook (XLSX): every sheet that holds the ledger's columns.

use super::ledger::{Cell, Cells, LedgerSheet, SheetRows};
use super::merged::Merge;
use crate::digest::hash_of;
use crate::returns::dates::{self, Epoch};
use crate::returns::plain::{shortest, trimmed};
use crate::returns::{ReturnFile, ReturnFormat};
use crate::{Error, Result};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A workbook that unpacks to more is none of ours: 100,000 rows are 0.3 GB.
const MOST_UNPACKED_BYTES: u64 = 4 << 30;

/// How OLE files begin: old workbooks (.xls), and workbooks with a password.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// What to do about a file that is no workbook.
const SAVE_AGAIN: &str = "open it in Excel or WPS and save it as `.xlsx`, without a password";

/// Reads a workbook.
///
/// # Errors
/// [`Error::Returned`] where it is none, or holds no ledger.
pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<ReturnFile> {
    check_form(path, &bytes)?;
    let sha256 = hash_of(&bytes);
    // The library was not made for files that somebody damaged on purpose.
    let read = catch_unwind(AssertUnwindSafe(|| read_sheets(path, bytes)));
    let found = read.unwrap_or_else(|panic| {
        let reason = crate::pipeline::panic_text(panic.as_ref());
        Err(unreadable(path, &reason))
    })?;
    Ok(ReturnFile {
        path: path.to_owned(),
        sha256,
        format: ReturnFormat::Xlsx,
        rows: found.rows,
        notes: found.notes,
    })
}

/// Refuses what is no workbook, by what it is.
fn check_form(path: &Path, bytes: &[u8]) -> Result<()> {
    let wrong = |problem: &str| Err(Error::returned(path, problem, SAVE_AGAIN));
    if bytes.is_empty() {
        return wrong("is empty");
    }
    if bytes.starts_with(OLE) {
        return wrong(
            "is an old workbook (.xls) or one with a password, wanted XLSX without a password",
        );
    }
    if !bytes.starts_with(b"PK") {
        return wrong("is no workbook, whatever its name says");
    }
    let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(e) => return Err(unreadable(path, &e.to_string())),
    };
    let names = archive.file_names().filter_map(std::result::Result::ok);
    let names: Vec<String> = names.map(std::borrow::Cow::into_owned).collect();
    let is_of = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    if is_of("word/") || is_of("ppt/") {
        return wrong("is a Word or PowerPoint file, whatever its name says");
    }
    if names.iter().any(|name| name == "content.xml") {
        return wrong("is an OpenDocument file, whatever its name says");
    }
    let mut unpacked = 0_u64;
    for at in 0..archive.len() {
        let size = archive.by_index_raw(at).map_or(0, |file| file.size());
        unpacked = unpacked.saturating_add(size);
    }
    if unpacked > MOST_UNPACKED_BYTES {
        return wrong("unpacks to more than 4 GiB, wanted a ledger");
    }
    Ok(())
}

fn unreadable(path: &Path, reason: &str) -> Error {
    let problem = format!("cannot be read as a workbook ({reason})");
    let hint = "copy it again from where it came; if it opens in Excel or WPS, save it as `.xlsx` once more";
    Error::returned(path, problem, hint)
}

fn read_sheets(path: &Path, bytes: Vec<u8>) -> Result<SheetRows> {
    let cannot = |e: XlsxError| unreadable(path, &e.to_string());
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(cannot)?;
    let epoch = if workbook.has_1904_epoch() {
        Epoch::Of1904
    } else {
        Epoch::Of1900
    };
    let names = workbook.sheet_names();
    let mut all = SheetRows::default();
    let mut ledgers = 0;
    for name in &names {
        let in_sheet = |e: XlsxError| unreadable(path, &format!("sheet `{name}`: {e}"));
        let merges = match workbook.merge_cells_by_sheet_name(name) {
            Ok(merges) => merges.iter().map(merge).collect(),
            // Charts and the like have no cells.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(e) => return Err(in_sheet(e)),
        };
        let mut sheet = LedgerSheet::new(name, epoch, merges);
        let headed = |problem: String| Error::returned(path, problem, HEADER_HINT);
        let mut cells = match workbook.worksheet_cells_reader(name) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(e) => return Err(in_sheet(e)),
        };
        let (mut number, mut row) = (0, Cells::new());
        while let Some(record) = cells.next_cell_with_formula_metadata().map_err(in_sheet)? {
            let (at, column) = record.pos;
            if at != number && !row.is_empty() {
                sheet.row(number, &row).map_err(headed)?;
                row.clear();
            }
            number = at;
            let cell = cell(&record.value, record.formula.is_some(), epoch);
            if cell != Cell::default() {
                row.push((column, cell));
            }
        }
        sheet.row(number, &row).map_err(headed)?;
        if let Some(found) = sheet.finish() {
            ledgers += 1;
            all.rows.extend(found.rows);
            all.notes.extend(found.notes);
        }
    }
    if ledgers == 0 {
        let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let problem = format!(
            "has no sheet of the ledger; its sheets are {}; wanted one whose header has `疑似点编号 site_id` (or \
             `简码 code`) and `结果 outcome`",
            shown.join(", ")
        );
        return Err(Error::returned(path, problem, HEADER_HINT));
    }
    Ok(all)
}

/// What to do about a header that cannot be used.
pub(super) const HEADER_HINT: &str = "give back the ledger of the field pack with its header row as it was; columns are found by their names";

fn merge(area: &calamine::Dimensions) -> Merge {
    Merge {
        first_row: area.start.0,
        first_column: area.start.1,
        last_row: area.end.0,
        last_column: area.end.1,
    }
}

fn cell(value: &DataRef<'_>, is_formula: bool, epoch: Epoch) -> Cell {
    let (text, number, fault) = match value {
        DataRef::Empty => {
            let fault =
                is_formula.then(|| "is a formula without a result, wanted a value".to_owned());
            (String::new(), None, fault)
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            (trimmed(text).to_owned(), None, None)
        }
        DataRef::SharedString(text) => (trimmed(text).to_owned(), None, None),
        DataRef::Int(number) => (number.to_string(), None, None),
        DataRef::Float(number) => (shortest(*number), Some(*number), None),
        DataRef::Bool(yes) => (if *yes { "yes" } else { "no" }.to_owned(), None, None),
        DataRef::DateTime(time) => (moment(time, epoch), None, None),
        DataRef::Error(error) => {
            let fault = format!("is the error `{error}`, wanted a value");
            (error.to_string(), None, Some(fault))
        }
    };
    Cell {
        text,
        number,
        is_formula,
        fault,
    }
}

/// A cell that is shown as a day or a time. What lies outside of sensible years is given as the
/// number it is.
fn moment(time: &ExcelDateTime, epoch: Epoch) -> String {
    let day = if time.is_datetime() {
        dates::of_serial(time.as_f64(), epoch)
    } else {
        None
    };
    day.map_or_else(|| shortest(time.as_f64()), |moment| moment.iso())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(bytes: &[u8]) -> String {
        read(Path::new("x.xlsx"), bytes.to_vec())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_is_no_workbook_is_named() {
        assert_eq!(refused(b""), "`x.xlsx` is empty");
        assert!(refused(OLE).contains("with a password"));
        assert!(refused(b"<html>").contains("is no workbook"));
        assert!(refused(b"PK\x03\x04 and nothing").contains("cannot be read as a workbook"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), packed in any::<bool>()) {
            if packed {
                bytes.splice(0..0, *b"PK\x03\x04");
            }
            prop_assert!(read(Path::new("x.xlsx"), bytes).is_err());
        }
    }
}
