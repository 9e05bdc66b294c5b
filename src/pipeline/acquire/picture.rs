//! An image as a person sees it: red, green and blue, or one band in grey, in 8 bits.

use super::{AcquireOptions, Raster, SampleType, open, value_range};
use crate::Result;
use crate::model::ValueRange;
use std::path::Path;

/// Share of values cut off at either end when other values are stretched to 8 bits.
const STRETCH_TAIL: f64 = 0.02;

/// Opens an image with the bands a person sees: red, green, blue, else the first three, else
/// its one band. With it, what is stretched to 0–255 where values are not 8 bits already.
pub fn open_picture(
    path: &Path,
    options: &AcquireOptions,
) -> Result<(Raster, Option<ValueRange>)> {
    let options = AcquireOptions {
        bands: None,
        ..options.clone()
    };
    let names = ["red", "green", "blue"].map(str::to_owned);
    let raster = open(path, 3, &names, &options).or_else(|_| open(path, 1, &[], &options))?;
    let eight_bit = raster
        .info
        .bands
        .iter()
        .all(|b| b.sample == Some(SampleType::U8));
    let stretch = if eight_bit {
        None
    } else {
        value_range(&raster, STRETCH_TAIL)?
    };
    Ok((raster, stretch))
}
