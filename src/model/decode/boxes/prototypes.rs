//! Masks as weighted sums of prototypes, as YOLACT and the segmenting YOLO models make
//! them.

use super::candidate::{Edges, all_finite};
use super::outputs::planes;
use super::{BoxFrame, PredictedShape};
use crate::georef::{ceil_to_u32, floor_to_u32, to_f32};
use ndarray::{Array2, ArrayView1, ArrayView3, ArrayViewD, Axis, s};
use std::ops::Range;

/// The prototypes of one chip.
pub(super) struct Prototypes<'a> {
    /// Values, `[prototype, row, col]`; rows and columns cover the chip.
    planes: ArrayView3<'a, f32>,
    frame: BoxFrame,
    rows: u32,
    cols: u32,
}

impl<'a> Prototypes<'a> {
    /// Finds `[batch, m, rows, columns]` among outputs.
    pub(super) fn find(
        outputs: &'a [ArrayViewD<'_, f32>],
        item: usize,
        frame: BoxFrame,
    ) -> Option<Self> {
        let planes = planes(outputs, item).filter(|planes| !planes.is_empty())?;
        let (_, rows, cols) = planes.dim();
        Some(Self {
            planes,
            frame,
            rows: u32::try_from(rows).ok()?,
            cols: u32::try_from(cols).ok()?,
        })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.planes.dim().0
    }

    /// The pixels whose centers lie in the box and for which the weighted sum, brought to
    /// the chip's size by linear interpolation, is above 0. None where there is no such
    /// pixel.
    pub(super) fn mask(
        &self,
        weights: &ArrayView1<'_, f32>,
        edges: Edges,
    ) -> Option<PredictedShape> {
        let cols = centers_between(edges.left, edges.right, self.frame.cols);
        let rows = centers_between(edges.top, edges.bottom, self.frame.rows);
        if cols.is_empty() || rows.is_empty() || !all_finite(weights) {
            return None;
        }
        let (col, row) = (cols.start, rows.start);
        let (across, used_cols) = taps(cols, self.frame.cols, self.cols);
        let (down, used_rows) = taps(rows, self.frame.rows, self.rows);

        // Only the part that the box needs is summed.
        let mut sums = Array2::<f32>::zeros((used_rows.len(), used_cols.len()));
        let used = self.planes.slice(s![.., used_rows, used_cols]);
        for (weight, plane) in weights.iter().zip(used.axis_iter(Axis(0))) {
            sums.scaled_add(*weight, &plane);
        }
        let mut pixels = Vec::with_capacity(across.len() * down.len());
        for tap in &down {
            let (upper, lower) = (sums.row(tap.first), sums.row(tap.second));
            let line = &upper * (1.0 - tap.share) + &lower * tap.share;
            pixels.extend(across.iter().map(|tap| {
                let sum = line[tap.first] * (1.0 - tap.share) + line[tap.second] * tap.share;
                u8::from(sum > 0.0)
            }));
        }
        pixels.contains(&1).then(|| PredictedShape::Mask {
            col,
            row,
            width: u32::try_from(across.len()).unwrap_or(u32::MAX),
            pixels,
        })
    }
}

/// The pixels of an axis of `size` whose centers lie from `start` on and before `end`.
fn centers_between(start: f32, end: f32, size: u32) -> Range<u32> {
    let first_from = |edge: f32| ceil_to_u32(f64::from(edge) - 0.5).min(size);
    first_from(start)..first_from(end)
}

/// The two prototype pixels that a chip pixel lies between, counted from the first used,
/// and the share of the second.
struct Tap {
    first: usize,
    second: usize,
    share: f32,
}

/// Where the centers of `pixels`, of an axis of `chip` pixels, lie on an axis of
/// `prototype` pixels over the same ground; outside the outermost centers the outermost
/// pixel holds. Also gives the prototype pixels that are used.
fn taps(pixels: Range<u32>, chip: u32, prototype: u32) -> (Vec<Tap>, Range<usize>) {
    let scale = to_f32(prototype) / to_f32(chip);
    let last = prototype - 1;
    let between: Vec<(u32, u32, f32)> = pixels
        .map(|pixel| {
            let at = ((to_f32(pixel) + 0.5) * scale - 0.5).max(0.0);
            let first = floor_to_u32(f64::from(at)).min(last);
            (first, (first + 1).min(last), at - to_f32(first))
        })
        .collect();
    let start = between.first().map_or(0, |tap| tap.0);
    let end = between.last().map_or(0, |tap| tap.1 + 1);
    let taps = between
        .into_iter()
        .map(|(first, second, share)| Tap {
            first: (first - start) as usize,
            second: (second - start) as usize,
            share,
        })
        .collect();
    (taps, start as usize..end as usize)
}

#[cfg(test)]
mod tests {
    use super::super::tests::tensor;
    use super::*;

    /// A prototype of 2 columns and 1 row over a chip of 8 columns and 2 rows.
    fn mask(planes: [f32; 2], edges: [f32; 4]) -> Option<PredictedShape> {
        let frame = BoxFrame { rows: 2, cols: 8 };
        let planes = tensor(&[1, 1, 1, 2], &planes);
        let outputs = [planes.view()];
        let prototypes = Prototypes::find(&outputs, 0, frame).unwrap();
        let weight = tensor(&[1], &[2.0]);
        let weight = weight.view().into_dimensionality().unwrap();
        prototypes.mask(&weight, Edges::between(edges).unwrap())
    }

    #[test]
    fn sums_are_interpolated_before_they_are_cut() {
        // Centers at 1/4 of the scale: shares of the second are 0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1.
        // −1 + share · 4 is above 0 where the share is above 1/4.
        let seen = mask([-1.0, 3.0], [-5.0, 0.0, 20.0, 1.0]);
        let wanted = PredictedShape::Mask {
            col: 0,
            row: 0,
            width: 8,
            pixels: vec![0, 0, 0, 1, 1, 1, 1, 1],
        };
        assert_eq!(seen, Some(wanted));
    }

    #[test]
    fn masks_are_cut_at_the_box() {
        let seen = mask([-1.0, 3.0], [2.5, 0.6, 4.5, 2.0]);
        let wanted = PredictedShape::Mask {
            col: 2,
            row: 1,
            width: 2,
            pixels: vec![0, 1],
        };
        assert_eq!(seen, Some(wanted));
    }

    #[test]
    fn masks_without_a_pixel_are_none() {
        assert_eq!(mask([-1.0, 3.0], [0.0, 0.0, 3.0, 2.0]), None);
        assert_eq!(mask([1.0, 1.0], [9.0, 0.0, 12.0, 2.0]), None);
        assert_eq!(mask([1.0, 1.0], [2.6, 0.0, 3.4, 2.0]), None);
        assert_eq!(mask([f32::NAN, f32::NAN], [0.0, 0.0, 8.0, 2.0]), None);
    }
}
