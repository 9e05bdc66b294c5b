//! Rows `[batch, N, 5 + nc]` as YOLOX exports them unless told to decode: offsets and
//! logarithms of sizes in cells of grids (`demo_postprocess` of its repository).

use super::candidate::{Edges, Keep};
use super::grid::{cell, cells};
use super::outputs::{matrix, mismatch};
use super::yolo_rows::{RowScore, read};
use super::{BoxFrame, Prediction};
use crate::georef::to_f32;
use ndarray::ArrayViewD;

/// Reads one row for each cell of the grids of stride 8, 16 and 32. Objectness and class
/// scores are probabilities already.
pub(super) fn decode(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    frame: BoxFrame,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let count = cells(frame);
    let fits = |rows: usize, width: usize| {
        u64::try_from(rows) == Ok(count) && width.checked_sub(5) == Some(classes)
    };
    let rows = matrix(outputs, item, fits)
        .ok_or_else(|| mismatch(outputs, item, &format!("[batch, {count}, 5 + {classes}]")))?;
    Ok(read(
        &rows,
        RowScore::Product,
        keep,
        |index, [x, y, width, height]| {
            let cell = cell(frame, index)?;
            let stride = to_f32(cell.stride);
            let edges = Edges::around([
                (x + to_f32(cell.col)) * stride,
                (y + to_f32(cell.row)) * stride,
                width.exp() * stride,
                height.exp() * stride,
            ])?;
            Some(edges.shape())
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::PredictedShape;
    use super::super::tests::{all, tensor};
    use super::*;

    const FRAME: BoxFrame = BoxFrame { rows: 32, cols: 64 };

    #[test]
    fn offsets_and_logarithms_are_undone_on_each_grid() {
        let mut rows = vec![0.0; 42 * 6];
        let two = 2.0_f32.ln();
        rows[9 * 6..10 * 6].copy_from_slice(&[0.5, 0.25, 0.0, two, 0.5, 0.5]);
        rows[41 * 6..].copy_from_slice(&[-0.5, 0.5, 0.0, 0.0, 1.0, 0.75]);
        let rows = tensor(&[1, 42, 6], &rows);
        let found = decode(&[rows.view()], 0, FRAME, 1, &Keep::new(&[0.25])).unwrap();
        let seen: Vec<_> = found.iter().map(|p| (p.score, p.shape.clone())).collect();
        let upright = |left, top, right, bottom| PredictedShape::Box {
            left,
            top,
            right,
            bottom,
        };
        let wanted = [
            (0.25, upright(8.0, 2.0, 16.0, 18.0)),
            (0.75, upright(0.0, 0.0, 32.0, 32.0)),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn the_number_of_rows_is_that_of_cells() {
        let rows = tensor(&[1, 41, 6], &[0.0; 41 * 6]);
        let problem = decode(&[rows.view()], 0, FRAME, 1, &all(1)).unwrap_err();
        assert_eq!(
            problem,
            "outputs of shape [1, 41, 6], wanted [batch, 42, 5 + 1]"
        );
    }

    #[test]
    fn sizes_beyond_numbers_are_left_out() {
        let mut rows = vec![0.0; 42 * 6];
        rows[..6].copy_from_slice(&[0.0, 0.0, 1e9, 0.0, 1.0, 1.0]);
        let rows = tensor(&[1, 42, 6], &rows);
        let found = decode(&[rows.view()], 0, FRAME, 1, &Keep::new(&[0.5])).unwrap();
        assert_eq!(found, []);
    }
}
