//! Ground-check lists: which leads are visited, in which order, and the field pack in all the
//! formats that teams use.
//!
//! In the order of the work: `source.rs` reads the campaign, [`grade`] grades its sites, `select.rs`
//! says which are visited and `control.rs` draws places by lot, [`order`] gives teams and days,
//! `walks.rs` who
//! goes when, `make.rs` makes the one list ([`pack`], [`ledger`]), [`pictures`], [`elevation`](crate::elevation) and
//! [`map_layers`] what is shown beside it, `write/` and `sheet/` the formats, `files.rs` the files of a
//! pack; `note.rs` puts the tasks into the campaign. `place.rs` leads through them.

mod codes;
mod control;
mod files;
#[cfg(test)]
mod fixture;
pub mod grade;
mod job;
pub mod ledger;
mod make;
pub mod map_layers;
mod note;
pub mod order;
pub mod pack;
pub mod pictures;
mod place;
mod readme;
mod select;
mod settings;
mod sheet;
mod shots;
mod source;
mod walks;
mod write;

pub use job::{Format, SheetChoice, TaskJob, TasksDone};
pub use place::tasks;
pub use select::Choice;
pub use settings::TaskSettings;
pub(crate) use write::book;
pub(crate) use write::manifest::check_untouched;
