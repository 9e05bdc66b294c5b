//! Stage 2 of 6: chip. Takes a raster and what the model wants, gives the model
//! grid, its tiles, and for each tile the pixels as the model's input.
//!
//! The *model grid* covers the raster with pixels of the model's ground sample
//! distance; its outer corner is the raster's. A [`Tile`] is a rectangle of that
//! grid: what is read (`window`) and what it answers for (`core`).

mod aoi;
mod grid;
mod read;
mod resample;

pub use aoi::{AoiMask, Cover};
pub use grid::{EdgePolicy, ModelGrid, Tile, TileShape, Tiling};
pub use read::{ChipReader, ChipValidity, InputSpec, overview_for};
pub use resample::Taps;
