//! Our ledger as CSV, as Excel, WPS and scripts save it: UTF-8 with or without a mark, UTF-16 with
//! one, or GB 18030; separated by commas, semicolons or tabs.

use super::ledger::{Cell, Cells, LedgerSheet, SheetRows};
use super::workbook::HEADER_HINT;
use crate::campaign::import::text_of;
use crate::digest::hash_of;
use crate::returns::dates::Epoch;
use crate::returns::{ReturnFile, ReturnFormat};
use crate::{Error, Result};
use std::path::Path;

/// As much of a table's first row as an error shows.
const SHOWN_CHARACTERS: usize = 120;

/// The records of a CSV file with the separator under which `is_header` knows one of the first rows,
/// or under commas where it knows none.
pub(super) struct Table {
    /// Records in their order; blank lines are none.
    pub(super) records: Vec<csv::StringRecord>,
}

/// Reads a ledger.
///
/// # Errors
/// [`Error::Returned`] where it is no text, or holds no ledger.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<ReturnFile> {
    let text = decoded(path, bytes)?;
    for separator in [b',', b'\t', b';'] {
        let table = Table::of(path, &text, separator)?;
        if let Some(found) = ledger(path, &table)? {
            return Ok(ReturnFile {
                path: path.to_owned(),
                sha256: hash_of(bytes),
                format: ReturnFormat::Csv,
                rows: found.rows,
                notes: found.notes,
            });
        }
    }
    let first: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(SHOWN_CHARACTERS)
        .collect();
    let problem = format!(
        "has no header of the ledger; it begins with `{}`; wanted columns such as `疑似点编号 site_id` (or `简码 \
         code`) and `结果 outcome`",
        first.escape_debug()
    );
    Err(Error::returned(path, problem, HEADER_HINT))
}

fn ledger(path: &Path, table: &Table) -> Result<Option<SheetRows>> {
    let mut sheet = LedgerSheet::new("", Epoch::Of1900, Vec::new());
    for (number, record) in (0..).zip(&table.records) {
        let cells: Cells = (0..)
            .zip(record)
            .map(|(at, text)| (at, Cell::of(plain(text))))
            .filter(|(_, cell)| !cell.text.is_empty())
            .collect();
        let headed = |problem: String| Error::returned(path, problem, HEADER_HINT);
        sheet.row(number, &cells).map_err(headed)?;
    }
    Ok(sheet.finish())
}

/// A cell without the quote that keeps spreadsheets from taking it for a formula.
fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if !rest.starts_with('=') => rest,
        _ => text,
    }
}

impl Table {
    pub(super) fn of(path: &Path, text: &str, separator: u8) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| {
                Error::returned(path, format!("cannot be read as CSV ({e})"), HEADER_HINT)
            })?;
            records.push(record);
        }
        check_quotes(path, text, records.last(), records.len())?;
        Ok(Self { records })
    }
}

/// Refuses a quotation mark that nobody closed: it takes everything behind it into one cell.
pub(super) fn check_quotes(
    path: &Path,
    text: &str,
    last: Option<&csv::StringRecord>,
    rows: usize,
) -> Result<()> {
    let swallows = last.is_some_and(|last| last.iter().any(|cell| cell.contains('\n')));
    let quotes = text.bytes().filter(|b| *b == b'"').count();
    if swallows && quotes % 2 == 1 {
        let problem = format!("has a quotation mark in row {rows} that is never closed");
        let hint = "open it in a text editor, and close or remove the quotation mark";
        return Err(Error::returned(path, problem, hint));
    }
    Ok(())
}

/// The text of a file.
///
/// # Errors
/// [`Error::Returned`] where it holds bytes that no text has.
pub(super) fn decoded(path: &Path, bytes: &[u8]) -> Result<String> {
    let (text, _) = text_of(bytes);
    if text.trim().is_empty() {
        return Err(Error::returned(path, "is empty", HEADER_HINT));
    }
    if text.contains('\0') {
        let hint = "save it from Excel or WPS as CSV";
        return Err(Error::returned(
            path,
            "is no text, whatever its name says",
            hint,
        ));
    }
    // Rows are told apart in the same way wherever the file was made.
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "台账,,\r\n简码,疑似点编号 site_id,结果,核查时间,备注\r\n201202-01,,确认,2026.5.4,\"两\r\n行, 逗号\"\r\n,x,'-1,46146,'=1\r\n";

    fn rows(bytes: &[u8]) -> Vec<(String, String, String, String)> {
        let file = read(Path::new("x.csv"), bytes).unwrap();
        let text = |row: &crate::returns::Returned, name: &str| {
            row.answers
                .get(name)
                .map(|w| w.text.clone())
                .unwrap_or_default()
        };
        file.rows
            .iter()
            .map(|row| {
                (
                    row.place.clone(),
                    text(row, "outcome"),
                    text(row, "checked_at"),
                    text(row, "note"),
                )
            })
            .collect()
    }

    #[test]
    fn tables_of_any_program_are_read() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(TEXT.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let bom = [&b"\xef\xbb\xbf"[..], TEXT.as_bytes()].concat();
        let gbk = encoding_rs::GB18030.encode(TEXT).0.into_owned();
        let tabs = TEXT.replace(',', "\t").replace("行\t", "行,");
        let semicolons = TEXT.replace(',', ";").replace("行;", "行,");
        for bytes in [
            TEXT.as_bytes(),
            &utf16,
            &bom,
            &gbk,
            tabs.as_bytes(),
            semicolons.as_bytes(),
        ] {
            let rows = rows(bytes);
            assert_eq!(rows.len(), 2, "{rows:?}");
            assert_eq!(
                rows[0],
                (
                    "row 3".into(),
                    "确认".into(),
                    "2026-05-04".into(),
                    "两\n行, 逗号".into()
                )
            );
            assert_eq!(
                rows[1],
                (
                    "row 4".into(),
                    "-1".into(),
                    "2026-05-04".into(),
                    "'=1".into()
                )
            );
        }
    }

    #[test]
    fn what_is_no_ledger_is_named() {
        let refused = |bytes: &[u8]| read(Path::new("x.csv"), bytes).unwrap_err().to_string();
        assert_eq!(refused(b" \r\n"), "`x.csv` is empty");
        assert!(refused(b"a\0b").contains("is no text"));
        assert!(refused("一,二\n1,2\n".as_bytes()).contains("begins with `一,二`"));
        let open = TEXT.replace("逗号\"", "逗号");
        assert!(
            refused(open.as_bytes()).contains("never closed"),
            "{}",
            refused(open.as_bytes())
        );
        let twice = TEXT.replace("备注", "outcome");
        assert!(refused(twice.as_bytes()).contains("has the column `outcome` twice, in C2 and E2"));
        let none = TEXT.replace("结果", "结论");
        assert!(
            refused(none.as_bytes()).contains("has no column `结果 outcome` in its header, row 2")
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(Path::new("x.csv"), &bytes);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(简码|outcome|site_id|,|\"|\n|[ -~])*") {
            let _ = read(Path::new("x.csv"), text.as_bytes());
        }
    }
}
