//! `tianmu` finds suspected illicit drug-crop plots in drone and satellite
//! imagery and emits georeferenced candidate sites for verification on the ground.
//!
//! Imports go one way: `error`, `digest`, `memory`, `remote`, `lang`, `georef`, `page`, `vector`, `model`, `pipeline`,
//! `evaluate`, `elevation`, `flight`, `campaign`, `tasks`, `returns`, `chips`, `report`, `cli`; a module may use those before
//! it.

pub mod campaign;
pub mod chips;
pub mod cli;
mod digest;
pub mod elevation;
pub mod error;
pub mod evaluate;
pub mod flight;
pub mod georef;
pub mod lang;
pub mod memory;
pub mod model;
mod page;
pub mod pipeline;
mod remote;
pub mod report;
pub mod returns;
pub mod tasks;
pub mod vector;

pub use error::{Error, Result};
