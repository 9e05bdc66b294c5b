//! Which pixels hold an image at all.

use super::Samples;
use super::info::{MaskKind, RasterInfo, SampleType, alpha_full};
use serde::Serialize;

/// Values this close to nodata count as nodata where lossy compression of 8-bit
/// pixels has blurred it.
const LOSSY_TOLERANCE: f64 = 12.0;

/// What makes a pixel empty. All conditions apply: a file may have an alpha band
/// and a nodata value at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValidityRule {
    /// Use the mask inside or beside the file.
    pub mask: bool,
    /// Band that is a mask (counted from 1) and the least value that is opaque.
    pub alpha: Option<(usize, f32)>,
    /// Nodata by used band: a pixel is empty where all used bands have theirs.
    pub nodata: Vec<Option<f64>>,
    /// How far from nodata a value may be and still be it.
    pub tolerance: f64,
}

impl ValidityRule {
    /// The rule for a raster of which `bands` are used.
    #[must_use]
    pub fn of(info: &RasterInfo, bands: &[usize], extra_nodata: Option<f64>) -> Self {
        let own = |band: usize| {
            if info.palette.is_some() {
                return None; // compared before colours are looked up, see the reader
            }
            info.bands
                .get(band - 1)
                .and_then(|b| b.nodata.filter(|n| can_occur(*n, b.sample)))
        };
        let nodata: Vec<Option<f64>> = bands
            .iter()
            .map(|b| extra_nodata.or_else(|| own(*b)))
            .collect();
        let eight_bit = bands.iter().all(|b| {
            info.bands
                .get(b - 1)
                .is_some_and(|b| b.sample == Some(SampleType::U8))
        });
        Self {
            mask: info.masks.contains(&MaskKind::Mask),
            alpha: info
                .alpha_band
                .and_then(|b| Some((b, alpha_full(&info.bands[b - 1])? / 2.0))),
            // One band without nodata: the pixel can't be told empty.
            nodata: if nodata.iter().all(Option::is_some) {
                nodata
            } else {
                Vec::new()
            },
            tolerance: if info.is_lossy() && eight_bit {
                LOSSY_TOLERANCE
            } else {
                0.0
            },
        }
    }

    /// Whether every pixel counts without looking.
    #[must_use]
    pub fn is_all_valid(&self) -> bool {
        !self.mask && self.alpha.is_none() && self.nodata.is_empty()
    }

    /// Clears `valid` where the used bands, `[band, pixel]`, say so: all are nodata,
    /// or one is not a number.
    pub fn apply_values(&self, samples: &Samples, pixels: usize, valid: &mut [u8]) {
        if let Samples::F32(values) = samples {
            for band in values.chunks_exact(pixels) {
                for (v, value) in valid.iter_mut().zip(band) {
                    *v &= u8::from(value.is_finite());
                }
            }
        }
        if self.nodata.is_empty() || pixels == 0 {
            return;
        }
        let mut empty = vec![true; pixels];
        for (band, nodata) in self.nodata.iter().enumerate() {
            let Some(nodata) = nodata else { continue };
            let range = band * pixels..(band + 1) * pixels;
            match samples {
                Samples::U8(v) => self.mark(&v[range], *nodata, &mut empty),
                Samples::U16(v) => self.mark(&v[range], *nodata, &mut empty),
                Samples::F32(v) => mark_float(&v[range], *nodata, &mut empty),
            }
        }
        for (v, e) in valid.iter_mut().zip(empty) {
            *v &= u8::from(!e);
        }
    }

    fn mark<T: Copy + Into<f64>>(&self, values: &[T], nodata: f64, empty: &mut [bool]) {
        for (e, value) in empty.iter_mut().zip(values) {
            *e &= ((*value).into() - nodata).abs() <= self.tolerance;
        }
    }
}

/// Floats are compared as floats: a nodata of −1.797e308 is read as −∞.
fn mark_float(values: &[f32], nodata: f64, empty: &mut [bool]) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the comparison is in the type of the pixels"
    )]
    let nodata = nodata as f32;
    for (e, value) in empty.iter_mut().zip(values) {
        let same = value.to_bits() == nodata.to_bits()
            || (nodata.is_finite() && (value - nodata).abs() <= nodata.abs() * 1e-6)
            || (value.is_nan() && nodata.is_nan());
        *e &= same;
    }
}

/// A nodata value outside the pixel type's range never occurs.
fn can_occur(nodata: f64, sample: Option<SampleType>) -> bool {
    match sample {
        Some(SampleType::U8) => (0.0..=255.0).contains(&nodata),
        Some(SampleType::U16) => (0.0..=65_535.0).contains(&nodata),
        Some(SampleType::F32) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(nodata: Vec<Option<f64>>, tolerance: f64) -> ValidityRule {
        ValidityRule {
            mask: false,
            alpha: None,
            nodata,
            tolerance,
        }
    }

    #[test]
    fn a_pixel_is_empty_only_where_all_bands_are() {
        let samples = Samples::U8(vec![0, 0, 5, 0, 9, 5]);
        let mut valid = vec![1; 3];
        rule(vec![Some(0.0), Some(0.0)], 0.0).apply_values(&samples, 3, &mut valid);
        assert_eq!(valid, [0, 1, 1]);
        let mut valid = vec![1; 3];
        rule(vec![Some(0.0), Some(0.0)], 12.0).apply_values(&samples, 3, &mut valid);
        assert_eq!(valid, [0, 0, 0]);
    }

    #[test]
    fn nan_infinity_and_huge_nodata_are_empty() {
        let samples = Samples::F32(vec![f32::NAN, f32::INFINITY, -3.4e38, 1.0]);
        let mut valid = vec![1; 4];
        rule(vec![Some(-3.4e38)], 0.0).apply_values(&samples, 4, &mut valid);
        assert_eq!(valid, [0, 0, 0, 1]);
    }

    #[test]
    fn a_nodata_beyond_the_floats_leaves_real_values_alone() {
        for nodata in [-1.797e308, f64::NEG_INFINITY] {
            let samples = Samples::F32(vec![1.0, f32::NEG_INFINITY, -9999.0]);
            let mut valid = vec![1; 3];
            rule(vec![Some(nodata)], 0.0).apply_values(&samples, 3, &mut valid);
            assert_eq!(valid, [1, 0, 1]);
        }
    }
}
