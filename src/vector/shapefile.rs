//! The text encoding of shapefiles made in China: often GBK, and often unmarked.

use crate::{Error, Result};
use std::io::Read;
use std::path::Path;

/// As much of an attribute table as is looked at.
const SAMPLE_BYTES: u64 = 4 << 20;

/// The encoding to tell GDAL for a shapefile whose attribute table does not name
/// one; `None` leaves the choice to GDAL (there is a `.cpg`, the table names a code
/// page, or everything is ASCII). Text that is not UTF-8 is taken for GB 18030, the
/// superset of GBK: right for Chinese files, wrong for unmarked Latin-1 ones.
pub(super) fn unmarked_encoding(path: &Path) -> Option<&'static str> {
    if !is_shapefile(path) {
        return None;
    }
    let sibling = |extension: &str| {
        [extension.to_owned(), extension.to_uppercase()]
            .iter()
            .map(|e| path.with_extension(e))
            .find(|p| p.is_file())
    };
    if sibling("cpg").is_some() {
        return None;
    }
    let mut table = Vec::new();
    fs_err::File::open(sibling("dbf")?)
        .ok()?
        .take(SAMPLE_BYTES)
        .read_to_end(&mut table)
        .ok()?;
    // Byte 29 is the language driver: 0 says nothing, 0x57 "whatever Windows has".
    if !matches!(table.get(29), Some(0 | 0x57)) {
        return None;
    }
    let names = table.get(32..)?;
    // Field descriptors of 32 bytes hold binary lengths behind 11 bytes of name.
    let records_at = usize::from(u16::from_le_bytes([table[8], table[9]]));
    let records = table.get(records_at..).unwrap_or_default();
    let names = names.chunks(32).filter_map(|d| d.get(..11));
    let mut text: Vec<&[u8]> = names.take(records_at.saturating_sub(32) / 32).collect();
    text.push(records);
    if text.iter().all(|t| t.is_ascii()) {
        None
    } else if text.iter().all(|t| is_utf8(t)) {
        Some("UTF-8")
    } else {
        Some("GB18030")
    }
}

/// The shapes, or the table alone.
fn is_shapefile(path: &Path) -> bool {
    path.extension().is_some_and(|e| {
        ["shp", "dbf"]
            .iter()
            .any(|shapefile| e.eq_ignore_ascii_case(shapefile))
    })
}

/// The encoding to tell GDAL where a user names one.
pub(super) fn named_encoding(path: &Path, name: &str) -> Result<&'static str> {
    if !is_shapefile(path) {
        return Err(Error::Vector {
            path: path.to_owned(),
            problem: format!("takes no encoding, and got `{name}`"),
            hint: "leave it out: other files than shapefiles say it themselves, or are UTF-8"
                .into(),
        });
    }
    ENCODINGS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
        .map(|(_, encoding)| *encoding)
        .ok_or_else(|| {
            let known: Vec<&str> = ENCODINGS.iter().map(|(known, _)| *known).collect();
            Error::setting("encoding", name, &format!("one of {}", known.join(", ")))
        })
}

/// Encodings as people call them, and as GDAL does. GB 18030 holds all of GBK and GB 2312.
const ENCODINGS: [(&str, &str); 8] = [
    ("UTF-8", "UTF-8"),
    ("UTF8", "UTF-8"),
    ("GBK", "GB18030"),
    ("GB18030", "GB18030"),
    ("GB2312", "GB18030"),
    ("CP936", "GB18030"),
    ("BIG5", "BIG5"),
    ("ISO-8859-1", "ISO-8859-1"),
];

/// A character cut in half at the very end is no fault of the text.
fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or_else(|e| e.error_len().is_none(), |_| true)
}
