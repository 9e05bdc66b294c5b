//! What all modules share: painted scenes, models whose answers can be worked out by
//! hand, and ways to scan one with the other.

mod county;
mod detectors;
mod models;
mod onnx;
mod photos;
mod places;
mod postgis;
mod run;
mod scenes;
mod strange;

pub(crate) use county::{LAYERS, column, county, info, model, rows, sample};
pub(crate) use detectors::{CHIP, DetectorKit, Layout};
pub(crate) use models::{ModelKit, Output};
pub(crate) use onnx::Element;
pub(crate) use photos::Pinhole;
pub(crate) use places::{pixel_sites, rectangle_file};
pub(crate) use postgis::{GUARDED, PostGis};
pub(crate) use run::{Job, Ran, files_in, json_file, tianmu};
pub(crate) use scenes::{Bands, Empty, GROUND, HEMP, POPPY, Pixels, Rect, Scene};
pub(crate) use strange::{
    save_taking, save_wanting, save_with_inner_weights_in, save_with_weights_in, weight_bytes,
};
