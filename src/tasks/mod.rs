//! Ground-check lists: which leads are visited, in which order, and the field pack in all the
//! formats that teams use.
//!
//! In the order of the work: `source.rs` reads the campaign, [`grade`] grades its sites, `select.rs`
//! says which are visited and `control.rs` draws places by lot, [`order`] gives teams and days,
//! `make.rs` makes the one list ([`pack`], [`ledger`]), [`pictures`], [`elevation`] and
//! [`map_layers`] what is shown beside it, `write/` and `sheet/` the formats, `place.rs` puts the pack
//! in its place and the tasks into the campaign.

mod control;
pub mod elevation;
#[cfg(test)]
mod fixture;
pub mod grade;
pub mod ledger;
mod make;
pub mod map_layers;
pub mod order;
pub mod pack;
pub mod pictures;
mod place;
mod readme;
mod select;
mod settings;
mod sheet;
mod source;
mod write;

pub use place::{Format, SheetChoice, TaskJob, TasksDone, tasks};
pub use select::Choice;
pub use settings::TaskSettings;
