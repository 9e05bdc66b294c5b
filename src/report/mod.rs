//! Reports of a campaign: figures, a workbook, a page with map and charts, the paragraph of a work
//! summary (工作总结).
//!
//! In the order of the work: `reckon/` makes [`figures`] of the tables of a campaign, with
//! [`statistics`]; [`level`] takes out what a reader may not see; [`sheets`] makes tables of them
//! ([`table`], [`words`]) and [`ledger`] the rows of places; `xlsx.rs`, `html/` and
//! [`paragraph`] write them.
//! `make.rs` leads through them.

pub mod figures;
mod html;
pub mod ledger;
pub mod level;
mod make;
pub mod paragraph;
mod reckon;
pub mod sheets;
pub mod statistics;
pub mod table;
pub mod words;
mod xlsx;

pub use figures::{Figures, ReportSettings};
pub use level::Level;
pub use make::{ReportDone, ReportJob, report};
