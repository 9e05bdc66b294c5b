//! Logits and boxes of queries, as DETR gives them (`PostProcess` of its repository).

use super::candidate::{Edges, Keep};
use super::outputs::{matrix, mismatch};
use super::{BoxFrame, Prediction};
use crate::georef::to_f32;
use crate::model::activation::Activation;
use ndarray::{ArrayView2, ArrayViewD};

/// Reads logits `[batch, N, nc + 1]` and boxes `[batch, N, 4]`; the logits come first where
/// shapes do not tell.
pub(super) fn decode(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    frame: BoxFrame,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let (logits, boxes) = find(outputs, item, classes).ok_or_else(|| {
        let wanted = format!("logits [batch, N, {classes} + 1] and boxes [batch, N, 4]");
        mismatch(outputs, item, &wanted)
    })?;
    let (cols, rows) = (to_f32(frame.cols), to_f32(frame.rows));
    let mut predictions = Vec::new();
    for (logits, at) in logits.outer_iter().zip(boxes.outer_iter()) {
        let mut class_scores = logits.to_vec();
        Activation::Softmax.apply(&mut class_scores);
        class_scores.truncate(classes);
        let Some((class, score)) = keep.best(&class_scores) else {
            continue;
        };
        let around = [at[0] * cols, at[1] * rows, at[2] * cols, at[3] * rows];
        if let Some(edges) = Edges::around(around) {
            predictions.push(Prediction {
                class,
                score,
                class_scores,
                shape: edges.shape(),
            });
        }
    }
    Ok(predictions)
}

fn find<'a>(
    outputs: &'a [ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
) -> Option<(ArrayView2<'a, f32>, ArrayView2<'a, f32>)> {
    let fits = |width: usize| width.checked_sub(1) == Some(classes);
    (0..outputs.len()).find_map(|at| {
        let (before, rest) = outputs.split_at(at);
        let (output, after) = rest.split_at(1);
        let logits = matrix(output, item, |_, width| fits(width))?;
        let is_boxes = |rows, width| rows == logits.nrows() && width == 4;
        let boxes = matrix(after, item, is_boxes).or_else(|| matrix(before, item, is_boxes))?;
        Some((logits, boxes))
    })
}

#[cfg(test)]
mod tests {
    use super::super::PredictedShape;
    use super::super::tests::{all, tensor};
    use super::*;

    const FRAME: BoxFrame = BoxFrame {
        rows: 100,
        cols: 200,
    };

    #[test]
    fn the_last_class_is_nothing_and_boxes_are_shares() {
        let ln = f32::ln;
        let logits = [
            [ln(0.25), ln(0.5), ln(0.25)], // class 1
            [ln(0.25), ln(0.125), ln(0.625)],
        ];
        let logits = tensor(&[1, 2, 3], logits.as_flattened());
        let boxes = tensor(&[1, 2, 4], &[[0.5, 0.25, 0.25, 0.5]; 2].concat());
        for outputs in [[logits.view(), boxes.view()], [boxes.view(), logits.view()]] {
            let found = decode(&outputs, 0, FRAME, 2, &Keep::new(&[0.3, 0.3])).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].class, 1);
            assert!((found[0].score - 0.5).abs() < 1e-6, "{found:?}");
            assert_eq!(found[0].class_scores.len(), 2);
            let wanted = PredictedShape::Box {
                left: 75.0,
                top: 0.0,
                right: 125.0,
                bottom: 50.0,
            };
            assert_eq!(found[0].shape, wanted);
        }
    }

    #[test]
    fn with_three_classes_logits_come_first() {
        let logits = tensor(&[1, 1, 4], &[9.0, 0.0, 0.0, 0.0]);
        let boxes = tensor(&[1, 1, 4], &[0.5, 0.5, 0.5, 0.5]);
        let found = decode(&[logits.view(), boxes.view()], 0, FRAME, 3, &all(3)).unwrap();
        assert_eq!(found[0].class, 0);
        let problem = decode(&[logits.view()], 0, FRAME, 3, &all(3)).unwrap_err();
        let wanted = "wanted logits [batch, N, 3 + 1] and boxes [batch, N, 4]";
        assert!(problem.ends_with(wanted), "{problem}");
    }
}
