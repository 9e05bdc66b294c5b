//! Candidates in columns `[batch, 4 + nc + …, N]`, as Ultralytics exports YOLO v8 and its
//! successors: upright boxes, turned boxes, and boxes with masks.

use super::candidate::{Edges, Keep, turned};
use super::outputs::{matrix, mismatch};
use super::prototypes::Prototypes;
use super::{BoxFrame, PredictedShape, Prediction};
use ndarray::{Array1, ArrayView1, ArrayView2, ArrayViewD, Zip, s};

/// Reads `[batch, 4 + nc, N]`.
pub(super) fn decode_upright(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let columns = columns(outputs, item, classes.saturating_add(4))
        .ok_or_else(|| mismatch(outputs, item, &format!("[batch, 4 + {classes}, N]")))?;
    Ok(read(&columns, classes, keep, |numbers, _| {
        Edges::around(numbers).map(Edges::shape)
    }))
}

/// Reads `[batch, 4 + nc + 1, N]`, the last row of which holds angles.
pub(super) fn decode_turned(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let columns = columns(outputs, item, classes.saturating_add(5))
        .ok_or_else(|| mismatch(outputs, item, &format!("[batch, 4 + {classes} + 1, N]")))?;
    Ok(read(&columns, classes, keep, |numbers, rest| {
        turned(numbers, rest[0])
    }))
}

/// Reads `[batch, 4 + nc + m, N]`, the last `m` rows of which make masks of prototypes.
pub(super) fn decode_masks(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    frame: BoxFrame,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let found = Prototypes::find(outputs, item, frame).and_then(|prototypes| {
        let height = classes.checked_add(4)?.checked_add(prototypes.count())?;
        Some((columns(outputs, item, height)?, prototypes))
    });
    let (columns, prototypes) = found.ok_or_else(|| {
        let wanted =
            format!("[batch, 4 + {classes} + m, N] and prototypes [batch, m, rows, columns]");
        mismatch(outputs, item, &wanted)
    })?;
    Ok(read(&columns, classes, keep, |numbers, rest| {
        prototypes.mask(rest, Edges::around(numbers)?)
    }))
}

/// The candidates of one item in columns of `height`; an output with candidates in rows is
/// turned over where only that fits.
fn columns<'a>(
    outputs: &'a [ArrayViewD<'_, f32>],
    item: usize,
    height: usize,
) -> Option<ArrayView2<'a, f32>> {
    matrix(outputs, item, |rows, _| rows == height).or_else(|| {
        let rows = matrix(outputs, item, |_, width| width == height)?;
        Some(rows.reversed_axes())
    })
}

/// Reads columns of four numbers, class scores, and what `place` makes a shape of together
/// with the four numbers.
fn read(
    columns: &ArrayView2<'_, f32>,
    classes: usize,
    keep: &Keep<'_>,
    place: impl Fn([f32; 4], &ArrayView1<'_, f32>) -> Option<PredictedShape>,
) -> Vec<Prediction> {
    // Along the rows, which lie in memory as they are read.
    let mut best = Array1::from_elem(columns.ncols(), f32::NEG_INFINITY);
    for scores in columns.slice(s![4..4 + classes, ..]).outer_iter() {
        Zip::from(&mut best).and(scores).for_each(|best, score| {
            *best = if *score > *best { *score } else { *best };
        });
    }
    let mut predictions = Vec::new();
    for (index, best) in best.iter().enumerate() {
        if !keep.may_keep(*best) {
            continue;
        }
        let column = columns.column(index);
        let class_scores = column.slice(s![4..4 + classes]).to_vec();
        let Some((class, score)) = keep.best(&class_scores) else {
            continue;
        };
        let rest = column.slice(s![4 + classes..]);
        if let Some(shape) = place([column[0], column[1], column[2], column[3]], &rest) {
            predictions.push(Prediction {
                class,
                score,
                class_scores,
                shape,
            });
        }
    }
    predictions
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, tensor};
    use super::*;

    /// Three candidates of two classes, one a row.
    const CANDIDATES: [f32; 18] = [
        10.0, 20.0, 4.0, 8.0, 0.5, 0.75, //
        30.0, 40.0, 2.0, 2.0, 0.25, 0.125, //
        50.0, 50.0, 2.0, 4.0, 0.625, 0.625,
    ];

    fn expected() -> Vec<Prediction> {
        let upright = |left, top, right, bottom| PredictedShape::Box {
            left,
            top,
            right,
            bottom,
        };
        vec![
            Prediction {
                class: 1,
                score: 0.75,
                class_scores: vec![0.5, 0.75],
                shape: upright(8.0, 16.0, 12.0, 24.0),
            },
            Prediction {
                class: 0,
                score: 0.625,
                class_scores: vec![0.625, 0.625],
                shape: upright(49.0, 48.0, 51.0, 52.0),
            },
        ]
    }

    #[test]
    fn candidates_are_read_from_columns_and_from_rows() {
        let rows = tensor(&[1, 3, 6], &CANDIDATES);
        let columns = rows.view().permuted_axes(vec![0, 2, 1]);
        let copied = columns.as_standard_layout();
        let keep = Keep::new(&[0.5, 0.5]);
        for output in [rows.view(), columns.view(), copied.view()] {
            assert_eq!(decode_upright(&[output], 0, 2, &keep).unwrap(), expected());
        }
    }

    #[test]
    fn columns_go_before_rows_where_both_fit() {
        let mut square = [0.0; 25];
        for (at, value) in [(0, 10.0), (5, 20.0), (10, 4.0), (15, 8.0), (20, 0.75)] {
            square[at] = value;
        }
        let square = tensor(&[1, 5, 5], &square);
        let found = decode_upright(&[square.view()], 0, 1, &Keep::new(&[0.5])).unwrap();
        assert_eq!(found[0].shape, expected()[0].shape);
    }

    #[test]
    fn the_last_row_turns_boxes() {
        let output = tensor(&[1, 6, 1], &[10.0, 20.0, 4.0, 8.0, 0.5, 0.25]);
        let found = decode_turned(&[output.view()], 0, 1, &all(1)).unwrap();
        let turned = PredictedShape::Turned {
            x: 10.0,
            y: 20.0,
            width: 4.0,
            height: 8.0,
            angle: 0.25,
        };
        assert_eq!(found[0].shape, turned);
        let problem = decode_turned(&[output.view()], 0, 2, &all(2)).unwrap_err();
        assert_eq!(
            problem,
            "outputs of shape [1, 6, 1], wanted [batch, 4 + 2 + 1, N]"
        );
    }

    #[test]
    fn the_last_rows_weigh_prototypes() {
        let frame = BoxFrame { rows: 4, cols: 4 };
        let prototypes = tensor(&[1, 1, 1, 1], &[1.0]);
        let column = |coefficient| tensor(&[1, 6, 1], &[2.0, 2.0, 2.0, 4.0, 0.5, coefficient]);
        let read = |coefficient| {
            let column = column(coefficient);
            decode_masks(&[column.view(), prototypes.view()], 0, frame, 1, &all(1)).unwrap()
        };
        let mask = PredictedShape::Mask {
            col: 1,
            row: 0,
            width: 2,
            pixels: vec![1; 8],
        };
        assert_eq!(read(1.0)[0].shape, mask);
        assert_eq!(read(-1.0), []);
        let problem = decode_masks(&[column(1.0).view()], 0, frame, 1, &all(1)).unwrap_err();
        assert!(
            problem.contains("prototypes [batch, m, rows, columns]"),
            "{problem}"
        );
    }
}
