//! The campaign: villages, layers, scenes and sites of one year and round, and what became of
//! them, in one store.
//!
//! In the order of the work: `open.rs` makes, opens and changes one, [`import`] takes in what the
//! office has, `add.rs` what a scan found ([`run`]), with [`matching`] and [`villages`], [`flights`] what
//! was flown. [`tables`] says what stands where.

mod add;
mod added;
pub mod audit;
pub mod check;
mod code;
pub mod coverage;
mod earlier;
mod facts;
pub mod files;
pub mod flights;
pub mod home;
pub mod import;
mod info;
pub mod manifest;
pub mod matching;
pub mod moved;
mod open;
pub mod phenology;
#[cfg(test)]
mod phenology_tests;
pub mod purge;
mod relocate;
mod rematch;
pub mod run;
pub mod scene_photos;
pub mod site;
mod styles;
pub mod tables;
pub mod verify;
pub mod villages;
pub mod vocabulary;

pub use add::add;
pub use added::Added;
pub use code::{DivisionCode, is_county};
pub use facts::{CampaignFacts, SCHEMA_VERSION};
pub use info::{CampaignInfo, Document};
pub use open::{Campaign, Moment};
pub use rematch::{MatchReport, MatchRow, rematch};
pub use vocabulary::{Lang, crop_name};
