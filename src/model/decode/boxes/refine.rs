//! Which of the YOLO layouts in rows a detector has, from the values of a trial run.

use super::grid::{cell, cells};
use super::outputs::matrix;
use super::{BoxDecoder, BoxFrame};
use crate::georef::to_f32;
use ndarray::{ArrayView2, ArrayViewD};

/// Tells `YoloV5`, `YoloV6` and `YoloX` apart; other decoders stay as they are.
///
/// YOLO v6 writes an objectness of 1 throughout. YOLOX gives offsets from its grid's cells
/// where others give centers, which lie all over the chip and near their cells.
pub(in crate::model) fn refine(
    decoder: BoxDecoder,
    outputs: &[ArrayViewD<'_, f32>],
    frame: BoxFrame,
) -> BoxDecoder {
    if !matches!(
        decoder,
        BoxDecoder::YoloV5 | BoxDecoder::YoloV6 | BoxDecoder::YoloX
    ) {
        return decoder;
    }
    let Some(rows) = matrix(outputs, 0, |rows, width| rows > 0 && width > 5) else {
        return decoder;
    };
    let (count, cells) = (u64::try_from(rows.nrows()), cells(frame));
    if count == Ok(3 * cells) {
        BoxDecoder::YoloV5
    } else if count != Ok(cells) {
        decoder
    } else if rows
        .column(4)
        .iter()
        .all(|objectness| (objectness - 1.0).abs() == 0.0)
    {
        BoxDecoder::YoloV6
    } else if are_centers(&rows, frame) {
        BoxDecoder::YoloV5
    } else {
        BoxDecoder::YoloX
    }
}

/// Whether the first two numbers of rows, one a grid cell, are centers in chip pixels.
fn are_centers(rows: &ArrayView2<'_, f32>, frame: BoxFrame) -> bool {
    let (mut across, mut down) = (Trend::default(), Trend::default());
    for (index, row) in rows.outer_iter().enumerate() {
        let Some(cell) = cell(frame, index) else {
            return false;
        };
        if row[0].is_finite() && row[1].is_finite() {
            let stride = to_f32(cell.stride);
            across.add((to_f32(cell.col) + 0.5) * stride, row[0]);
            down.add((to_f32(cell.row) + 0.5) * stride, row[1]);
        }
    }
    across.follows(frame.cols) && down.follows(frame.rows)
}

/// How a coordinate runs with that of its grid cell.
struct Trend {
    lowest: f64,
    highest: f64,
    count: f64,
    cell: f64,
    value: f64,
    cell_cell: f64,
    value_value: f64,
    cell_value: f64,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            count: 0.0,
            cell: 0.0,
            value: 0.0,
            cell_cell: 0.0,
            value_value: 0.0,
            cell_value: 0.0,
        }
    }
}

impl Trend {
    fn add(&mut self, cell: f32, value: f32) {
        let (cell, value) = (f64::from(cell), f64::from(value));
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(value);
        self.count += 1.0;
        self.cell += cell;
        self.value += value;
        self.cell_cell += cell * cell;
        self.value_value += value * value;
        self.cell_value += cell * value;
    }

    /// Whether the values span more than a quarter of the chip's `side` and their
    /// correlation with the cells is above a half. A chip of one cell cannot tell.
    fn follows(&self, side: u32) -> bool {
        let covariance = self.count * self.cell_value - self.cell * self.value;
        let cells = self.count * self.cell_cell - self.cell * self.cell;
        let values = self.count * self.value_value - self.value * self.value;
        self.highest - self.lowest > f64::from(side) / 4.0
            && covariance > 0.5 * (cells * values).max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tensor;
    use super::*;

    const FRAME: BoxFrame = BoxFrame { rows: 64, cols: 96 };

    /// One row for each cell, of an objectness and a center that `at` gives from the cell's.
    fn refined(objectness: f32, at: impl Fn(f32, f32, usize) -> [f32; 2]) -> BoxDecoder {
        let count = usize::try_from(cells(FRAME)).unwrap();
        let values: Vec<f32> = (0..count)
            .flat_map(|index| {
                let cell = cell(FRAME, index).unwrap();
                let stride = to_f32(cell.stride);
                let center = |n| (to_f32(n) + 0.5) * stride;
                let [x, y] = at(center(cell.col), center(cell.row), index);
                [x, y, 1.0, 1.0, objectness, 0.5]
            })
            .collect();
        let rows = tensor(&[1, count, 6], &values);
        refine(BoxDecoder::YoloV5, &[rows.view()], FRAME)
    }

    #[test]
    fn an_objectness_of_one_throughout_is_yolov6s() {
        assert_eq!(refined(1.0, |x, y, _| [x, y]), BoxDecoder::YoloV6);
    }

    #[test]
    fn centers_lie_near_their_cells_and_offsets_do_not() {
        let wobble = |index: usize| [0.0, 5.0, -7.0][index % 3];
        let centers = |x, y, index| [x + wobble(index), y - wobble(index)];
        assert_eq!(refined(0.5, centers), BoxDecoder::YoloV5);
        let offsets = |_, _, index| [wobble(index) / 7.0, 0.5];
        assert_eq!(refined(0.5, offsets), BoxDecoder::YoloX);
        assert_eq!(
            refined(0.5, |_, _, index| [20.0 * wobble(index); 2]),
            BoxDecoder::YoloX
        );
        assert_eq!(refined(0.5, |_, _, _| [f32::NAN; 2]), BoxDecoder::YoloX);
    }

    #[test]
    fn three_boxes_a_cell_are_yolov5s_and_other_numbers_tell_nothing() {
        let refined = |count, decoder| {
            let rows = tensor(&[1, count, 6], &vec![1.0; count * 6]);
            refine(decoder, &[rows.view()], FRAME)
        };
        let count = usize::try_from(cells(FRAME)).unwrap();
        assert_eq!(refined(3 * count, BoxDecoder::YoloX), BoxDecoder::YoloV5);
        assert_eq!(refined(count + 1, BoxDecoder::YoloX), BoxDecoder::YoloX);
        assert_eq!(refined(count, BoxDecoder::YoloV8), BoxDecoder::YoloV8);
    }
}
