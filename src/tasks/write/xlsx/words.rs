//! The sheet of words that the columns filled in by hand choose from. A list within a cell's rule
//! could not hold words with commas, nor more than 255 characters.

use crate::campaign::Lang;
use crate::campaign::vocabulary::{LISTS, WordList};
use crate::tasks::ledger::choices;
use rust_xlsxwriter::utility::worksheet_range_absolute;
use rust_xlsxwriter::{Formula, Worksheet, XlsxError};

/// Where each list stands.
pub(super) struct WordPlaces {
    sheet: String,
}

impl WordPlaces {
    /// The places on a sheet of this name.
    pub(super) fn on(sheet: &str) -> Self {
        Self {
            sheet: sheet.to_owned(),
        }
    }

    /// The cells of a list; `None` where there is no such list.
    pub(super) fn formula(&self, list: WordList) -> Option<Formula> {
        let (column, found) = (0..).zip(LISTS).find(|(_, l)| l.name == list.name)?;
        let last_row = u32::try_from(found.words.len()).ok()?;
        let range = worksheet_range_absolute(&self.sheet, 1, column, last_row, column);
        Some(Formula::new(format!("={range}")))
    }

    /// Writes the lists, each under its name, to a sheet that people need not see.
    pub(super) fn fill(&self, sheet: &mut Worksheet, lang: Lang) -> Result<(), XlsxError> {
        sheet.set_name(&self.sheet)?;
        sheet.set_hidden(true);
        for (column, list) in (0..).zip(LISTS) {
            sheet.write_string(0, column, list.name)?;
            for (row, word) in (1..).zip(choices(list, lang)) {
                sheet.write_string(row, column, word)?;
            }
        }
        Ok(())
    }
}
