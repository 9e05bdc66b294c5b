//! The tables of a report: what the workbook has on its sheets, apart from the ledger.

mod compare;
mod counts;
mod lots;
mod work;

use super::figures::Figures;
use super::table::{Heading, Sheet};
use crate::campaign::Lang;

/// The sheets of a report, in order; those for which its level has nothing are left out.
#[must_use]
pub fn sheets(figures: &Figures) -> Vec<Sheet> {
    let mut sheets = vec![counts::summary(figures)];
    sheets.extend(counts::villages(figures));
    sheets.extend(counts::towns(figures));
    sheets.push(counts::periods(figures));
    sheets.push(lots::precision(figures));
    sheets.push(lots::control(figures));
    sheets.extend(compare::targets(figures));
    sheets.extend(compare::change(figures));
    sheets.push(work::coverage(figures));
    sheets
}

/// The sheet of open work, which stands behind the ledger; none above the level `field`.
#[must_use]
pub fn open_work(figures: &Figures) -> Option<Sheet> {
    work::open(figures)
}

/// Columns of a table: Chinese, English, machine name, width.
fn headings(columns: &[(&str, &str, &str, f64)], lang: Lang) -> Vec<Heading> {
    columns
        .iter()
        .map(|(zh, en, name, width)| Heading::new(lang.pick(zh, en), name, *width))
        .collect()
}
