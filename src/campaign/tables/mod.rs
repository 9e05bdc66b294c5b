//! The tables of a campaign, the same in a GeoPackage and in PostGIS. Geometry is WGS 84; times
//! are ISO 8601 text; codes and ids are text.

mod flights;
mod layers;
mod returned;
mod work;

pub use flights::{FLIGHT_GROUND, FLIGHTS};
pub use layers::{
    BUILDINGS, DOCUMENTS, FOREST, GRID, HISTORY, LICENCES, PHENOLOGY, PREVIOUS, ROADS, TARGETS,
    TIPS, VILLAGES, WATER,
};
pub use returned::{CHECKS, FILES, PHOTOS, REJECTED, RETURNS};
pub use work::{
    AUDIT, CAMPAIGN, COVERAGE, GAPS, LINKS, REVIEWS, RUNS, SCENES, SIGHTINGS, SITES, TASKS,
};

use crate::vector::Table;

/// All tables, in the order in which a file shows them.
pub static TABLES: [&Table; 31] = [
    &SITES,
    &TASKS,
    &CHECKS,
    &PHOTOS,
    &RETURNS,
    &REJECTED,
    &FILES,
    &REVIEWS,
    &SIGHTINGS,
    &LINKS,
    &COVERAGE,
    &GAPS,
    &FLIGHTS,
    &FLIGHT_GROUND,
    &SCENES,
    &RUNS,
    &VILLAGES,
    &GRID,
    &HISTORY,
    &PREVIOUS,
    &LICENCES,
    &TARGETS,
    &TIPS,
    &PHENOLOGY,
    &BUILDINGS,
    &ROADS,
    &WATER,
    &FOREST,
    &DOCUMENTS,
    &CAMPAIGN,
    &AUDIT,
];

/// A column: machine name, kind, title, comment.
macro_rules! field {
    ($name:literal, $kind:ident, $title:literal, $comment:literal) => {
        Field {
            name: $name,
            kind: FieldKind::$kind,
            title: $title,
            comment: $comment,
        }
    };
}
pub(in crate::campaign::tables) use field;

/// The place of a column in a table; columns are named in code, so it is there.
#[must_use]
pub fn column(table: &Table, name: &str) -> usize {
    let place = table.fields.iter().position(|f| f.name == name);
    debug_assert!(place.is_some(), "table `{}` has no `{name}`", table.name);
    place.unwrap_or_default()
}
