//! What a survey leaves behind for people: a table, a `GeoPackage`, and a page with a map.
//!
//! All of it is made of a [`Survey`](super::survey::Survey) and its
//! [`SurveyRecord`](super::record::SurveyRecord) alone, and the same survey gives the same bytes. Paths are
//! those that [`write_atomically`](crate::pipeline::report::write_atomically) gives.

mod columns;
mod geopackage;
mod page;
mod table;
#[cfg(test)]
mod testing;
mod words;

pub use geopackage::write_geopackage;
pub use page::html;
pub use table::write_csv;
