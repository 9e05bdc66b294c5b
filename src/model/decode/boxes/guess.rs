//! Which layout outputs have, from their shapes alone.

use super::grid::{cells, grid_cells};
use super::{BoxDecoder, BoxFrame};

/// More rows than this were not suppressed yet.
const MOST_SUPPRESSED: usize = 1000;

/// The layout of outputs of `shapes`, as a trial run on an input of `(rows, columns)` gave
/// them, and the number of classes where the shapes tell it or it was given. None where
/// the shapes fit several layouts, or none with `classes` classes.
///
/// Rows of YOLO models all pass as `YoloV5`; `refine` tells them apart. Turned boxes in
/// columns are known only where `classes` is given.
pub(in crate::model) fn guess(
    shapes: &[Vec<i64>],
    input: (u32, u32),
    classes: Option<usize>,
) -> Option<(BoxDecoder, Option<usize>)> {
    let shapes: Vec<Vec<usize>> = shapes
        .iter()
        .filter(|shape| shape.len() != 5) // heads by anchor, which the first output sums up
        .map(|shape| shape.iter().map(|n| usize::try_from(*n).ok()).collect())
        .collect::<Option<_>>()?;
    let grids = Grids::new(BoxFrame {
        rows: input.0,
        cols: input.1,
    });
    match shapes.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
        [&[_, middle, last]] => one_output(middle, last, &grids, classes),
        [&[_, middle, last], &[_, prototypes, _, _]]
        | [&[_, prototypes, _, _], &[_, middle, last]] => {
            with_prototypes(middle, last, prototypes, &grids, classes)
        }
        [&[_, rows, width], &[_, other_rows, other_width]] if rows == other_rows => {
            logits_and_boxes(rows, width, other_width, classes)
        }
        [a, b, c] if three_lists(a, b, c) || three_lists(b, a, c) || three_lists(c, a, b) => {
            Some((BoxDecoder::RetinaNet, classes))
        }
        _ => None,
    }
}

fn one_output(
    middle: usize,
    last: usize,
    grids: &Grids,
    classes: Option<usize>,
) -> Option<(BoxDecoder, Option<usize>)> {
    let in_rows = || {
        given_or_found(classes, last, 5, BoxDecoder::YoloV5).or_else(|| {
            // Columns turned over.
            classes?;
            given_or_found(classes, last, 4, BoxDecoder::YoloV8)
        })
    };
    let in_columns = || {
        given_or_found(classes, middle, 4, BoxDecoder::YoloV8).or_else(|| {
            classes?;
            given_or_found(classes, middle, 5, BoxDecoder::YoloV8Obb)
        })
    };
    // The number of candidates is the surest sign: small chips have few.
    match (grids.fit(middle), grids.fit(last)) {
        (true, false) => return in_rows(),
        (false, true) => return in_columns(),
        (true, true) => return in_columns().or_else(in_rows),
        (false, false) => {}
    }
    match last {
        6 if middle <= MOST_SUPPRESSED => Some((BoxDecoder::EndToEnd, classes)),
        7 if middle <= MOST_SUPPRESSED => Some((BoxDecoder::EndToEndObb, classes)),
        _ if middle < last => in_columns(),
        _ if middle > last => in_rows(),
        _ => None,
    }
}

fn with_prototypes(
    middle: usize,
    last: usize,
    prototypes: usize,
    grids: &Grids,
    classes: Option<usize>,
) -> Option<(BoxDecoder, Option<usize>)> {
    let suppressed = middle <= MOST_SUPPRESSED && last.checked_sub(6) == Some(prototypes);
    let beside = prototypes.checked_add(4)?;
    if suppressed {
        Some((BoxDecoder::EndToEndSeg, classes))
    } else if middle < last || grids.fit(last) {
        given_or_found(classes, middle, beside, BoxDecoder::YoloV8Seg)
    } else {
        // Columns turned over; YOLOv5 has such shapes too, with one number more.
        classes?;
        given_or_found(classes, last, beside, BoxDecoder::YoloV8Seg)
    }
}

fn logits_and_boxes(
    rows: usize,
    width: usize,
    other_width: usize,
    classes: Option<usize>,
) -> Option<(BoxDecoder, Option<usize>)> {
    let ((logits, 4) | (4, logits)) = (width, other_width) else {
        return None;
    };
    (rows <= MOST_SUPPRESSED)
        .then(|| given_or_found(classes, logits, 1, BoxDecoder::Detr))
        .flatten()
}

