//! The text encoding of shapefiles made in China: often GBK, and often unmarked.

use std::io::Read;
use std::path::Path;

/// As much of an attribute table as is looked at.
const SAMPLE_BYTES: u64 = 4 << 20;

/// The encoding to tell GDAL for a shapefile whose attribute table does not name
/// one; `None` leaves the choice to GDAL (there is a `.cpg`, the table names a code
/// page, or everything is ASCII). Text that is not UTF-8 is taken for GB 18030, the
/// superset of GBK: right for Chinese files, wrong for unmarked Latin-1 ones.
pub(super) fn unmarked_encoding(path: &Path) -> Option<&'static str> {
    if !path.extension()?.eq_ignore_ascii_case("shp") {
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

/// A character cut in half at the very end is no fault of the text.
fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or_else(|e| e.error_len().is_none(), |_| true)
}
