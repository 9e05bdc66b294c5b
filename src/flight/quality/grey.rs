//! A photo in shades of grey, from 0 to 255, at the size in which it is judged.

use crate::georef::{floor_to_u32, to_f32};
use crate::pipeline::acquire::{Picture, Samples};

/// Shades of grey, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grey {
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// 0 (black) to 255 (white).
    pub(super) values: Vec<f32>,
}

impl Grey {
    /// The grey of a picture as it was read.
    pub(super) fn of(picture: &Picture) -> Self {
        let count = picture.width * picture.height;
        let scale = 255.0 / full_scale(picture);
        let values = match &picture.samples {
            Samples::U8(values) => luma(values, count, scale),
            Samples::U16(values) => luma(values, count, scale),
            // Photos are not read as floats.
            Samples::F32(_) => vec![0.0; count],
        };
        Self {
            width: picture.width,
            height: picture.height,
            values,
        }
    }

    /// The picture with a longer side of `long_side` pixels, each the mean of the area that it covers; one
    /// that is smaller stays as it is. The longer side is that of the whole photo, `whole` its rows here:
    /// what is left of a damaged photo is judged at the same scale.
    pub(super) fn reduced(self, long_side: usize, whole: usize) -> Self {
        let longest = self.width.max(whole);
        if longest <= long_side || self.values.is_empty() {
            return self;
        }
        let target = |side: usize| ((side * long_side + longest / 2) / longest).max(1);
        self.resized(target(self.width), target(self.height))
    }

    /// The mean of the areas of a grid of fewer columns and rows.
    pub(super) fn resized(&self, width: usize, height: usize) -> Self {
        let mut narrow = Vec::with_capacity(width * self.height);
        let columns = areas(self.width, width);
        for row in self.values.chunks_exact(self.width.max(1)) {
            narrow.extend(columns.iter().map(|area| {
                let inner: f32 = row
                    .get(area.first + 1..area.last)
                    .unwrap_or_default()
                    .iter()
                    .sum();
                let last = if area.last > area.first {
                    row[area.last]
                } else {
                    0.0
                };
                (row[area.first] * area.first_share + inner + last * area.last_share) * area.weight
            }));
        }
        let mut values = Vec::with_capacity(width * height);
        for area in areas(self.height, height) {
            let start = values.len();
            values.resize(start + width, 0.0);
            for at in area.first..=area.last {
                let share = match at {
                    at if at == area.first => area.first_share,
                    at if at == area.last => area.last_share,
                    _ => 1.0,
                };
                let row = &narrow[at * width..(at + 1) * width];
                for (sum, value) in values[start..].iter_mut().zip(row) {
                    *sum += value * share * area.weight;
                }
            }
        }
        Self {
            width,
            height,
            values,
        }
    }
}

/// The pixels that one pixel of a smaller picture covers.
struct Area {
    first: usize,
    last: usize,
    first_share: f32,
    last_share: f32,
    /// One over their sum.
    weight: f32,
}

/// Areas of `to` equal parts of `from` pixels, `to` at most `from`.
fn areas(from: usize, to: usize) -> Vec<Area> {
    let wide = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let step = wide(from) / wide(to.max(1));
    let narrow = |share: f64| {
        // Shares are between 0 and 1; a 2^20th of them is exact enough.
        to_f32(floor_to_u32(share * f64::from(1 << 20))) / to_f32(1 << 20)
    };
    let area = |at: usize| {
        let (start, end) = (wide(at) * step, wide(at + 1) * step);
        let first = (floor_to_u32(start) as usize).min(from - 1);
        let last = (floor_to_u32(end) as usize).min(from - 1).max(first);
        let first_share = narrow((wide(first) + 1.0).min(end) - start);
        let last_share = if last > first {
            narrow((end - wide(last)).min(1.0))
        } else {
            0.0
        };
        let inner = to_f32(u32::try_from((last - first).saturating_sub(1)).unwrap_or(0));
        Area {
            first,
            last,
            first_share,
            last_share,
            weight: 1.0 / (first_share + inner + last_share).max(f32::EPSILON),
        }
    };
    (0..to).map(area).collect()
}

/// The value that stands for white: the end of the type's range, or of the bits in use where the file says
/// how many they are. Not that of the brightest pixel, nor a percentile: a photo through the lens cap would
/// look like one of something.
fn full_scale(picture: &Picture) -> f32 {
    to_f32((1 << picture.bits.clamp(1, 16)) - 1)
}

/// Grey of one band, or of red, green and blue by the weights of ITU-R BT.601, those of JPEG.
fn luma<T: Copy + Into<f32>>(values: &[T], count: usize, scale: f32) -> Vec<f32> {
    if values.len() < 3 * count {
        return values.iter().map(|v| (*v).into() * scale).collect();
    }
    let (red, rest) = values.split_at(count);
    let (green, blue) = rest.split_at(count);
    red.iter()
        .zip(green)
        .zip(blue)
        .map(|((r, g), b)| {
            (0.299 * (*r).into() + 0.587 * (*g).into() + 0.114 * (*b).into()) * scale
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Grey {
        let value = |i: usize| to_f32(u32::try_from(i % width).unwrap());
        Grey {
            width,
            height,
            values: (0..width * height).map(value).collect(),
        }
    }

    #[test]
    fn a_smaller_picture_keeps_the_mean_and_the_slope() {
        for (width, height) in [(4, 2), (5, 3), (7, 7), (10, 8), (1, 1)] {
            let small = ramp(10, 8).resized(width, height);
            assert_eq!(small.values.len(), width * height);
            let step = 10.0 / to_f32(u32::try_from(width).unwrap());
            for (i, value) in small.values.iter().enumerate() {
                let col = to_f32(u32::try_from(i % width).unwrap());
                let mean = (col + 0.5) * step - 0.5;
                // Within a pixel cut in two its value does not rise, so the mean is off by a little.
                assert!((value - mean).abs() < 0.13, "{width} {i}: {value} {mean}");
            }
        }
    }

    #[test]
    fn values_of_16_bits_are_scaled_by_the_bits_in_use() {
        for (value, bits, white) in [(900, 12, 4095), (900, 16, 65_535), (65_535, 16, 65_535)] {
            let picture = Picture {
                full_size: (2, 1),
                width: 2,
                height: 1,
                bands: 1,
                samples: Samples::U16(vec![0, value]),
                bits,
                damage: None,
            };
            let grey = Grey::of(&picture).values[1];
            let wanted = f32::from(value) * 255.0 / to_f32(white);
            assert!((grey - wanted).abs() < 0.01, "{value} {bits}: {grey}");
        }
    }
}
