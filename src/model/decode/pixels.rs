//! One item of a per-pixel output, addressed in chip pixels whatever its axis order, its
//! crop or its coarseness.

use super::super::session::OutputTensor;
use super::super::{Contract, Head, OutputGeometry};
use super::{ChipFrame, unexpected_shape};
use crate::Result;
use crate::georef::floor_to_u32;
use ndarray::{ArrayView3, Axis, Ix3};

/// The values of one item, `[channel, row, col]` of the output.
pub(super) struct ItemPixels<'a> {
    values: ArrayView3<'a, f32>,
    geometry: OutputGeometry,
}

impl<'a> ItemPixels<'a> {
    /// The item, if the output has the shape that was promised.
    pub(super) fn of(
        contract: &Contract,
        head: &Head,
        outputs: &'a [OutputTensor<'_>],
        item: usize,
        frame: ChipFrame,
    ) -> Result<Self> {
        let output = outputs.get(head.output);
        let channels = head.channels();
        let (rows, cols) = expected(head.geometry, frame);
        let fits = |o: &&'a OutputTensor<'_>| item < o.shape().first().copied().unwrap_or(0);
        output
            .filter(fits)
            .and_then(|o| {
                let one = o.index_axis(Axis(0), item);
                let values = match one.ndim() {
                    3 => one.into_dimensionality::<Ix3>().ok()?,
                    2 => one.insert_axis(Axis(0)).into_dimensionality::<Ix3>().ok()?,
                    _ => return None,
                };
                // Rows, columns, channels become channels, rows, columns.
                let values = if head.channels_last && o.ndim() == 4 {
                    values.permuted_axes([2, 0, 1])
                } else {
                    values
                };
                (values.dim() == (channels, rows, cols)).then_some(Self {
                    values,
                    geometry: head.geometry,
                })
            })
            .ok_or_else(|| {
                let shape = output.map(|o| o.shape().to_vec()).unwrap_or_default();
                let wanted = format!("[batch, {channels}, {rows}, {cols}]");
                unexpected_shape(contract, &shape, &wanted)
            })
    }

    /// The values of part of a row, `[channel, col]` into `out`: columns from `col` on at
    /// `row`, both in chip pixels.
    pub(super) fn read_row(&self, row: u32, col: u32, width: usize, out: &mut [f32]) {
        match self.geometry {
            OutputGeometry::Same => self.copy_row(row as usize, col as usize, width, out),
            OutputGeometry::Cropped { margin_px } => self.copy_row(
                row.saturating_sub(margin_px) as usize,
                col.saturating_sub(margin_px) as usize,
                width,
                out,
            ),
            OutputGeometry::Coarse { factor } => self.enlarge_row(row, col, width, factor, out),
        }
    }

    fn copy_row(&self, row: usize, col: usize, width: usize, out: &mut [f32]) {
        for (channel, line) in out.chunks_exact_mut(width).enumerate() {
            let source = self.values.index_axis(Axis(0), channel);
            let source = source.index_axis(Axis(0), row);
            match source.as_slice() {
                Some(slice) => line.copy_from_slice(&slice[col..col + width]),
                None => {
                    for (x, value) in line.iter_mut().enumerate() {
                        *value = source[col + x];
                    }
                }
            }
        }
    }

    /// Bilinear between the centers of coarse pixels, as training upsamples logits
    /// (`align_corners` false).
    fn enlarge_row(&self, row: u32, col: u32, width: usize, factor: u32, out: &mut [f32]) {
        let (_, rows, cols) = self.values.dim();
        let (above, below, down) = neighbours(row, factor, rows);
        for x in 0..width {
            let (left, right, across) =
                neighbours(col + u32::try_from(x).unwrap_or(0), factor, cols);
            for channel in 0..self.values.dim().0 {
                let at = |r: usize, c: usize| self.values[[channel, r, c]];
                let upper = at(above, left) + (at(above, right) - at(above, left)) * across;
                let lower = at(below, left) + (at(below, right) - at(below, left)) * across;
                out[channel * width + x] = upper + (lower - upper) * down;
            }
        }
    }
}

/// Rows and columns of an output for a chip.
fn expected(geometry: OutputGeometry, frame: ChipFrame) -> (usize, usize) {
    let size = |edge: u32| match geometry {
        OutputGeometry::Same => edge,
        OutputGeometry::Cropped { margin_px } => edge.saturating_sub(2 * margin_px),
        OutputGeometry::Coarse { factor } => edge / factor.max(1),
    } as usize;
    (size(frame.height), size(frame.width))
}

/// The coarse pixels on either side of a fine one's center, and the share of the second.
fn neighbours(position: u32, factor: u32, count: usize) -> (usize, usize, f32) {
    let center = (f64::from(position) + 0.5) / f64::from(factor) - 0.5;
    let last = count.saturating_sub(1);
    if center <= 0.0 {
        return (0, 0, 0.0);
    }
    let first = (floor_to_u32(center) as usize).min(last);
    #[expect(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    let share = center.fract() as f32;
    (first, (first + 1).min(last), share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn coarse_pixels_are_enlarged_between_their_centers() {
        let values = array![[[0.0, 4.0]]];
        let pixels = ItemPixels {
            values: values.view(),
            geometry: OutputGeometry::Coarse { factor: 4 },
        };
        let mut line = [0.0; 8];
        pixels.read_row(0, 0, 8, &mut line);
        assert_eq!(
            line.map(f32::to_bits),
            [0.0_f32, 0.0, 0.5, 1.5, 2.5, 3.5, 4.0, 4.0].map(f32::to_bits)
        );
    }

    #[test]
    fn a_cropped_output_begins_behind_its_margin() {
        let values = array![[[1.0, 2.0], [3.0, 4.0]]];
        let pixels = ItemPixels {
            values: values.view(),
            geometry: OutputGeometry::Cropped { margin_px: 3 },
        };
        let mut line = [0.0; 1];
        pixels.read_row(4, 4, 1, &mut line);
        assert_eq!(line.map(f32::to_bits), [4.0_f32.to_bits()]);
    }
}
