//! Reading the pixels of a picture out of an image, in strips, so that memory is bounded
//! however large the site is.

use super::frame::Frame;
use crate::Result;
use crate::georef::{Window, floor_to_u32};
use crate::pipeline::acquire::RasterInfo;
use crate::pipeline::report::Eyes;
use geo::Coord;
use image::{Rgb, RgbImage};

/// Pixels that are read at once, but for a strip of one reduced row.
const STRIP_PX: u32 = 1 << 22;

/// A picture's pixels before anything is drawn.
pub(super) struct Sampled {
    pub(super) image: RgbImage,
    /// Whether the image holds something there, row by row.
    pub(super) valid: Vec<bool>,
    /// Raster pixels to a side of the ground that a picture pixel may show besides its own; 0
    /// where pixels are the raster's.
    pub(super) blur_px: f64,
}

/// The pixels of a frame. Fails as reading the image does.
pub(super) fn sample(eyes: &Eyes, frame: &Frame) -> Result<Sampled> {
    let mut sampled = Sampled {
        image: RgbImage::new(frame.width, frame.height),
        valid: vec![false; (frame.width * frame.height) as usize],
        blur_px: 0.0,
    };
    let info = &eyes.raster().info;
    let Some(span) = frame.raster_span(info.width, info.height) else {
        return Ok(sampled);
    };
    let source = Reduced::read(eyes, span, frame.scale)?;
    if !frame.is_exact {
        sampled.blur_px = source.step.x.max(source.step.y);
    }
    let fine = if frame.is_exact {
        1
    } else {
        floor_to_u32((frame.scale / source.step.x.min(source.step.y)).ceil()).clamp(2, 8)
    };
    let pixels = sampled.image.enumerate_pixels_mut().zip(&mut sampled.valid);
    for ((x, y, pixel), valid) in pixels {
        let mut sum = [0_u32; 3];
        let mut count = 0;
        for (i, j) in (0..fine).flat_map(|j| (0..fine).map(move |i| (i, j))) {
            let within = |n: u32, i: u32| f64::from(n) + (f64::from(i) + 0.5) / f64::from(fine);
            let place = frame.to_raster.apply(Coord {
                x: within(x, i),
                y: within(y, j),
            });
            if let Some(color) = source.at(place) {
                for (sum, value) in sum.iter_mut().zip(color.0) {
                    *sum += u32::from(value);
                }
                count += 1;
            }
        }
        *valid = count > 0;
        *pixel = mean(sum, count);
    }
    Ok(sampled)
}

/// A part of the image, its pixels joined in boxes to about the picture's.
struct Reduced {
    image: RgbImage,
    valid: Vec<bool>,
    /// Raster pixels of its upper left corner.
    origin: Coord<f64>,
    /// Raster pixels along the edges of its pixels.
    step: Coord<f64>,
}

impl Reduced {
    fn read(eyes: &Eyes, [left, top, right, bottom]: [u32; 4], scale: f64) -> Result<Self> {
        let info = &eyes.raster().info;
        let (level, size) = level_for(info, scale);
        let per = Coord {
            x: f64::from(info.width) / f64::from(size.0),
            y: f64::from(info.height) / f64::from(size.1),
        };
        let span = |from: u32, to: u32, per: f64, extent: u32| {
            let first = floor_to_u32(f64::from(from) / per).min(extent - 1);
            let end = crate::georef::ceil_to_u32(f64::from(to) / per).clamp(first + 1, extent);
            (first, end - first)
        };
        let (col_off, width) = span(left, right, per.x, size.0);
        let (row_off, height) = span(top, bottom, per.y, size.1);
        let joined = floor_to_u32(scale / per.x.max(per.y)).max(1);
        let (across, down) = (width.div_ceil(joined), height.div_ceil(joined));
        let mut reduced = Self {
            image: RgbImage::new(across, down),
            valid: vec![false; (across * down) as usize],
            origin: Coord {
                x: f64::from(col_off) * per.x,
                y: f64::from(row_off) * per.y,
            },
            step: per * f64::from(joined),
        };
        let lines = (STRIP_PX / width / joined).max(1);
        for first in (0..down).step_by(lines as usize) {
            let from = first * joined;
            let strip = Window {
                col_off,
                row_off: row_off + from,
                width,
                height: (lines * joined).min(height - from),
            };
            let seen = eyes.look(level, strip)?;
            reduced.join(first, joined, &seen.image, seen.valid.as_deref());
        }
        Ok(reduced)
    }

    /// Joins the pixels of a strip whose first reduced row is `first`.
    fn join(&mut self, first: u32, joined: u32, strip: &RgbImage, valid: Option<&[u8]>) {
        let (width, height) = strip.dimensions();
        for line in 0..height.div_ceil(joined) {
            for x in 0..self.image.width() {
                let mut sum = [0_u32; 3];
                let mut count = 0;
                for row in line * joined..((line + 1) * joined).min(height) {
                    for col in x * joined..((x + 1) * joined).min(width) {
                        if valid.is_some_and(|v| v[(row * width + col) as usize] == 0) {
                            continue;
                        }
                        for (sum, value) in sum.iter_mut().zip(strip.get_pixel(col, row).0) {
                            *sum += u32::from(value);
                        }
                        count += 1;
                    }
                }
                let y = first + line;
                self.valid[(y * self.image.width() + x) as usize] = count > 0;
                self.image.put_pixel(x, y, mean(sum, count));
            }
        }
    }

    /// The colour at raster pixels, if there is one.
    fn at(&self, place: Coord<f64>) -> Option<Rgb<u8>> {
        let x = (place.x - self.origin.x) / self.step.x;
        let y = (place.y - self.origin.y) / self.step.y;
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let (x, y) = (floor_to_u32(x), floor_to_u32(y));
        let (width, height) = self.image.dimensions();
        let is_there = x < width && y < height && self.valid[(y * width + x) as usize];
        is_there.then(|| *self.image.get_pixel(x, y))
    }
}

/// The coarsest level that is as fine as the picture, and its size.
fn level_for(info: &RasterInfo, scale: f64) -> (Option<usize>, (u32, u32)) {
    let factor = |n: u32, of: u32| f64::from(of) / f64::from(n);
    info.overviews
        .iter()
        .enumerate()
        .filter(|(_, level)| {
            level.has_mask
                && factor(level.width, info.width).max(factor(level.height, info.height)) <= scale
        })
        .min_by_key(|(_, level)| level.width)
        .map_or((None, (info.width, info.height)), |(index, level)| {
            (Some(index), (level.width, level.height))
        })
}

/// The mean of `count` colours; black of none.
fn mean(sum: [u32; 3], count: u32) -> Rgb<u8> {
    Rgb(sum.map(|s| u8::try_from((s + count / 2) / count.max(1)).unwrap_or(u8::MAX)))
}
