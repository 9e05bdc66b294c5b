//! Resampling along one axis: which source pixels make up each grid pixel.
//!
//! A triangle filter as wide as the larger of the two pixels: bilinear when the
//! image is enlarged, free of aliases when it is reduced. Weights depend on the
//! position in the whole raster only, never on the tile, so neighbouring tiles
//! agree to the last bit.

use crate::georef::{ceil_to_u32, floor_to_u32};

/// Source pixels and weights for a row of grid pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Taps {
    /// First source pixel that is needed.
    pub first: u32,
    /// The source pixel behind the last one needed.
    pub end: u32,
    /// By grid pixel: offset from `first`, and range in `weights`.
    spans: Vec<(u32, u32, u32)>,
    weights: Vec<f32>,
}

impl Taps {
    /// Taps of the grid pixels `from..to`, each `scale` source pixels wide, over
    /// `extent` source pixels.
    #[must_use]
    pub fn new(from: u32, to: u32, scale: f64, extent: u32) -> Self {
        let support = scale.max(1.0);
        let mut raw = Vec::with_capacity((to - from) as usize);
        let mut weights = Vec::new();
        let (mut first, mut end) = (u32::MAX, 0);
        for position in from..to {
            // A grid pixel that reaches beyond the raster looks at its last pixel.
            let center = ((f64::from(position) + 0.5) * scale).min(f64::from(extent) - 0.5);
            let start = ceil_to_u32(center - support - 0.5);
            let stop = floor_to_u32(center + support + 0.5).min(extent);
            let begin = weights.len();
            let mut low = None;
            for source in start..stop {
                let distance = (f64::from(source) + 0.5 - center).abs();
                let weight = 1.0 - distance / support;
                if weight > 1e-9 {
                    low.get_or_insert(source);
                    weights.push(to_f32(weight));
                }
            }
            let low = low.unwrap_or(start.min(extent - 1));
            if weights.len() == begin {
                weights.push(1.0);
            }
            balance(
                &mut weights[begin..],
                f64::from(low) + 0.5 - center,
                support,
            );
            first = first.min(low);
            end = end.max(low + u32::try_from(weights.len() - begin).unwrap_or(u32::MAX));
            raw.push((low, begin, weights.len()));
        }
        let index = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let spans = raw
            .into_iter()
            .map(|(low, a, b)| (low - first, index(a), index(b)))
            .collect();
        Self {
            first,
            end,
            spans,
            weights,
        }
    }

    /// The number of grid pixels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no grid pixel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// For grid pixel `i` of the row: offset of its first source pixel from
    /// `first`, and the weights from there on; they sum to one.
    #[must_use]
    pub fn of(&self, i: usize) -> (usize, &[f32]) {
        let (offset, a, b) = self.spans[i];
        (offset as usize, &self.weights[a as usize..b as usize])
    }
}

