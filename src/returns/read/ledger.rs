//! Sheets of cells → rows that came back: the header is found by the names of its columns, wherever
//! it stands, and each row below it is taken as it was written.

use super::attached;
use super::columns::{Meaning, meaning};
use super::merged::{Merge, Merges};
use crate::returns::dates::{self, Epoch};
use crate::returns::packed::{PackedRow, letters};
use crate::returns::plain::{fold, number, trimmed};
use crate::returns::{Fault, Photo, ReturnFile, Returned, Written};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The header stands within so many rows that hold anything.
const HEADER_WITHIN: usize = 50;

/// So many columns of ours make a row the header.
const HEADER_COLUMNS: usize = 3;

/// Words of a row of sums.
const TOTALS: [&str; 7] = ["合计", "总计", "小计", "共计", "total", "totals", "sum"];

/// A cell as the file has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    /// Its text, without blanks at the ends.
    pub(super) text: String,
    /// The number, where the file has a number rather than a text.
    pub(super) number: Option<f64>,
    /// The formula whose last result this is.
    pub(super) is_formula: bool,
    /// Why there is no value, where there should be one.
    pub(super) fault: Option<String>,
}

impl Cell {
    /// A cell of text.
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: trimmed(text).to_owned(),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.fault.is_none()
    }
}

/// Cells of one row by their column, from 0.
pub(super) type Cells = Vec<(u32, Cell)>;

/// Reads one sheet, row by row, downwards.
pub(super) struct LedgerSheet {
    /// Name of the sheet; empty in a file that has none.
    name: String,
    epoch: Epoch,
    merges: Merges,
    header: Option<Header>,
    rows_seen: usize,
    rows: Vec<Returned>,
    notes: Vec<String>,
    /// Columns that hold something and are not read.
    unread: BTreeSet<u32>,
}

struct Header {
    columns: BTreeMap<u32, Meaning>,
    texts: Arc<BTreeMap<u32, String>>,
}

/// What a sheet gave.
#[derive(Debug, Default)]
pub(super) struct SheetRows {
    pub(super) rows: Vec<Returned>,
    pub(super) notes: Vec<String>,
}

impl LedgerSheet {
    pub(super) fn new(name: &str, epoch: Epoch, merges: Vec<Merge>) -> Self {
        Self {
            name: name.to_owned(),
            epoch,
            merges: Merges::new(merges),
            header: None,
            rows_seen: 0,
            rows: Vec::new(),
            notes: Vec::new(),
            unread: BTreeSet::new(),
        }
    }

    /// Takes a row, numbered from 0.
    ///
    /// # Errors
    /// What is wrong with the header, in words.
    pub(super) fn row(&mut self, number: u32, cells: &Cells) -> Result<(), String> {
        if self.header.is_some() {
            self.answers(number, cells);
            return Ok(());
        }
        if self.rows_seen < HEADER_WITHIN && cells.iter().any(|(_, c)| !c.is_empty()) {
            self.rows_seen += 1;
            self.header = self.header_in(number, cells)?;
        }
        Ok(())
    }

    /// The rows, or `None` where there is no header of ours.
    pub(super) fn finish(mut self) -> Option<SheetRows> {
        let header = self.header?;
        for column in self.unread {
            let letters = letters(column);
            let text = match header.texts.get(&column) {
                Some(text) => {
                    format!("column {letters} (`{text}`) is none of the ledger's and was not read")
                }
                None => format!("column {letters} has no header and was not read"),
            };
            self.notes.push(placed(&self.name, &text));
        }
        Some(SheetRows {
            rows: self.rows,
            notes: self.notes,
        })
    }

