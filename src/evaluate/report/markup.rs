//! Pieces of the page of a benchmark: cells with its numbers, and what every page is made of.

pub(super) use crate::page::markup::{Align, Markup, Table, escape, misleads};

use super::numbers::{self, Style, interval};
use super::schema::Measured;

/// A cell with a number and its interval below.
pub(super) fn measured_cell(number: &Measured, style: Style) -> Markup {
    let mut cell = Markup::text(&style(number.value));
    if let Some(interval) = interval(number, style) {
        cell.push(&Markup::element(
            "span",
            "interval",
            &Markup::text(&interval),
        ));
    }
    cell
}

/// A cell with a whole number.
pub(super) fn count_cell(number: impl std::fmt::Display) -> Markup {
    Markup::text(&numbers::count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stands_below_its_number() {
        let recall = Measured {
            value: Some(0.5),
            low: Some(0.25),
            high: Some(0.75),
        };
        assert_eq!(
            measured_cell(&recall, numbers::share).as_str(),
            "0.500<span class=\"interval\">0.250–0.750</span>"
        );
    }
}
