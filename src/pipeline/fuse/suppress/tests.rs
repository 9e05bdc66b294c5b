//! Suppression against all pairs.

use geo::{Coord, LineString, MultiPolygon, Polygon, Rect};
use proptest::prelude::*;

use super::Overlap::{Ios, Iou};
use super::*;
use crate::pipeline::fuse::testing::{any_detections, any_wild_outline, boxed};
use crate::pipeline::fuse::{CutEdges, Outline};

/// Each detection against all that stay.
fn naive(detections: Vec<Detection>, threshold: f64, by: Overlap) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    let finite = detections.into_iter().filter(|d| d.outline.is_finite());
    for detection in ranked(finite.collect()) {
        let takes = |kept: &&mut Detection| {
            let overlap = kept.outline.overlap(&detection.outline, by);
            kept.class == detection.class && overlap > 0.0 && overlap >= threshold
        };
        match kept.iter_mut().find(takes) {
            Some(kept) => kept.n_detections += detection.n_detections,
            None => kept.push(detection),
        }
    }
    sorted_detections(kept)
}

/// Byte for byte: negative zeros are told apart, and NaN equals itself.
fn text(detections: &[Detection]) -> String {
    format!("{detections:?}")
}

fn scores(detections: &[Detection]) -> Vec<(u16, u32)> {
    detections
        .iter()
        .map(|d| (d.score, d.n_detections))
        .collect()
}

#[test]
fn the_best_stays_and_counts_what_it_removes() {
    let detections = vec![
        boxed(10, 1.0, 0.0, 11.0, 10.0),
        boxed(30, 0.0, 0.0, 10.0, 10.0),
        boxed(20, 50.0, 0.0, 60.0, 10.0),
        boxed(5, 0.0, 1.0, 10.0, 11.0),
    ];
    assert_eq!(scores(&suppress(detections, 0.5, Iou)), [(30, 3), (20, 1)]);
}

#[test]
fn what_is_removed_removes_nothing() {
    let chain = [(30, 0.0), (20, 4.0), (10, 8.0)];
    let chain = chain.map(|(score, x)| boxed(score, x, 0.0, x + 10.0, 10.0));
    let suppressed = suppress(chain.to_vec(), 0.4, Iou);
    assert_eq!(scores(&suppressed), [(30, 2), (10, 1)]);
}

#[test]
fn the_first_in_rank_counts_what_two_would_remove() {
    let detections = vec![
        boxed(10, 4.0, 0.0, 14.0, 10.0),
        boxed(20, 8.0, 0.0, 18.0, 10.0),
        boxed(30, 0.0, 0.0, 10.0, 10.0),
    ];
    assert_eq!(scores(&suppress(detections, 0.4, Iou)), [(30, 2), (20, 1)]);
}

#[test]
fn the_larger_of_equal_scores_ranks_higher_then_the_upper_left() {
    let boxes =
        |place: [f64; 2], side: f64| boxed(9, place[0], place[1], place[0] + side, place[1] + side);
    let detections = vec![
        boxes([2.0, 0.0], 8.0),
        boxes([0.0, 1.0], 8.0),
        boxes([1.0, 0.0], 8.0),
        boxes([0.0, 0.0], 9.0),
    ];
    let expected = [3, 2, 0, 1].map(|index: usize| detections[index].clone());
    assert_eq!(ranked(detections), expected);
}

#[test]
fn classes_do_not_meet() {
    let one = boxed(10, 0.0, 0.0, 10.0, 10.0);
    let other = Detection {
        class: 2,
        ..one.clone()
    };
    assert_eq!(
        suppress(vec![other.clone(), one.clone()], 0.5, Iou),
        [one, other]
    );
}

#[test]
fn giants_go_by_the_smaller_and_stay_by_the_union() {
    let small = (0..9_u16).map(|index| {
        let x = 100.0 * f64::from(index);
        boxed(index + 1, x, 0.0, x + 5.0, 5.0)
    });
    let giant = |score| boxed(score, -1e4, -1e4, 1e4, 1e4);
    let all = |score| small.clone().chain([giant(score)]).collect::<Vec<_>>();
    assert_eq!(scores(&suppress(all(99), 0.9, Ios)), [(99, 10)]);
    assert_eq!(suppress(all(0), 0.9, Ios).len(), 9);
    assert_eq!(suppress(all(99), 0.1, Iou).len(), 10);
    assert_eq!(suppress(all(99), 0.0, Iou).len(), 1);
}