/// Whether these can be boxes and two lists of their length.
fn three_lists(boxes: &[usize], list: &[usize], other: &[usize]) -> bool {
    let ([count, 4] | [1, count, 4]) = *boxes else {
        return false;
    };
    [list, other]
        .iter()
        .all(|list| matches!(**list, [n] | [1, n] if n == count))
}

/// The decoder with `size − beside` classes, if these are some and the given ones.
fn given_or_found(
    classes: Option<usize>,
    size: usize,
    beside: usize,
    decoder: BoxDecoder,
) -> Option<(BoxDecoder, Option<usize>)> {
    let found = size.checked_sub(beside).filter(|found| *found > 0)?;
    classes
        .is_none_or(|given| given == found)
        .then_some((decoder, Some(found)))
}

/// The numbers of candidates that detectors have for an input.
struct Grids([u64; 4]);

impl Grids {
    /// Of strides 8 to 32, or to 64 as models for large inputs have it; one candidate a
    /// cell, or three.
    fn new(frame: BoxFrame) -> Self {
        let usual = cells(frame);
        let large = usual + grid_cells(frame, 64);
        Self([usual, 3 * usual, large, 3 * large])
    }

    fn fit(&self, candidates: usize) -> bool {
        candidates > 0 && u64::try_from(candidates).is_ok_and(|n| self.0.contains(&n))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::KNOWN_SHAPES;
    use super::*;

    fn at(
        side: u32,
        shapes: &[&[i64]],
        classes: Option<usize>,
    ) -> Option<(BoxDecoder, Option<usize>)> {
        let shapes: Vec<Vec<i64>> = shapes.iter().map(|shape| shape.to_vec()).collect();
        guess(&shapes, (side, side), classes)
    }

    #[test]
    fn shapes_of_known_models_tell_their_layout() {
        for (shapes, decoder, found) in KNOWN_SHAPES {
            assert_eq!(
                at(640, shapes, None),
                Some((*decoder, *found)),
                "{shapes:?}"
            );
            if found.is_some() {
                assert_eq!(
                    at(640, shapes, *found),
                    Some((*decoder, *found)),
                    "{shapes:?}"
                );
            }
        }
    }

    #[test]
    fn given_classes_are_kept_where_shapes_do_not_tell() {
        let suppressed = at(640, &[&[1, 300, 6]], Some(3));
        assert_eq!(suppressed, Some((BoxDecoder::EndToEnd, Some(3))));
    }

    #[test]
    fn given_classes_settle_what_shapes_leave_open() {
        let columns: [&[i64]; 1] = [&[1, 20, 21504]];
        assert_eq!(
            at(1024, &columns, None),
            Some((BoxDecoder::YoloV8, Some(16)))
        );
        assert_eq!(
            at(1024, &columns, Some(15)),
            Some((BoxDecoder::YoloV8Obb, Some(15)))
        );
        assert_eq!(at(1024, &columns, Some(3)), None);
        let rows: [&[i64]; 1] = [&[1, 8400, 84]];
        assert_eq!(
            at(640, &rows, Some(80)),
            Some((BoxDecoder::YoloV8, Some(80)))
        );
        let logits: [&[i64]; 2] = [&[1, 300, 80], &[1, 300, 4]];
        assert_eq!(at(640, &logits, Some(80)), None);
    }

    #[test]
    fn small_chips_have_few_candidates() {
        let at = |shape: &[i64]| at(64, &[shape], None);
        assert_eq!(at(&[1, 252, 6]), Some((BoxDecoder::YoloV5, Some(1))));
        assert_eq!(at(&[1, 84, 7]), Some((BoxDecoder::YoloV5, Some(2))));
        assert_eq!(at(&[1, 116, 84]), Some((BoxDecoder::YoloV8, Some(112))));
        assert_eq!(at(&[1, 300, 7]), Some((BoxDecoder::EndToEndObb, None)));
        let masks = [vec![1, 116, 84], vec![1, 32, 16, 16]];
        let found = guess(&masks, (64, 64), None);
        assert_eq!(found, Some((BoxDecoder::YoloV8Seg, Some(80))));
    }

    #[test]
    fn what_is_no_layout_or_several_stays_open() {
        let five = |shapes: &[&[i64]]| at(640, shapes, None);
        assert_eq!(five(&[]), None);
        assert_eq!(five(&[&[1, 2]]), None);
        assert_eq!(five(&[&[1, 4, 8400]]), None);
        assert_eq!(five(&[&[1, -1, 6]]), None);
        // YOLOv5 with masks.
        assert_eq!(five(&[&[1, 25200, 117], &[1, 32, 160, 160]]), None);
        // Scores and boxes of a thousand anchors.
        assert_eq!(five(&[&[1, 4420, 2], &[1, 4420, 4]]), None);
    }
}