    fn header_in(&self, number: u32, cells: &Cells) -> Result<Option<Header>, String> {
        let mut columns = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for (at, cell) in cells {
            if cell.text.is_empty() {
                continue;
            }
            let text: Vec<&str> = cell.text.split_whitespace().collect();
            texts.insert(*at, text.join(" "));
            if let Some(meaning) = meaning(&cell.text) {
                columns.insert(*at, meaning);
            }
        }
        let place_of = |wanted: Meaning| {
            let mut found = columns.iter().filter(move |(_, m)| **m == wanted);
            (
                found.next().map(|(at, _)| *at),
                found.next().map(|(at, _)| *at),
            )
        };
        let names_sites = ["site_id", "code"]
            .iter()
            .any(|name| place_of(Meaning::Answer(name)).0.is_some());
        if !names_sites || columns.len() < HEADER_COLUMNS {
            return Ok(None);
        }
        let row = number + 1;
        for meaning in columns.values() {
            if let (Meaning::Answer(name), (Some(one), Some(other))) = (meaning, place_of(*meaning))
            {
                let (one, other) = (letters(one), letters(other));
                let problem =
                    format!("has the column `{name}` twice, in {one}{row} and {other}{row}");
                return Err(placed(&self.name, &problem));
            }
        }
        if place_of(Meaning::Answer("outcome")).0.is_none() {
            let seen: Vec<&str> = texts.values().map(String::as_str).collect();
            let problem = format!(
                "has no column `结果 outcome` in its header, row {row}, which reads {}",
                seen.join(" | ")
            );
            return Err(placed(&self.name, &problem));
        }
        Ok(Some(Header {
            columns,
            texts: Arc::new(texts),
        }))
    }

    fn answers(&mut self, number: u32, cells: &Cells) {
        let Some(header) = &self.header else { return };
        let by_column: BTreeMap<u32, &Cell> = cells.iter().map(|(at, cell)| (*at, cell)).collect();
        let mut row = Returned {
            place: match self.name.as_str() {
                "" => format!("row {}", number + 1),
                name => format!("{name}!{}", number + 1),
            },
            ..Returned::default()
        };
        let mut has_own_answer = false;
        for (&at, &meaning) in &header.columns {
            let here = format!("{}{}", letters(at), number + 1);
            let own = by_column.get(&at).copied().filter(|cell| !cell.is_empty());
            let spread = self.merges.value(number, at, own, meaning);
            row.faults.extend(spread.fault.map(|reason| Fault {
                cell: here.clone(),
                reason,
            }));
            row.notes
                .extend(spread.note.map(|note| format!("{here} {note}")));
            let is_own = spread.value.is_none();
            let Some(cell) = spread.value.as_ref().or(own) else {
                continue;
            };
            let names_site = matches!(meaning, Meaning::Answer("site_id" | "code"));
            has_own_answer |=
                is_own && !names_site && !matches!(meaning, Meaning::Given | Meaning::Key);
            // A row for which only the outcome was said for several is answered, too.
            has_own_answer |= meaning == Meaning::Answer("outcome");
            take(&mut row, meaning, cell, here, self.epoch);
        }
        let has_fault = !row.faults.is_empty();
        if row.answers.is_empty() && row.photos.is_empty() && !has_fault {
            self.note_unread(cells);
            return;
        }
        if is_repeated_header(&row) {
            return;
        }
        if is_total(header, cells, &row) {
            self.notes
                .push(format!("{}: a row of sums was not read", row.place));
            return;
        }
        if has_own_answer || has_fault {
            let filled = cells.iter().filter(|(_, cell)| !cell.is_empty());
            row.packed = PackedRow::new(
                &header.texts,
                filled.map(|(at, cell)| (*at, cell.text.as_str())),
            );
            name_cells(&mut row, header, number);
        } else {
            row.answers
                .retain(|name, _| matches!(*name, "site_id" | "code"));
            row.notes.clear();
        }
        self.rows.push(row);
        self.note_unread(cells);
    }

    fn note_unread(&mut self, cells: &Cells) {
        let Some(header) = &self.header else { return };
        for (at, cell) in cells {
            if !header.columns.contains_key(at) && !cell.is_empty() {
                self.unread.insert(*at);
            }
        }
    }
}

/// Endings of pictures.
const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "heic", "webp", "tif"];

/// Finds the photos that the rows of a ledger name: beside it and below its folder, or pictures by
/// their whole path, as our list of bad rows has them.
pub(super) fn find_photos(file: &mut ReturnFile) {
    let folder = attached::folder_of(&file.path);
    for photo in file.rows.iter_mut().flat_map(|row| &mut row.photos) {
        let whole = Path::new(&photo.name);
        let extension = whole.extension().unwrap_or_default();
        let is_picture = PICTURES.iter().any(|e| extension.eq_ignore_ascii_case(e));
        *photo = if whole.is_absolute() && is_picture && whole.is_file() {
            Photo {
                path: Some(whole.to_owned()),
                ..photo.clone()
            }
        } else {
            attached::below(&folder, &photo.kind, &photo.name)
        };
    }
}

