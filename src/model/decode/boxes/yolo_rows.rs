//! Candidates in rows `[batch, N, 5 + nc]`, as the detection heads of YOLO v5, v6 and v7
//! export them.

use super::candidate::{Edges, Keep, all_finite, highest};
use super::outputs::{matrix, mismatch};
use super::{BoxDecoder, PredictedShape, Prediction};
use ndarray::{ArrayView2, ArrayViewD, s};

/// What the score of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowScore {
    /// Objectness times class score.
    Product,
    /// The objectness.
    Objectness,
    /// The class score.
    ClassScore,
}

/// Reads rows whose boxes are center x, y, width, height in chip pixels.
pub(super) fn decode(
    decoder: BoxDecoder,
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let rule = match decoder {
        BoxDecoder::YoloV5Objectness => RowScore::Objectness,
        BoxDecoder::YoloV6 => RowScore::ClassScore,
        _ => RowScore::Product,
    };
    let rows = matrix(outputs, item, |_, width| {
        width.checked_sub(5) == Some(classes)
    })
    .ok_or_else(|| mismatch(outputs, item, &format!("[batch, N, 5 + {classes}]")))?;
    Ok(read(&rows, rule, keep, |_, numbers| {
        Edges::around(numbers).map(Edges::shape)
    }))
}

/// Reads rows of four numbers, objectness and class scores; `place` makes a shape of a
/// row's index and its four numbers. Class scores are at most 1.
pub(super) fn read(
    rows: &ArrayView2<'_, f32>,
    rule: RowScore,
    keep: &Keep<'_>,
    place: impl Fn(usize, [f32; 4]) -> Option<PredictedShape>,
) -> Vec<Prediction> {
    let mut predictions = Vec::new();
    for (index, row) in rows.outer_iter().enumerate() {
        let objectness = row[4];
        if rule != RowScore::ClassScore && !keep.may_keep(objectness) {
            continue;
        }
        let scores = row.slice(s![5..]);
        let Some((class, class_score)) = highest(scores) else {
            continue;
        };
        let score = match rule {
            RowScore::Product => objectness * class_score,
            RowScore::Objectness => objectness,
            RowScore::ClassScore => class_score,
        };
        if !keep.keeps(class, score) {
            continue;
        }
        let share = match rule {
            RowScore::Product | RowScore::Objectness => objectness,
            RowScore::ClassScore => 1.0,
        };
        let class_scores: Vec<f32> = scores.iter().map(|s| share * s).collect();
        if !all_finite(&class_scores) {
            continue;
        }
        if let Some(shape) = place(index, [row[0], row[1], row[2], row[3]]) {
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

    /// Two candidates of two classes.
    const ROWS: [f32; 14] = [
        10.0, 20.0, 4.0, 8.0, 0.5, 0.5, 0.75, //
        30.0, 40.0, 2.0, 2.0, 0.9, 0.25, 0.125,
    ];

    fn read_rows(decoder: BoxDecoder, least_score: &[f32]) -> Vec<Prediction> {
        let rows = tensor(&[1, 2, 7], &ROWS);
        decode(decoder, &[rows.view()], 0, 2, &Keep::new(least_score)).unwrap()
    }

    #[test]
    fn scores_are_products_and_boxes_lie_around_their_centers() {
        let first = &read_rows(BoxDecoder::YoloV5, &[0.3; 2])[..];
        assert_eq!(
            first,
            [Prediction {
                class: 1,
                score: 0.375,
                class_scores: vec![0.25, 0.375],
                shape: PredictedShape::Box {
                    left: 8.0,
                    top: 16.0,
                    right: 12.0,
                    bottom: 24.0
                },
            }]
        );
    }

    #[test]
    fn the_objectness_alone_or_the_class_score_alone_can_count() {
        let scores = |decoder| -> Vec<(usize, f32)> {
            let found = read_rows(decoder, &[0.3; 2]);
            found.iter().map(|p| (p.class, p.score)).collect()
        };
        assert_eq!(scores(BoxDecoder::YoloV5Objectness), [(1, 0.5), (0, 0.9)]);
        assert_eq!(scores(BoxDecoder::YoloV6), [(1, 0.75)]);
    }

    #[test]
    fn an_unwanted_class_still_wins_over_a_wanted_one() {
        assert_eq!(
            read_rows(BoxDecoder::YoloV5, &[0.1, f32::INFINITY]).len(),
            1
        );
    }

    #[test]
    fn other_widths_are_told() {
        let rows = tensor(&[1, 2, 7], &ROWS);
        let problem = decode(BoxDecoder::YoloV5, &[rows.view()], 0, 3, &all(3)).unwrap_err();
        assert_eq!(
            problem,
            "outputs of shape [1, 2, 7], wanted [batch, N, 5 + 3]"
        );
        let problem = decode(BoxDecoder::YoloV5, &[rows.view()], 1, 2, &all(2)).unwrap_err();
        assert!(
            problem.ends_with("5 + 2], a batch of more than 1"),
            "{problem}"
        );
    }
}
