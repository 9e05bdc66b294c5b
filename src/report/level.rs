//! How much of a report a reader may see.

use serde::Serialize;

/// Who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The office and its teams: everything.
    #[default]
    Field,
    /// The levels above: counts of villages, coordinates blurred to cells of 0.01°; no site, no grid
    /// worker, checker or witness.
    Superior,
    /// Everybody: counts of the county; 1 to 4 are said as `<5`, others rounded to 5; no place.
    Public,
}