/// Puts a cell where it belongs in its row.
fn take(row: &mut Returned, meaning: Meaning, cell: &Cell, here: String, epoch: Epoch) {
    let is_read = meaning != Meaning::Given;
    if let (true, Some(fault)) = (is_read, &cell.fault) {
        row.faults.push(Fault {
            cell: here.clone(),
            reason: fault.clone(),
        });
    }
    if cell.text.is_empty() {
        return;
    }
    if is_read && cell.is_formula && cell.fault.is_none() {
        row.notes
            .push(format!("{here} is a formula, read as `{}`", cell.text));
    }
    match meaning {
        Meaning::Answer(name) => {
            let text = if name == "checked_at" {
                let (text, note) = day(cell, epoch);
                row.notes.extend(note.map(|note| format!("{here} {note}")));
                text
            } else {
                cell.text.clone()
            };
            row.answers.insert(name, Written { text, cell: here });
        }
        Meaning::Key => row.key.clone_from(&cell.text),
        Meaning::Photo(kind) => {
            for name in cell
                .text
                .split(['|', '\n'])
                .map(trimmed)
                .filter(|n| !n.is_empty())
            {
                row.photos.push(Photo {
                    kind: kind.to_owned(),
                    name: name.to_owned(),
                    path: None,
                    taken_at: String::new(),
                });
            }
        }
        Meaning::Given => {}
    }
}

/// A day as ISO 8601 where it is one, as written otherwise; and what to know of it.
fn day(cell: &Cell, epoch: Epoch) -> (String, Option<String>) {
    if let Some(moment) = dates::read(&cell.text) {
        return (moment.iso(), None);
    }
    let serial = cell.number.or_else(|| number(&cell.text));
    match serial.and_then(|serial| dates::of_serial(serial, epoch)) {
        Some(moment) => {
            let iso = moment.iso();
            let note = format!("is the number `{}`, read as the day {iso}", cell.text);
            (iso, Some(note))
        }
        None => (cell.text.clone(), None),
    }
}

/// A header that was put in once more, as on each page of a print.
fn is_repeated_header(row: &Returned) -> bool {
    ["site_id", "code", "outcome"].iter().any(|name| {
        let cell = row.answers.get(name);
        cell.is_some_and(|written| meaning(&written.text) == Some(Meaning::Answer(name)))
    })
}

/// A row of sums names no site, and says what it is in a cell of the office.
fn is_total(header: &Header, cells: &Cells, row: &Returned) -> bool {
    let is_word = |text: &str| {
        let folded = fold(text).replace(' ', "");
        TOTALS.contains(&folded.trim_end_matches([':', '.']))
    };
    let names_site = ["site_id", "code"]
        .iter()
        .filter_map(|name| row.answers.get(name))
        .any(|written| !is_word(&written.text));
    !names_site
        && cells.iter().any(|(at, cell)| {
            let of_office = match header.columns.get(at) {
                Some(Meaning::Answer(name)) => matches!(*name, "site_id" | "code"),
                Some(Meaning::Given) | None => true,
                Some(_) => false,
            };
            of_office && is_word(&cell.text)
        })
}

/// Answers whose cell a message may have to name though nothing stands in it.
const NAMED: [&str; 8] = [
    "site_id",
    "outcome",
    "count_method",
    "quadrat_n",
    "quadrat_m2",
    "quadrat_counts",
    "area_m2",
    "lat",
];

fn name_cells(row: &mut Returned, header: &Header, number: u32) {
    for (at, meaning) in &header.columns {
        if let Meaning::Answer(name) = meaning
            && NAMED.contains(name)
        {
            row.answers.entry(name).or_insert_with(|| Written {
                text: String::new(),
                cell: format!("{}{}", letters(*at), number + 1),
            });
        }
    }
}

fn placed(sheet: &str, text: &str) -> String {
    if sheet.is_empty() {
        text.to_owned()
    } else {
        format!("sheet `{sheet}`: {text}")
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
