//! Boxes, scores and labels as three outputs, as torchvision exports `RetinaNet` and its
//! other detectors.

use super::Prediction;
use super::candidate::{Edges, Keep};
use super::end_to_end::class_index;
use super::outputs::mismatch;
use ndarray::{ArrayView1, ArrayView2, ArrayViewD, Axis, Ix1, Ix2};

/// Reads boxes `[N, 4]`, found by their shape, and scores and labels `[N]`, in this order
/// unless only the other order makes labels whole numbers. A batch axis of 1 is let pass.
pub(super) fn decode(
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    classes: usize,
    keep: &Keep<'_>,
) -> Result<Vec<Prediction>, String> {
    let found = if item == 0 { find(outputs) } else { None };
    let found = found.ok_or_else(|| {
        let wanted = "boxes [N, 4], scores [N] and labels [N], or each with a batch axis of 1";
        mismatch(outputs, item, wanted)
    })?;
    let candidates = found.boxes.outer_iter().zip(found.scores).zip(found.labels);
    let prediction = |((row, score), label): ((ArrayView1<'_, f32>, &f32), &f32)| {
        let class = class_index(*label, classes)?;
        if !keep.keeps(class, *score) {
            return None;
        }
        Some(Prediction {
            class,
            score: *score,
            class_scores: Vec::new(),
            shape: Edges::between([row[0], row[1], row[2], row[3]])?.shape(),
        })
    };
    Ok(candidates.filter_map(prediction).collect())
}

struct Found<'a> {
    boxes: ArrayView2<'a, f32>,
    scores: ArrayView1<'a, f32>,
    labels: ArrayView1<'a, f32>,
}

fn find<'a>(outputs: &'a [ArrayViewD<'_, f32>]) -> Option<Found<'a>> {
    let (at, boxes) = outputs.iter().enumerate().find_map(|(at, output)| {
        let boxes = without_batch(output, 2).into_dimensionality::<Ix2>().ok()?;
        (boxes.ncols() == 4).then_some((at, boxes))
    })?;
    let mut lists = outputs
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at)
        .filter_map(|(_, output)| without_batch(output, 1).into_dimensionality::<Ix1>().ok())
        .filter(|list| list.len() == boxes.nrows());
    let (scores, labels) = (lists.next()?, lists.next()?);
    let whole = |list: ArrayView1<'_, f32>| list.iter().all(|v| *v >= 0.0 && v.fract() == 0.0);
    let (scores, labels) = if whole(scores) && !whole(labels) {
        (labels, scores)
    } else {
        (scores, labels)
    };
    Some(Found {
        boxes,
        scores,
        labels,
    })
}

/// The output without its first axis where that is one more than `axes` and of length 1.
fn without_batch<'a>(output: &'a ArrayViewD<'_, f32>, axes: usize) -> ArrayViewD<'a, f32> {
    if output.ndim() == axes + 1 && output.shape()[0] == 1 {
        output.view().index_axis_move(Axis(0), 0)
    } else {
        output.view()
    }
}

#[cfg(test)]
mod tests {
    use super::super::PredictedShape;
    use super::super::tests::{all, tensor};
    use super::*;

    #[test]
    fn boxes_are_known_by_shape_and_labels_by_order_or_value() {
        let edges = [1.0, 2.0, 3.0, 5.0, 4.0, 4.0, 6.0, 6.0];
        let boxes = [tensor(&[2, 4], &edges), tensor(&[1, 2, 4], &edges)];
        let scores = [tensor(&[2], &[0.75, 0.25]), tensor(&[1, 2], &[0.75, 0.25])];
        let labels = [tensor(&[2], &[1.0, 0.0]), tensor(&[1, 2], &[1.0, 0.0])];
        let wanted = [Prediction {
            class: 1,
            score: 0.75,
            class_scores: vec![],
            shape: PredictedShape::Box {
                left: 1.0,
                top: 2.0,
                right: 3.0,
                bottom: 5.0,
            },
        }];
        for ((b, s), l) in boxes.iter().zip(&scores).zip(&labels) {
            let keep = Keep::new(&[0.5, 0.5]);
            let (b, s, l) = (b.view(), s.view(), l.view());
            for outputs in [
                [b.view(), s.view(), l.view()],
                [s.view(), b.view(), l.view()],
                [b.view(), l.view(), s.view()],
            ] {
                assert_eq!(decode(&outputs, 0, 2, &keep).unwrap(), wanted);
            }
        }
    }

    #[test]
    fn nothing_found_is_no_error() {
        let (boxes, list) = (tensor(&[0, 4], &[]), tensor(&[0], &[]));
        let outputs = [boxes.view(), list.view(), list.view()];
        assert_eq!(decode(&outputs, 0, 2, &all(2)), Ok(vec![]));
    }

    #[test]
    fn lists_are_as_long_as_the_boxes() {
        let (boxes, list) = (tensor(&[1, 4], &[0.0; 4]), tensor(&[2], &[0.0; 2]));
        let outputs = [boxes.view(), list.view(), list.view()];
        let problem = decode(&outputs, 0, 2, &all(2)).unwrap_err();
        assert!(
            problem.starts_with("outputs of shape [1, 4] and [2] and [2]"),
            "{problem}"
        );
    }
}
