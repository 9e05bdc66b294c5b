//! Tables as text: CSV or TSV as Excel and WPS write them, in UTF-8 or GB 18030.

use crate::{Error, Result};
use encoding_rs::{Encoding, GB18030};
use std::path::Path;

/// A table with a header.
pub(super) struct TextTable {
    names: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// One row of a table.
pub(super) struct TextRow<'a> {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    names: &'a [String],
    record: &'a csv::StringRecord,
}

impl TextTable {
    /// Reads a table; tabs or semicolons separate where there is no comma in the header.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let problem = |problem: String| Error::Vector {
            path: path.to_owned(),
            problem,
            hint: "save it from Excel or WPS as CSV in UTF-8, with a header".into(),
        };
        let bytes = fs_err::read(path)?;
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(problem("is a workbook, not a CSV file".into()));
        }
        // Lines are counted by the line feeds that stand alone.
        let text = text_of(&bytes).0.replace("\r\n", "\n");
        let header = text.lines().next().unwrap_or_default();
        let separator = [b',', b'\t', b';']
            .into_iter()
            .max_by_key(|s| (header.bytes().filter(|b| b == s).count(), *s == b','))
            .unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let names = reader
            .headers()
            .map_err(|e| problem(format!("cannot be read ({e})")))?;
        let names: Vec<String> = names.iter().map(str::to_lowercase).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| problem(format!("cannot be read ({e})")))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().any(|cell| !cell.is_empty()) {
                rows.push((line, record));
            }
        }
        Ok(Self { names, rows })
    }

    /// Whether one of these names is in the header.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|n| self.names.iter().any(|own| own == n))
    }

    /// The header, for messages.
    pub(super) fn header(&self) -> String {
        self.names.join(", ")
    }

    /// The rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = TextRow<'_>> {
        self.rows.iter().map(|(line, record)| TextRow {
            line: *line,
            names: &self.names,
            record,
        })
    }
}

impl TextRow<'_> {
    /// The cell under the first of these names; empty where there is none. A quote that protected it
    /// from being a formula is taken off.
    pub(super) fn get(&self, names: &[&str]) -> &str {
        let place = names
            .iter()
            .find_map(|n| self.names.iter().position(|own| own == n));
        let cell = place.and_then(|at| self.record.get(at)).unwrap_or_default();
        cell.strip_prefix('\'').unwrap_or(cell)
    }
}

/// Text in UTF-8 or UTF-16 as a mark says, in UTF-8 without one, or else in GB 18030, which holds
/// GBK and GB 2312; and whether every character could be read.
pub(crate) fn text_of(bytes: &[u8]) -> (String, bool) {
    let (text, failed) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => encoding.decode_without_bom_handling(&bytes[length..]),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => return (text.to_owned(), true),
            Err(_) => GB18030.decode_without_bom_handling(bytes),
        },
    };
    (text.into_owned(), !failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<TextTable> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        fs_err::write(&path, bytes).unwrap();
        TextTable::read(&path)
    }

    #[test]
    fn tables_of_any_office_are_read() {
        let text = "XZQDM,名称\r\n'012345678901,石门村\r\n,\r\n990101101202,\"青,岩\"\r\n";
        let (gbk, _, _) = GB18030.encode(text);
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let bom = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
        let tabs = text.replace(',', "\t").replace("青\t岩", "青,岩");
        for bytes in [text.as_bytes(), &gbk, &utf16, &bom, tabs.as_bytes()] {
            let table = read(bytes).unwrap();
            assert!(table.has(&["xzqdm"]) && table.has(&["name", "名称"]));
            let rows: Vec<_> = table
                .rows()
                .map(|r| {
                    (
                        r.line,
                        r.get(&["xzqdm"]).to_owned(),
                        r.get(&["名称"]).to_owned(),
                    )
                })
                .collect();
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0], (2, "012345678901".into(), "石门村".into()));
            assert_eq!(rows[1].2, "青,岩");
        }
    }

    #[test]
    fn workbooks_are_named() {
        let error = read(b"PK\x03\x04....").err().unwrap().to_string();
        assert!(error.contains("is a workbook"), "{error}");
    }
}
