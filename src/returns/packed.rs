//! The whole row of a ledger as it was, kept small: of a hundred thousand rows few are ever looked at
//! again.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands between the cells of a row; no cell of a sheet holds it.
const CELL: char = '\u{1f}';

/// Stands between the column of a cell and its text.
const TEXT: char = '\u{1e}';

/// A row: the names of its columns, shared with all rows of its sheet, and the text of its cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackedRow {
    names: Arc<BTreeMap<u32, String>>,
    cells: Box<str>,
}

impl PackedRow {
    /// Packs cells, each with its column from 0.
    pub(super) fn new<'c>(
        names: &Arc<BTreeMap<u32, String>>,
        cells: impl Iterator<Item = (u32, &'c str)>,
    ) -> Self {
        let mut packed = String::new();
        for (column, text) in cells {
            packed.push_str(&column.to_string());
            packed.push(TEXT);
            packed.extend(text.chars().filter(|c| *c != CELL && *c != TEXT));
            packed.push(CELL);
        }
        Self {
            names: Arc::clone(names),
            cells: packed.into_boxed_str(),
        }
    }

    /// Whether nothing was packed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Puts the cells into a map, header to text; a name that is there already, or a column without
    /// one, gets the letters of the column.
    pub(super) fn unpack_into(&self, map: &mut Map<String, Value>) {
        for cell in self.cells.split_terminator(CELL) {
            let Some((column, text)) = cell.split_once(TEXT) else {
                continue;
            };
            let Ok(column) = column.parse() else { continue };
            let letters = letters(column);
            let name = match self.names.get(&column) {
                Some(name) if map.contains_key(name) => format!("{name} ({letters})"),
                Some(name) => name.clone(),
                None => letters,
            };
            map.insert(name, Value::from(text));
        }
    }
}

/// A column, from 0, in the letters of a spreadsheet.
pub(super) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out() {
        let names = BTreeMap::from([
            (0, "简码 code".to_owned()),
            (1, "备注".into()),
            (2, "备注".into()),
        ]);
        let cells = [(0, "201202-01"), (1, "一\n二"), (2, "三\u{1f}"), (30, "x")];
        let packed = PackedRow::new(&Arc::new(names), cells.into_iter());
        let mut map = Map::new();
        packed.unpack_into(&mut map);
        let wanted = serde_json::json!({"简码 code": "201202-01", "备注": "一\n二", "备注 (C)": "三", "AE": "x"});
        assert_eq!(Value::Object(map), wanted);
        assert!(PackedRow::default().is_empty());
    }

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        for (column, wanted) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16383, "XFD"),
        ] {
            assert_eq!(letters(column), wanted);
        }
    }
}
