//! How a picture is lit.

use super::grey::Grey;

/// Up to this grey value there is no detail in the shadows. Supposed.
const DARK: usize = 12;

/// From this one on there is none in the lights. Supposed; JPEG lets white fall short of 255.
const BRIGHT: usize = 250;

/// The share at either end that contrast leaves out: dust, glints, the light that a lens cap lets in.
const TAIL: f64 = 0.02;

/// Plain figures of the grey values, which run from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tones {
    /// The share without detail in the shadows.
    pub(super) dark: f64,
    /// The share without detail in the lights.
    pub(super) bright: f64,
    /// The mean.
    pub(super) mean: f64,
    /// Grey values between all but a share at either end.
    pub(super) contrast: f64,
}

/// Bins to a grey value: a lens cap's contrast is a few values.
const BINS_PER_VALUE: usize = 4;

impl Tones {
    /// The figures of a picture that has pixels.
    pub(super) fn of(grey: &Grey) -> Self {
        let mut bins = vec![0_u32; 256 * BINS_PER_VALUE];
        for value in &grey.values {
            bins[bin_of(*value)] += 1;
        }
        let all = f64::from(bins.iter().sum::<u32>()).max(1.0);
        let share = |bins: &[u32]| bins.iter().copied().map(f64::from).sum::<f64>() / all;
        let sum: f64 = grey.values.iter().copied().map(f64::from).sum();
        let end = |mut order: Box<dyn Iterator<Item = usize> + '_>| {
            let mut passed = 0.0;
            order
                .find(|bin| {
                    passed += f64::from(bins[*bin]) / all;
                    passed > TAIL
                })
                .map_or(0.0, value_of)
        };
        let low = end(Box::new(0..bins.len()));
        let high = end(Box::new((0..bins.len()).rev()));
        Self {
            dark: share(&bins[..(DARK + 1) * BINS_PER_VALUE]),
            bright: share(&bins[BRIGHT * BINS_PER_VALUE - BINS_PER_VALUE / 2..]),
            mean: sum / all,
            contrast: high - low,
        }
    }
}

fn value_of(bin: usize) -> f64 {
    let wide = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    wide(bin) / wide(BINS_PER_VALUE)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "kept within the bins"
)]
fn bin_of(value: f32) -> usize {
    ((value * BINS_PER_VALUE as f32) as usize).min(256 * BINS_PER_VALUE - 1)
}
