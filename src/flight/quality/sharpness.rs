//! How wide the edges of a picture are, in four directions.
//!
//! A picture is blurred once more along a direction, by a known amount, and slopes before and after are
//! compared where they are steep. A Gaussian edge of spread σ loses the factor √(1 + σ₀²/σ²) of its slope to
//! a blur of σ₀, which gives σ: the method of Zhuo and Sim, "Defocus map estimation from a single image",
//! Pattern Recognition 44 (2011), here from the energies of all steep places together instead of edge by
//! edge. It asks how narrow what there is appears, not how much there is, so that a smooth field with fine
//! texture is sharp; and it tells movement from want of focus, since movement widens edges in one direction.

use super::grey::Grey;

/// The known blur in pixels.
const REBLUR_PX: f64 = 1.0;

/// Slopes in grey values per pixel below this are noise and the steps of 8-bit values.
const LEAST_SLOPE: f32 = 1.5;

/// The steepest share of the picture that is looked at.
const STEEPEST: f64 = 0.05;

/// Pixels to either side that a slope needs.
const REACH: usize = 4;

/// Rows that are looked at: one of so many.
const ROW_STEP: usize = 4;

/// Bins per grey value of slope, and bins.
const BINS_PER_LEVEL: f32 = 4.0;
const BINS: usize = 512;

/// Fewer steep pixels than these say nothing.
const LEAST_PIXELS: u32 = 60;

/// No blur wider than this can be told from wider ones.
const WIDEST_PX: f64 = 50.0;

/// Steps in columns and rows: along rows, down to the right, along columns, up to the right. A direction and
/// the one across it stand two apart.
const DIRECTIONS: [(isize, isize); 4] = [(1, 0), (1, 1), (0, 1), (1, -1)];

/// Spreads of edges: standard deviations of the blur in pixels of the judged picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// In the direction in which edges are narrowest.
    pub(super) narrowest_px: f64,
    /// In the direction that is widest in comparison with the one across it.
    pub(super) smeared_px: f64,
    /// How many times wider that is; 1 where only one direction of a pair has edges.
    pub(super) uneven: f64,
    /// That direction in degrees clockwise from the rows of the picture: 0, 45, 90 or 135.
    pub(super) smeared_deg: u16,
}

/// The share of pixels that lie on edges, and how wide those are where enough do (`least_edges`, a share).
pub(super) fn spread_of(grey: &Grey, least_edges: f64) -> (f64, Option<Spread>) {
    let (mut edges, mut widths) = (0.0_f64, [None; 4]);
    if grey.width.min(grey.height) > 4 * REACH {
        for (at, step) in DIRECTIONS.into_iter().enumerate() {
            let slopes = Slopes::along(grey, step);
            edges = edges.max(slopes.edge_share());
            if slopes.edge_share() >= least_edges {
                widths[at] = slopes.spread_px();
            }
        }
    }
    let narrowest = widths.iter().flatten().copied().reduce(f64::min);
    let pairs = [(0, 2), (2, 0), (1, 3), (3, 1)];
    let uneven = pairs
        .iter()
        .filter_map(|(at, across)| Some((*at, widths[*at]?, widths[*at]? / widths[*across]?)))
        .reduce(|best, next| if next.2 > best.2 { next } else { best });
    let spread = narrowest.map(|narrowest_px| {
        let (at, smeared_px, uneven) = uneven.unwrap_or((0, narrowest_px, 1.0));
        Spread {
            narrowest_px,
            smeared_px,
            uneven,
            smeared_deg: [0, 45, 90, 135][at],
        }
    });
    (edges, spread)
}

/// Slopes along one direction, by how steep they are after the known blur.
struct Slopes {
    looked_at: u32,
    counts: Vec<u32>,
    /// Sums of squares before and after the blur.
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Slopes {
    fn along(grey: &Grey, (right, down): (isize, isize)) -> Self {
        let length = if right != 0 && down != 0 {
            std::f64::consts::SQRT_2
        } else {
            1.0
        };
        let taps = taps(REBLUR_PX / length, length);
        let plain = f32_of(0.5 / length);
        let inner = grey.width - 2 * REACH;
        let mut slopes = Self {
            looked_at: 0,
            counts: vec![0; BINS],
            before: vec![0.0; BINS],
            after: vec![0.0; BINS],
        };
        let (mut fine, mut coarse) = (vec![0.0_f32; inner], vec![0.0_f32; inner]);
        for row in (REACH..grey.height - REACH).step_by(ROW_STEP) {
            let ahead = |steps: isize| {
                let row = row.saturating_add_signed(steps * down);
                let col = REACH.saturating_add_signed(steps * right);
                &grey.values[row * grey.width + col..][..inner]
            };
            let (next, last) = (ahead(1), ahead(-1));
            for (i, (next, last)) in next.iter().zip(last).enumerate() {
                let rise = next - last;
                fine[i] = rise * plain;
                coarse[i] = rise * taps[0];
            }
            for (steps, tap) in (2..).zip(&taps[1..]) {
                let pairs = ahead(steps).iter().zip(ahead(-steps));
                for (sum, (next, last)) in coarse.iter_mut().zip(pairs) {
                    *sum += (next - last) * tap;
                }
            }
            slopes.add(&fine, &coarse);
        }
        slopes
    }

    fn add(&mut self, fine: &[f32], coarse: &[f32]) {
        self.looked_at += u32::try_from(fine.len()).unwrap_or(0);
        for (before, after) in fine.iter().zip(coarse) {
            if after.abs() >= LEAST_SLOPE {
                let bin = bin_of(after.abs());
                self.counts[bin] += 1;
                self.before[bin] += f64::from(before * before);
                self.after[bin] += f64::from(after * after);
            }
        }
    }

    /// The share of pixels that are steep at all; 0 where they are too few.
    fn edge_share(&self) -> f64 {
        match self.counts.iter().sum() {
            0..LEAST_PIXELS => 0.0,
            steep => f64::from(steep) / f64::from(self.looked_at),
        }
    }

    fn spread_px(&self) -> Option<f64> {
        let wanted = STEEPEST * f64::from(self.looked_at);
        let (mut count, mut before, mut after) = (0.0, 0.0, 0.0);
        for bin in (0..BINS).rev() {
            count += f64::from(self.counts[bin]);
            before += self.before[bin];
            after += self.after[bin];
            if count >= wanted {
                break;
            }
        }
        let least = (REBLUR_PX / WIDEST_PX).powi(2);
        (after > 0.0).then(|| REBLUR_PX / (before / after - 1.0).max(least).sqrt())
    }
}

/// Weights of the differences between pixels 1 to 4 steps ahead and behind: the slope per pixel of a line
/// blurred by a Gaussian of `sigma` steps, a step being `length` pixels.
fn taps(sigma: f64, length: f64) -> [f32; REACH] {
    let bell = |at: f64| (-0.5 * (at / sigma).powi(2)).exp();
    let sum = bell(0.0) + 2.0 * (bell(1.0) + bell(2.0) + bell(3.0));
    let kernel = |at: f64| if at > 3.5 { 0.0 } else { bell(at) / sum };
    [0.0, 1.0, 2.0, 3.0].map(|at| f32_of((kernel(at) - kernel(at + 2.0)) * 0.5 / length))
}

#[expect(clippy::cast_possible_truncation, reason = "weights between 0 and 1")]
fn f32_of(weight: f64) -> f32 {
    weight as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and kept below the number of bins"
)]
fn bin_of(slope: f32) -> usize {
    ((slope * BINS_PER_LEVEL) as usize).min(BINS - 1)
}
