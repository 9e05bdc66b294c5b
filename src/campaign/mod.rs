//! The campaign: villages, layers, scenes and sites of one year and round, and what became of
//! them, in one store.

pub mod vocabulary;

pub use vocabulary::{Lang, crop_name};
