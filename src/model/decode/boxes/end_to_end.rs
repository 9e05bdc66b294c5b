//! Rows `[batch, N, 6 …]` of models that suppress overlaps themselves, as Ultralytics
//! exports YOLO v10, YOLO26 and any model with `nms=True`.

use super::candidate::{Edges, Keep, turned};
use super::outputs::{matrix, mismatch};
use super::prototypes::Prototypes;
use super::{BoxFrame, PredictedShape, Prediction};
use crate::georef::{round_to_u32, to_f32};
use ndarray::{ArrayView1, ArrayView2, ArrayViewD, s};

/// Reads `[batch, N, 6]`: left, top, right, bottom, score, class.
pub(super) fn decode_upright(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let rows = matrix(outputs, item, |_, width| width == 6)
        .ok_or_else(|| mismatch(outputs, item, "[batch, N, 6]"))?;
    Ok(read(&rows, classes, keep, |numbers, _| {
        Edges::between(numbers).map(Edges::shape)
    }))
}

/// Reads `[batch, N, 7]`: center x, y, width, height, score, class, angle.
pub(super) fn decode_turned(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let rows = matrix(outputs, item, |_, width| width == 7)
        .ok_or_else(|| mismatch(outputs, item, "[batch, N, 7]"))?;
    Ok(read(&rows, classes, keep, |numbers, rest| {
        turned(numbers, rest[0])
    }))
}

/// Reads `[batch, N, 6 + m]`, the last `m` numbers of which make masks of prototypes.
pub(super) fn decode_masks(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    frame: BoxFrame,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let found = Prototypes::find(outputs, item, frame).and_then(|prototypes| {
        let fits = |_, width: usize| width.checked_sub(6) == Some(prototypes.count());
        Some((matrix(outputs, item, fits)?, prototypes))
    });
    let (rows, prototypes) = found.ok_or_else(|| {
        let wanted = "[batch, N, 6 + m] and prototypes [batch, m, rows, columns]";
        mismatch(outputs, item, wanted)
    })?;
    Ok(read(&rows, classes, keep, |numbers, rest| {
        prototypes.mask(rest, Edges::between(numbers)?)
    }))
}

/// Reads rows of four numbers, score, class, and what `place` makes a shape of together
/// with the four numbers. Rows that fill up a fixed number have score 0 or no class.
fn read(
    rows: &ArrayView2<'_, f32>,
    classes: usize,
    keep: &Keep<'_>,
    place: impl Fn([f32; 4], &ArrayView1<'_, f32>) -> Option<PredictedShape>,
) -> Vec<Prediction> {
    let prediction = |row: ArrayView1<'_, f32>| {
        let score = row[4];
        let class = class_index(row[5], classes)?;
        if !keep.keeps(class, score) {
            return None;
        }
        Some(Prediction {
            class,
            score,
            class_scores: Vec::new(),
            shape: place([row[0], row[1], row[2], row[3]], &row.slice(s![6..]))?,
        })
    };
    rows.outer_iter().filter_map(prediction).collect()
}

/// The class that a number stands for; none where there is no such class.
pub(super) fn class_index(value: f32, classes: usize) -> Option<usize> {
    let index = round_to_u32(f64::from(value));
    let whole = value.is_finite() && (to_f32(index) - value).abs() <= 0.5;
    let index = index as usize;
    (whole && index < classes).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, tensor};
    use super::*;

    #[test]
    fn rows_hold_edges_score_and_class() {
        let rows = [
            8.0, 16.0, 12.0, 24.0, 0.75, 0.996, //
            8.0, 16.0, 12.0, 24.0, 0.75, 2.0, // no such class
            8.0, 16.0, 12.0, 24.0, 0.75, -1.0, // nor this
            8.0, 16.0, 8.0, 24.0, 0.75, 0.0, // no area
            -3.0, 16.0, 12.0, 24.0, 0.25, 0.0, // partly outside
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, // filling
        ];
        let rows = tensor(&[1, 6, 6], &rows);
        let found = decode_upright(&[rows.view()], 0, 2, &Keep::new(&[0.25, 0.25])).unwrap();
        let expected = [(1, 0.75, 8.0), (0, 0.25, -3.0)].map(|(class, score, left)| Prediction {
            class,
            score,
            class_scores: vec![],
            shape: PredictedShape::Box {
                left,
                top: 16.0,
                right: 12.0,
                bottom: 24.0,
            },
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn turned_rows_end_with_the_angle() {
        let row = tensor(&[1, 1, 7], &[10.0, 20.0, 4.0, 8.0, 0.5, 0.0, 0.25]);
        let found = decode_turned(&[row.view()], 0, 1, &all(1)).unwrap();
        let shape = turned([10.0, 20.0, 4.0, 8.0], 0.25).unwrap();
        assert_eq!((found[0].score, &found[0].shape), (0.5, &shape));
        let problem = decode_upright(&[row.view()], 0, 1, &all(1)).unwrap_err();
        assert_eq!(problem, "outputs of shape [1, 1, 7], wanted [batch, N, 6]");
    }

    #[test]
    fn rows_with_masks_end_with_coefficients() {
        let frame = BoxFrame { rows: 4, cols: 4 };
        let prototypes = tensor(&[1, 2, 1, 1], &[1.0, 3.0]);
        let rows = tensor(&[1, 1, 8], &[1.0, 0.0, 3.0, 1.0, 0.5, 0.0, -2.0, 1.0]);
        let outputs = [prototypes.view(), rows.view()];
        let found = decode_masks(&outputs, 0, frame, 1, &all(1)).unwrap();
        let mask = PredictedShape::Mask {
            col: 1,
            row: 0,
            width: 2,
            pixels: vec![1, 1],
        };
        assert_eq!(found[0].shape, mask);
    }
}
