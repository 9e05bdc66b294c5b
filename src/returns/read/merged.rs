//! Merged cells: where one value stands for several rows, and where nobody can say what it means.

use super::columns::Meaning;
use super::ledger::Cell;
use crate::returns::packed::letters;
use std::collections::HashMap;

/// Answers that may be said once for several rows: they are no amounts.
const MAY_SPREAD: [&str; 14] = [
    "checked_at",
    "checker",
    "unit",
    "outcome",
    "species",
    "confuser",
    "stage",
    "count_method",
    "disposal",
    "prior_handled",
    "witness",
    "evidence_no",
    "note",
    "gps_accuracy_m",
];

/// An area of merged cells, rows and columns from 0, both ends within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) first_row: u32,
    pub(super) first_column: u32,
    pub(super) last_row: u32,
    pub(super) last_column: u32,
}

impl Merge {
    fn name(&self) -> String {
        format!(
            "{}{}:{}{}",
            letters(self.first_column),
            self.first_row + 1,
            letters(self.last_column),
            self.last_row + 1
        )
    }
}

/// The merged areas of a sheet, met row by row.
pub(super) struct Merges {
    /// Those that begin at a row, and those that rows before began, by where they end.
    waiting: Vec<Merge>,
    open: Vec<Merge>,
    values: HashMap<(u32, u32), Cell>,
}

/// What a merge makes of a cell.
#[derive(Default)]
pub(super) struct Spread {
    /// The value of the first cell, for a cell below it.
    pub(super) value: Option<Cell>,
    /// Why it cannot be said what stands there.
    pub(super) fault: Option<String>,
    /// What to know of it.
    pub(super) note: Option<String>,
}

impl Merges {
    pub(super) fn new(mut merges: Vec<Merge>) -> Self {
        merges.retain(|m| (m.first_row, m.first_column) != (m.last_row, m.last_column));
        // The next one is the last.
        merges.sort_by_key(|m| std::cmp::Reverse((m.first_row, m.first_column)));
        Self {
            waiting: merges,
            open: Vec::new(),
            values: HashMap::new(),
        }
    }

    /// What merged areas say of a cell whose own content is `own`.
    pub(super) fn value(
        &mut self,
        row: u32,
        column: u32,
        own: Option<&Cell>,
        meaning: Meaning,
    ) -> Spread {
        while self.waiting.last().is_some_and(|m| m.first_row <= row) {
            self.open.extend(self.waiting.pop());
        }
        self.open.retain(|m| m.last_row >= row);
        let holds = |m: &&Merge| (m.first_column..=m.last_column).contains(&column);
        let Some(merge) = self.open.iter().find(holds).copied() else {
            return Spread::default();
        };
        let first = (merge.first_row, merge.first_column);
        if (row, column) == first
            && let Some(own) = own
        {
            self.values.insert(first, own.clone());
        }
        let value = match self.values.get(&first) {
            Some(value) if meaning != Meaning::Given && meaning != Meaning::Key => value.clone(),
            _ => return Spread::default(),
        };
        let area = merge.name();
        let is_one_column = merge.first_column == merge.last_column;
        let may_spread = matches!(meaning, Meaning::Answer(name) if MAY_SPREAD.contains(&name));
        if !is_one_column || !may_spread {
            // What the office filled in may be merged as it likes, as long as the answers are not.
            return Spread {
                fault: Some(format!(
                    "is part of the merged cells {area} with `{}`, wanted a cell of its own for each site and question",
                    value.text
                )),
                ..Spread::default()
            };
        }
        if (row, column) == first {
            return Spread::default();
        }
        Spread {
            note: Some(format!(
                "is part of the merged cells {area}, read as `{}`",
                value.text
            )),
            value: Some(value),
            ..Spread::default()
        }
    }
}
