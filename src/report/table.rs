//! Tables as people read them, the same in the workbook and on the page.

use super::figures::Count;
use crate::vector::Value;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing: not known, or not published.
    Empty,
    /// Text.
    Text(String),
    /// A count.
    Count(Count),
    /// A number, and how many decimals are shown.
    Number(f64, usize),
    /// A share from 0 to 1, shown as percent.
    Share(f64),
}

impl Cell {
    /// Text; nothing for nothing.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// A number that may be missing.
    #[must_use]
    pub fn maybe(number: Option<f64>, decimals: usize) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(number, decimals))
    }

    /// A share that may be missing.
    #[must_use]
    pub fn share(share: Option<f64>) -> Self {
        share.map_or(Self::Empty, Self::Share)
    }

    /// As people read it.
    #[must_use]
    pub fn say(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.say(),
            Self::Number(number, decimals) => format!("{number:.decimals$}"),
            Self::Share(share) => format!("{:.1}%", share * 100.0),
        }
    }

    /// As a workbook holds it: numbers in full.
    #[must_use]
    pub fn value(&self) -> Value<'static> {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => text.clone().into(),
            Self::Count(count) => count.value().map_or_else(
                || count.say().into(),
                |number| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
            ),
            Self::Number(number, _) | Self::Share(number) => Value::Real(*number),
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    /// As people read it.
    pub text: String,
    /// The machine name, as in `report.json`.
    pub name: String,
    /// Width in characters.
    pub width: f64,
}

impl Heading {
    /// A column.
    #[must_use]
    pub fn new(text: &str, name: &str, width: f64) -> Self {
        Self {
            text: text.to_owned(),
            name: name.to_owned(),
            width,
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Heading>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What to know of it, a line each.
    pub notes: Vec<String>,
}

/// Tables that stand on one sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: &'static str,
    /// Its tables, one below the other.
    pub tables: Vec<Table>,
}
