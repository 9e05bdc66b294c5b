//! Pictures for tests, made here: ground of several kinds, and what happens to it on the way.

use super::grey::Grey;
use crate::georef::to_f32;
use crate::pipeline::acquire::{Picture, Samples};

/// A picture of shades from a function of column and row.
pub(super) fn painted(width: usize, height: usize, shade: impl Fn(usize, usize) -> f32) -> Grey {
    let shades = (0..height).flat_map(|row| (0..width).map(move |col| (col, row)));
    Grey {
        width,
        height,
        values: shades.map(|(col, row)| shade(col, row)).collect(),
    }
}

fn float(value: usize) -> f32 {
    to_f32(u32::try_from(value).unwrap())
}

/// Patches of all sizes from two pixels up, as ground has them, with shades around 120.
pub(super) fn ground(width: usize, height: usize, contrast: f32) -> Grey {
    let mut sum = painted(width, height, |_, _| 120.0);
    let mut rng = fastrand::Rng::with_seed(5);
    for size in [2_usize, 5, 11, 24, 60, 150] {
        let columns = width / size + 2;
        let shades: Vec<f32> = (0..columns * (height / size + 2))
            .map(|_| (rng.f32() - 0.5) * contrast)
            .collect();
        let shift = (rng.usize(0..size), rng.usize(0..size));
        for row in 0..height {
            for col in 0..width {
                let patch = (row + shift.1) / size * columns + (col + shift.0) / size;
                sum.values[row * width + col] += shades[patch];
            }
        }
    }
    // No lens is sharper than this.
    gauss(&sum, 0.6)
}

/// A plain field: one shade with fine texture.
pub(super) fn plain_field(width: usize, height: usize) -> Grey {
    let mut rng = fastrand::Rng::with_seed(6);
    let mut field = painted(width, height, |_, _| 140.0);
    for value in &mut field.values {
        *value += (rng.f32() - 0.5) * 50.0;
    }
    gauss(&field, 0.6)
}

/// Rows of a crop, 12 pixels apart, that run askew, with gaps between plants.
pub(super) fn crop_rows(width: usize, height: usize) -> Grey {
    let mut rng = fastrand::Rng::with_seed(8);
    let gaps: Vec<f32> = (0..width * height / 16 + width)
        .map(|_| rng.f32() * 40.0)
        .collect();
    let rows = painted(width, height, |col, row| {
        let across = (col + 3 * row) % 38;
        let plant = gaps[(row / 4) * (width / 4) + col / 4];
        if across < 16 {
            90.0 + plant
        } else {
            170.0 + plant / 4.0
        }
    });
    gauss(&rows, 0.7)
}

/// A sky: from light to lighter, with the noise of a sensor.
pub(super) fn sky(width: usize, height: usize) -> Grey {
    let mut rng = fastrand::Rng::with_seed(9);
    let mut sky = painted(width, height, |_, row| {
        130.0 + 90.0 * float(row) / float(height)
    });
    for value in &mut sky.values {
        *value += rng.f32() - 0.5;
    }
    sky
}

/// Noise of a sensor, added.
pub(super) fn noisy(grey: &Grey, deviation: f32) -> Grey {
    let mut rng = fastrand::Rng::with_seed(10);
    let mut other = grey.clone();
    for value in &mut other.values {
        // The sum of twelve has a variance of one.
        let noise: f32 = (0..12).map(|_| rng.f32() - 0.5).sum();
        *value += noise * deviation;
    }
    other
}

/// Out of focus by a standard deviation of `sigma` pixels.
pub(super) fn gauss(grey: &Grey, sigma: f32) -> Grey {
    let reach = (0..100).find(|n| float(*n) >= 3.5 * sigma).unwrap();
    let bell = |at: usize| (-0.5 * (float(at) / sigma).powi(2)).exp();
    let kernel: Vec<f32> = (0..=2 * reach).map(|i| bell(i.abs_diff(reach))).collect();
    let rows = convolved(grey, &kernel, |col, row, step| {
        ((col + step).saturating_sub(reach).min(grey.width - 1), row)
    });
    convolved(&rows, &kernel, |col, row, step| {
        (col, (row + step).saturating_sub(reach).min(grey.height - 1))
    })
}

/// Moved by `length` pixels along the rows, or for `is_askew` down to the right.
pub(super) fn moved(grey: &Grey, length: usize, is_askew: bool) -> Grey {
    convolved(grey, &vec![1.0; length], |col, row, step| {
        let down = if is_askew { step } else { 0 };
        (
            (col + step).min(grey.width - 1),
            (row + down).min(grey.height - 1),
        )
    })
}

fn convolved(
    grey: &Grey,
    kernel: &[f32],
    from: impl Fn(usize, usize, usize) -> (usize, usize),
) -> Grey {
    let sum: f32 = kernel.iter().sum();
    painted(grey.width, grey.height, |col, row| {
        let weighted = kernel.iter().enumerate().map(|(step, weight)| {
            let (col, row) = from(col, row, step);
            grey.values[row * grey.width + col] * weight
        });
        weighted.sum::<f32>() / sum
    })
}

/// The picture as bytes, of `bands` bands.
pub(super) fn as_bytes(grey: &Grey, bands: usize) -> Picture {
    let byte = |v: &f32| u8::try_from(crate::georef::round_to_u16(*v).min(255)).unwrap();
    let plane: Vec<u8> = grey.values.iter().map(byte).collect();
    let samples = Samples::U8(plane.repeat(bands));
    picture(grey, bands, samples, 8)
}

/// The picture as values of 16 bits, of which `bits` are in use.
pub(super) fn as_16_bits(grey: &Grey, bits: u32) -> Picture {
    let white = to_f32((1 << bits) - 1);
    let value = |v: &f32| crate::georef::round_to_u16(v.clamp(0.0, 255.0) / 255.0 * white);
    let samples = Samples::U16(grey.values.iter().map(value).collect());
    picture(grey, 1, samples, bits)
}

fn picture(grey: &Grey, bands: usize, samples: Samples, bits: u32) -> Picture {
    let side = |n: usize| u32::try_from(n).unwrap();
    Picture {
        full_size: (side(grey.width), side(grey.height)),
        width: grey.width,
        height: grey.height,
        bands,
        samples,
        bits,
        damage: None,
    }
}
