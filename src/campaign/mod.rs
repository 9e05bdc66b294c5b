//! The campaign: villages, layers, scenes and sites of one year and round, and what became of
//! them, in one store.

pub mod audit;
mod code;
mod facts;
pub mod matching;
pub mod tables;
pub mod villages;
pub mod vocabulary;

pub use code::{DivisionCode, is_county};
pub use facts::{CampaignFacts, SCHEMA_VERSION};
pub use vocabulary::{Lang, crop_name};
