//! A row while it is judged: its answers, and what was found wrong or worth a look.

use crate::campaign::vocabulary::WordList;
use crate::returns::plain::{self, trimmed};
use crate::returns::read::columns::header_of;
use crate::returns::{Fault, Returned};
use std::ops::RangeInclusive;

pub(super) struct Row<'a> {
    returned: &'a Returned,
    /// What makes the row bad.
    pub(super) faults: Vec<Fault>,
    /// What to look into.
    pub(super) flags: Vec<String>,
}

impl<'a> Row<'a> {
    pub(super) fn new(returned: &'a Returned) -> Self {
        Self {
            returned,
            faults: returned.faults.clone(),
            flags: Vec::new(),
        }
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// An answer; empty where there is none, or where its cell is at fault already.
    pub(super) fn text(&self, name: &str) -> &'a str {
        let written = self.returned.answers.get(name);
        let is_sound =
            |w: &&crate::returns::Written| !self.returned.faults.iter().any(|f| f.cell == w.cell);
        written.filter(is_sound).map_or("", |w| trimmed(&w.text))
    }

    /// The cell of an answer, or the header of its column.
    pub(super) fn cell(&self, name: &str) -> String {
        let written = self.returned.answers.get(name);
        written
            .map(|w| w.cell.clone())
            .filter(|cell| !cell.is_empty())
            .unwrap_or_else(|| header_of(name))
    }

    pub(super) fn flag(&mut self, text: &str) {
        self.flags.push(text.to_owned());
    }

    /// Notes that an answer is not what it should be.
    pub(super) fn wrong(&mut self, name: &str, wanted: &str) {
        let cell = self.cell(name);
        // The reader has said it already.
        if self.returned.faults.iter().any(|f| f.cell == cell) {
            return;
        }
        let reason = match self.text(name) {
            "" => format!("is empty, wanted {wanted}"),
            seen => format!("is `{seen}`, wanted {wanted}"),
        };
        self.faults.push(Fault { cell, reason });
    }

    /// A word of a list, by its machine name; empty where nothing was answered.
    pub(super) fn word(&mut self, name: &'static str, list: WordList) -> String {
        let text = self.text(name);
        if text.is_empty() {
            return String::new();
        }
        if let Some(word) = plain::word(list, text) {
            return word.name.to_owned();
        }
        self.wrong(name, &format!("one of {}", plain::wanted(list)));
        String::new()
    }

    /// A whole number within bounds.
    pub(super) fn whole(&mut self, name: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let number = plain::whole(text).filter(|n| bounds.contains(n));
        if number.is_none() {
            let wanted = format!(
                "a whole number from {} to {}",
                bounds.start(),
                with_commas(*bounds.end())
            );
            self.wrong(name, &wanted);
        }
        number
    }

    /// A number that fits.
    pub(super) fn real(
        &mut self,
        name: &'static str,
        wanted: &str,
        fits: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let number = plain::number(text).filter(|n| fits(*n));
        if number.is_none() {
            self.wrong(name, wanted);
        }
        number
    }
}

/// A number with commas between thousands, as people read it.
fn with_commas(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}