/// Makes weights sum to one and brings their centre of gravity to the centre of
/// the grid pixel: a triangle sampled at whole pixels is symmetric only on average,
/// and what is left would shift the picture by up to 0.06 pixels. `first` is the
/// position of the first source pixel relative to the centre.
fn balance(weights: &mut [f32], first: f64, support: f64) {
    let positions = || (0_u32..).map(|i| first + f64::from(i));
    let moment = |power: i32| -> f64 {
        weights
            .iter()
            .zip(positions())
            .map(|(w, x)| f64::from(*w) * x.powi(power))
            .sum()
    };
    let sum = moment(0);
    let mean = moment(1) / sum;
    let variance = moment(2) / sum - mean * mean;
    // At the raster's edge taps are missing on one side; there the shift is real.
    let slope = if mean.abs() < 0.1 * support && variance > 1e-6 {
        -mean / variance
    } else {
        0.0
    };
    for (weight, x) in weights
        .iter_mut()
        .zip((0_u32..).map(|i| first + f64::from(i)))
    {
        *weight = to_f32(f64::from(*weight) / sum * (1.0 + slope * (x - mean)));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a weight between 0 and 1")]
fn to_f32(weight: f64) -> f32 {
    weight as f32
}

/// Resamples one plane, `[row, col]`, of source pixels that starts at
/// (`across.first`, `down.first`), into `out`, `[row, col]`.
pub(super) fn resample_plane(
    source: &[f32],
    source_width: usize,
    across: &Taps,
    down: &Taps,
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) {
    let width = across.len();
    let source_height = source.len() / source_width;
    scratch.clear();
    scratch.resize(source_height * width, 0.0);
    for (row, line) in source
        .chunks_exact(source_width)
        .zip(scratch.chunks_exact_mut(width))
    {
        for (col, value) in line.iter_mut().enumerate() {
            let (offset, weights) = across.of(col);
            *value = weights.iter().zip(&row[offset..]).map(|(w, v)| w * v).sum();
        }
    }
    for (i, line) in out.chunks_exact_mut(width).enumerate() {
        let (offset, weights) = down.of(i);
        line.fill(0.0);
        for (weight, row) in weights
            .iter()
            .zip(scratch[offset * width..].chunks_exact(width))
        {
            for (value, v) in line.iter_mut().zip(row) {
                *value += weight * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn weights_sum_to_one_and_stay_inside(
            from in 0_u32..500, count in 1_u32..50, scale in 0.2..9.0f64, spare in 0_u32..5,
        ) {
            let extent = ceil_to_u32(f64::from(from + count) * scale) + spare;
            let taps = Taps::new(from, from + count, scale, extent);
            prop_assert!(taps.end <= extent);
            for i in 0..taps.len() {
                let (offset, weights) = taps.of(i);
                prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                prop_assert!(taps.first as usize + offset + weights.len() <= taps.end as usize);
            }
        }

        #[test]
        fn a_ramp_keeps_its_place(from in 1_u32..400, scale in 0.3..6.0f64) {
            // Away from the edges, a linear ramp is reproduced at the centre of
            // each grid pixel: no drift, whatever the tile's origin.
            let extent = ceil_to_u32(500.0 * scale);
            let taps = Taps::new(from, from + 8, scale, extent);
            let ramp: Vec<f32> = (taps.first..taps.end).map(|i| to_f32(f64::from(i) / 100.0) + 0.005).collect();
            for i in 0..taps.len() {
                let (offset, weights) = taps.of(i);
                let value: f32 = weights.iter().zip(&ramp[offset..]).map(|(w, v)| w * v).sum();
                let center = (f64::from(from) + f64::from(u32::try_from(i).unwrap()) + 0.5) * scale;
                if center > scale + 1.0 {
                    let off = f64::from(value) * 100.0 - center;
                    prop_assert!(off.abs() / scale < 1e-3, "off by {off} source pixels at scale {scale}");
                }
            }
        }
    }

    #[test]
    fn tiles_agree_on_shared_pixels() {
        let whole = Taps::new(0, 100, 3.3, 330);
        let part = Taps::new(40, 60, 3.3, 330);
        for i in 0..20 {
            let (a, wa) = whole.of(40 + i);
            let (b, wb) = part.of(i);
            assert_eq!(wa, wb);
            assert_eq!(a + whole.first as usize, b + part.first as usize);
        }
    }

    #[test]
    fn plane_of_one_value_stays_so() {
        let across = Taps::new(0, 7, 1.7, 12);
        let down = Taps::new(0, 5, 2.4, 12);
        let (w, h) = (
            (across.end - across.first) as usize,
            (down.end - down.first) as usize,
        );
        let mut out = vec![0.0; 35];
        resample_plane(
            &vec![5.0; w * h],
            w,
            &across,
            &down,
            &mut Vec::new(),
            &mut out,
        );
        assert!(out.iter().all(|v| (v - 5.0).abs() < 1e-5), "{out:?}");
    }
}