#[test]
fn thresholds_may_be_anything() {
    let detections = vec![
        boxed(10, 0.0, 0.0, 10.0, 10.0),
        boxed(9, 0.0, 0.0, 10.0, 10.0),
        boxed(8, 9.9, 9.9, 20.0, 20.0),
        boxed(7, 30.0, 0.0, 40.0, 10.0),
    ];
    let count = |threshold| suppress(detections.clone(), threshold, Iou).len();
    let thresholds = [f64::NEG_INFINITY, -1.0, 0.0, 0.5, 1.0, 1.1, f64::NAN];
    assert_eq!(thresholds.map(count), [2, 2, 2, 3, 3, 4, 4]);
}

#[test]
fn outlines_without_coordinates_are_dropped_and_those_without_area_stay() {
    let with = |outline| Detection {
        outline,
        ..boxed(1, 0.0, 0.0, 0.0, 0.0)
    };
    let detections = vec![
        with(Outline::Polygon(MultiPolygon::empty())),
        with(Outline::Box(Rect::new([0.0, 0.0], [f64::INFINITY, 1.0]))),
        with(Outline::Quad(
            [Coord {
                x: f64::NAN,
                y: 0.0,
            }; 4],
        )),
        boxed(7, 3.0, 3.0, 3.0, 9.0),
        boxed(7, 3.0, 3.0, 3.0, 9.0),
    ];
    assert_eq!(suppress(detections, 0.5, Iou).len(), 2);
    assert_eq!(suppress(Vec::new(), 0.5, Iou), []);
}

#[test]
fn masks_are_compared_by_their_bounds() {
    let mask = |score, corners: [[f64; 2]; 3]| Detection {
        outline: Outline::Polygon(MultiPolygon::from(Polygon::new(
            LineString::from(corners.to_vec()),
            Vec::new(),
        ))),
        ..boxed(score, 0.0, 0.0, 0.0, 0.0)
    };
    let detections = vec![
        mask(1, [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]),
        mask(2, [[4.0, 4.0], [4.0, 0.0], [0.0, 4.0]]),
    ];
    assert_eq!(scores(&suppress(detections, 0.9, Iou)), [(2, 2)]);
}

fn measure() -> impl Strategy<Value = Overlap> {
    prop_oneof![Just(Iou), Just(Ios)]
}

fn shuffled() -> impl Strategy<Value = [Vec<Detection>; 2]> {
    let both = |one: Vec<Detection>| (Just(one.clone()), Just(one).prop_shuffle());
    any_detections()
        .prop_flat_map(both)
        .prop_map(|(one, other)| [one, other])
}

fn any_wild_detections() -> impl Strategy<Value = Vec<Detection>> {
    let detection = (any_wild_outline(), 0..3_u16).prop_map(|(outline, score)| Detection {
        class: 1,
        score,
        class_scores: Vec::new(),
        outline,
        cut: CutEdges::default(),
        n_detections: 1,
        is_seen: true,
    });
    proptest::collection::vec(detection, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_result_is_that_of_all_pairs_in_any_order_and_final(
        detections in shuffled(),
        threshold in 0.0..1.0,
        by in measure(),
    ) {
        let [one, other] = detections;
        let count = |detections: &[Detection]| -> u32 {
            detections.iter().map(|d| d.n_detections).sum()
        };
        let counted = count(&one);
        let suppressed = suppress(one.clone(), threshold, by);
        prop_assert_eq!(text(&suppressed), text(&naive(one, threshold, by)));
        prop_assert_eq!(count(&suppressed), counted);
        prop_assert_eq!(text(&suppressed), text(&suppress(other, threshold, by)));
        prop_assert_eq!(text(&suppressed), text(&suppress(suppressed.clone(), threshold, by)));
    }

    #[test]
    fn no_numbers_are_too_wild(
        detections in any_wild_detections(),
        threshold in 0.0..1.0,
        by in measure(),
    ) {
        let suppressed = suppress(detections.clone(), threshold, by);
        prop_assert_eq!(text(&suppressed), text(&suppress(suppressed.clone(), threshold, by)));
        let reversed = detections.into_iter().rev().collect();
        prop_assert_eq!(text(&suppressed), text(&suppress(reversed, threshold, by)));
    }
}
