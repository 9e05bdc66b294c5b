//! The values a scene really has, from a sample spread over it.

use super::{Raster, RasterReader, Samples, SourcePixels};
use crate::Result;
use crate::georef::Window;
use crate::model::ValueRange;

/// Windows of at most `size` columns and rows, spread evenly over a raster; about
/// `count` of them, fewer for a small raster.
#[must_use]
pub fn sample_windows(width: usize, height: usize, size: (u32, u32), count: u32) -> Vec<Window> {
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
        return Vec::new();
    };
    if width.min(height).min(size.0).min(size.1) == 0 {
        return Vec::new();
    }
    let whole = Window {
        col_off: 0,
        row_off: 0,
        width,
        height,
    };
    let mut windows: Vec<Window> = spread_windows(whole, size).take(count as usize).collect();
    windows.sort_by_key(|w| (w.row_off, w.col_off));
    windows.dedup();
    windows
}

/// Windows of at most `size` columns and rows within another, without end: however many are
/// taken, they are spread evenly. They may overlap.
pub fn spread_windows(within: Window, size: (u32, u32)) -> impl Iterator<Item = Window> {
    let (width, height) = (within.width.min(size.0), within.height.min(size.1));
    // A low-discrepancy sequence of two primes (Halton), so that no pattern of the
    // field is met again and again.
    (1..).map(move |i| Window {
        col_off: within.col_off + place(halton(i, 2), within.width - width),
        row_off: within.row_off + place(halton(i, 3), within.height - height),
        width,
        height,
    })
}

fn place(fraction: f64, span: u32) -> u32 {
    crate::georef::floor_to_u32(fraction * (f64::from(span) + 1.0)).min(span)
}

fn halton(mut index: u32, base: u32) -> f64 {
    let (mut fraction, mut result) = (1.0, 0.0);
    while index > 0 {
        fraction /= f64::from(base);
        result += fraction * f64::from(index % base);
        index /= base;
    }
    result
}

/// Columns and rows of a window of a sample: flat, since a file in strips is decoded a whole row at
/// a time. The same for all files, so that it does not matter how pixels are stored.
const SAMPLE: (u32, u32) = (256, 4);

/// Fewer valid values than this are no sample of a scene.
const ENOUGH_VALUES: usize = 20_000;

/// Edge of the windows in which a whole raster is gone through.
const WHOLE_EDGE: u32 = 512;

/// The values between which all but a share of `tail` at either end lie, over all
/// used bands together, so that colours keep their balance. `None` where the raster
/// has no valid pixel.
///
/// A sample of windows will do; where it meets hardly a valid pixel, as in the mosaic of a corridor,
/// the whole raster is gone through. What cannot be read is left out.
pub fn value_range(raster: &Raster, tail: f64) -> Result<Option<ValueRange>> {
    let reader = RasterReader::open(raster)?;
    let (width, height) = (raster.info.width, raster.info.height);
    let mut values: Vec<f32> = Vec::new();
    for window in sample_windows(width as usize, height as usize, SAMPLE, 64) {
        if let Ok(pixels) = reader.read(None, window) {
            collect_values(&pixels, 1, &mut values);
        }
    }
    if values.len() < ENOUGH_VALUES {
        values.clear();
        for row_off in (0..height).step_by(WHOLE_EDGE as usize) {
            for col_off in (0..width).step_by(WHOLE_EDGE as usize) {
                let window = Window {
                    col_off,
                    row_off,
                    width: WHOLE_EDGE.min(width - col_off),
                    height: WHOLE_EDGE.min(height - row_off),
                };
                if let Ok(pixels) = reader.read(None, window) {
                    collect_values(&pixels, 37, &mut values);
                }
            }
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    let last = f64::from(u32::try_from(values.len() - 1).unwrap_or(u32::MAX));
    let mut at = |share: f64| {
        let place = crate::georef::round_to_u32(share * last) as usize;
        *values.select_nth_unstable_by(place, f32::total_cmp).1
    };
    Ok(Some(ValueRange {
        low: at(tail),
        high: at(1.0 - tail),
    }))
}

/// Every `step`-th value of all bands that is valid and finite.
fn collect_values(pixels: &SourcePixels, step: usize, values: &mut Vec<f32>) {
    let count = pixels.width * pixels.height;
    let total = match &pixels.samples {
        Samples::U8(v) => v.len(),
        Samples::U16(v) => v.len(),
        Samples::F32(v) => v.len(),
    };
    for i in (0..total).step_by(step) {
        if pixels.valid.as_ref().is_some_and(|v| v[i % count] == 0) {
            continue;
        }
        let value = match &pixels.samples {
            Samples::U8(v) => f32::from(v[i]),
            Samples::U16(v) => f32::from(v[i]),
            Samples::F32(v) => v[i],
        };
        if value.is_finite() {
            values.push(value);
        }
    }
}
