//! The columns of the ledger (台账), once for every format: fixed Chinese header, machine name,
//! value. The last ones are empty and filled in the field.

mod columns;

#[cfg(test)]
mod tests;

pub use columns::COLUMNS;

use super::pack::{FieldPack, FieldTask, Listing, PackFacts, TaskKind};
use crate::campaign::Lang;
use crate::campaign::vocabulary::{Word, WordList};
use crate::vector::{FieldKind, Value};

/// One column.
pub struct Column {
    /// The machine name, never changed.
    pub name: &'static str,
    /// The header in Chinese.
    pub zh: &'static str,
    /// The header in English.
    pub en: &'static str,
    /// What it holds. Codes and ids are text, never numbers.
    pub kind: FieldKind,
    /// Width in characters of a table that people read.
    pub width: f64,
    /// How it comes to its value.
    pub source: Source,
}

/// Where the value of a column comes from.
#[derive(Clone, Copy)]
pub enum Source {
    /// From the task.
    Task(for<'a> fn(&'a FieldTask, &'a PackFacts) -> Value<'a>),
    /// The place of the task's picture, which tables show as a picture where they can.
    Picture,
    /// Filled in the field; one of a list of words where there is one.
    Blank(Option<WordList>),
}

impl Column {
    /// The header in a language.
    #[must_use]
    pub fn header(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }

    /// The value for a task; nothing for what is filled in the field.
    #[must_use]
    pub fn value<'a>(&self, task: &'a FieldTask, facts: &'a PackFacts) -> Value<'a> {
        match self.source {
            Source::Task(value) => value(task, facts),
            Source::Picture => task
                .close_up
                .as_ref()
                .map_or("".into(), |p| p.name.as_str().into()),
            Source::Blank(_) => Value::Null,
        }
    }

    /// Whether a person fills it in the field.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self.source, Source::Blank(_))
    }
}

/// The village list of a task in words: which of the lists it stands in.
#[must_use]
pub fn listing_text(task: &FieldTask, lang: Lang) -> &'static str {
    match (task.listing, task.kind) {
        (_, TaskKind::ControlRandom) => lang.pick("随机抽查点", "spot check drawn by lot"),
        (_, TaskKind::ControlLow) => lang.pick("低等级抽查", "low grade drawn by lot"),
        (Listing::LegalCrop, _) => {
            lang.pick("许可范围内（legal_crop?）", "licensed ground (legal_crop?)")
        }
        (Listing::NearBorder, _) => lang.pick("临界点，须两地会核", "near a border: both units"),
        _ => lang.pick("疑似点", "lead"),
    }
}

/// Values that every filled-in column of a word list takes, as people choose them.
#[must_use]
pub fn choices(list: WordList, lang: Lang) -> Vec<&'static str> {
    list.words
        .iter()
        .map(|word: &Word| word.say(lang))
        .collect()
}

/// A filled row in the order of [`COLUMNS`].
#[must_use]
pub fn row<'a>(task: &'a FieldTask, pack: &'a FieldPack) -> Vec<Value<'a>> {
    COLUMNS.iter().map(|c| c.value(task, &pack.facts)).collect()
}
