//! Average precision of boxes against pycocotools and against matching one by one.

use super::golden::{close, read};
use super::{BOX_IOUS, FoundBox, TruthBox, match_boxes};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    name: String,
    classes: usize,
    group_of_image: Vec<usize>,
    weights: Option<Vec<f64>>,
    /// Image, class, bounds.
    truth: Vec<(usize, usize, [f64; 4])>,
    /// Image, class, bounds, score.
    found: Vec<(usize, usize, [f64; 4], f64)>,
    precisions: Vec<Option<[f64; 10]>>,
    ap50: f64,
    ap50_95: f64,
    /// Precisions at the 101 recalls, by class.
    curve50: Option<Vec<Vec<f64>>>,
}

fn truth(&(image, class, bounds): &(usize, usize, [f64; 4])) -> TruthBox {
    TruthBox {
        image,
        class,
        bounds,
    }
}

fn found(&(image, class, bounds, score): &(usize, usize, [f64; 4], f64)) -> FoundBox {
    FoundBox {
        image,
        class,
        bounds,
        score,
    }
}

fn object(left: f64, right: f64) -> TruthBox {
    truth(&(0, 0, [left, 0.0, right, 10.0]))
}

fn seen(left: f64, right: f64, score: f64) -> FoundBox {
    found(&(0, 0, [left, 0.0, right, 10.0], score))
}

/// The average precisions of one image and class.
fn precisions(truth: &[TruthBox], found: &[FoundBox]) -> Option<[f64; 10]> {
    match_boxes(truth, found, 1, &[0]).precisions(None).by_class[0]
}

#[test]
fn precisions_are_those_of_pycocotools() {
    let cases: Vec<Golden> = read(include_str!("../../../tests/golden/metrics/boxes.json"));
    assert!(cases.len() >= 3);
    for case in cases {
        assert!(!case.found.is_empty(), "{}", case.name);
        let truth: Vec<TruthBox> = case.truth.iter().map(truth).collect();
        let found: Vec<FoundBox> = case.found.iter().map(found).collect();
        let matches = match_boxes(&truth, &found, case.classes, &case.group_of_image);
        let precisions = matches.precisions(case.weights.as_deref());
        close(precisions.ap50().unwrap(), case.ap50, 1e-12);
        close(precisions.ap50_95().unwrap(), case.ap50_95, 1e-12);
        assert_eq!(precisions.by_class.len(), case.precisions.len());
        for (class, wanted) in case.precisions.iter().enumerate() {
            assert_eq!(precisions.by_class[class].is_some(), wanted.is_some());
            let Some(wanted) = wanted else {
                assert_eq!(precisions.class_ap50(class), None);
                continue;
            };
            close(precisions.class_ap50(class).unwrap(), wanted[0], 1e-12);
            let mean = wanted.iter().sum::<f64>() / 10.0;
            close(precisions.class_ap50_95(class).unwrap(), mean, 1e-12);
            for (value, wanted) in precisions.by_class[class].unwrap().iter().zip(wanted) {
                close(*value, *wanted, 1e-12);
            }
        }
        for (class, wanted) in case.curve50.iter().flatten().enumerate() {
            let curve = matches.curve50(class);
            assert_eq!(curve.len(), wanted.len());
            for (point, wanted) in curve.iter().zip(wanted) {
                close(point.1, *wanted, 1e-12);
            }
        }
    }
}

#[test]
fn a_truth_is_taken_once_by_the_highest_score() {
    // The second box lies better, but the first has the truth already; it is then wrong.
    let one = [object(0.0, 10.0)];
    let two = [seen(1.0, 10.0, 0.9), seen(0.0, 10.0, 0.8)];
    let precisions = precisions(&one, &two).unwrap();
    close(precisions[0], 1.0, 1e-12);
    close(precisions[8], 1.0, 1e-12);
    // At 0.95 the first is wrong and the second right.
    close(precisions[9], 0.5, 1e-12);
}

#[test]
fn without_truth_there_is_no_precision_and_without_boxes_it_is_zero() {
    let matches = match_boxes(&[object(0.0, 10.0)], &[], 2, &[0]);
    let both = matches.precisions(None);
    assert_eq!(both.by_class, [Some([0.0; 10]), None]);
    assert_eq!((both.ap50(), both.ap50_95()), (Some(0.0), Some(0.0)));
    assert_eq!(matches.curve50(0).len(), 101);
    assert!(matches.curve50(1).is_empty());
    let gone = matches.precisions(Some(&[0.0]));
    assert_eq!((gone.ap50(), gone.ap50_95()), (None, None));
    assert_eq!(match_boxes(&[], &[], 0, &[]).precisions(None).ap50(), None);
}

#[test]
fn boxes_that_enclose_nothing_match_nothing() {
    let wrong = [[5.0, 5.0, 5.0, 9.0], [9.0, 9.0, 1.0, 1.0], [f64::NAN; 4]];
    let truths = wrong.map(|bounds| truth(&(0, 0, bounds)));
    let boxes = wrong.map(|bounds| found(&(0, 0, bounds, 0.5)));
    assert_eq!(precisions(&truths, &boxes), Some([0.0; 10]));
}

/// What `match_boxes` does, for one image and class, comparing every box with every truth.
fn one_by_one(truth: &[TruthBox], found: &[FoundBox]) -> [f64; 10] {
    let mut sorted = found.to_vec();
    sorted.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
    let side = |a: [f64; 2], b: [f64; 2]| (a[1].min(b[1]) - a[0].max(b[0])).max(0.0);
    let overlap = |a: &[f64; 4], b: &[f64; 4]| {
        let shared = side([a[0], a[2]], [b[0], b[2]]) * side([a[1], a[3]], [b[1], b[3]]);
        let area = |x: &[f64; 4]| (x[2] - x[0]) * (x[3] - x[1]);
        shared / (area(a) + area(b) - shared)
    };
    BOX_IOUS.map(|least| {
        let mut free = vec![true; truth.len()];
        let mut right = Vec::new();
        for object in &sorted {
            let candidates = (0..truth.len()).filter(|&index| free[index]);
            let overlaps =
                candidates.map(|index| (overlap(&object.bounds, &truth[index].bounds), index));
            let best = overlaps
                .filter(|(overlap, _)| *overlap >= least)
                .max_by(|a, b| a.partial_cmp(b).unwrap());
            right.push(best.is_some());
            if let Some((_, index)) = best {
                free[index] = false;
            }
        }
        let precision_from = |recall: f64| {
            let (mut all, mut hits, mut best) = (0.0, 0.0, 0.0);
            for right in &right {
                all += 1.0;
                hits += f64::from(u8::from(*right));
                if hits / f64::from(u32::try_from(truth.len()).unwrap()) >= recall {
                    best = f64::max(best, hits / all);
                }
            }
            best
        };
        (0..101)
            .map(|recall| precision_from(f64::from(recall) * 0.01))
            .sum::<f64>()
            / 101.0
    })
}

/// Bounds on a grid so coarse that boxes often overlap alike and meet thresholds exactly.
fn bounds() -> impl Strategy<Value = [f64; 4]> {
    (0u8..12, 0u8..12, 1u8..10, 1u8..10).prop_map(|(left, top, width, height)| {
        [left, top, left + width, top + height].map(f64::from)
    })
}

proptest! {
    #[test]
    fn places_looked_up_match_as_one_by_one(
        truths in prop::collection::vec(bounds(), 1..25),
        boxes in prop::collection::vec((bounds(), 0u8..9), 0..60),
    ) {
        let truths: Vec<TruthBox> = truths.iter().map(|b| truth(&(0, 0, *b))).collect();
        let boxes: Vec<FoundBox> = boxes
            .iter()
            .map(|(bounds, score)| found(&(0, 0, *bounds, f64::from(*score) / 8.0)))
            .collect();
        let wanted = one_by_one(&truths, &boxes);
        for (value, wanted) in precisions(&truths, &boxes).unwrap().iter().zip(wanted) {
            prop_assert!((value - wanted).abs() < 1e-12);
        }
    }

    #[test]
    fn weights_of_one_change_nothing(
        truths in prop::collection::vec((0usize..4, 0usize..3, bounds()), 0..25),
        boxes in prop::collection::vec((0usize..4, 0usize..3, bounds(), 0.0..1.0), 0..60),
    ) {
        let truths: Vec<TruthBox> = truths.iter().map(truth).collect();
        let boxes: Vec<FoundBox> = boxes.iter().map(found).collect();
        let matches = match_boxes(&truths, &boxes, 3, &[0, 1, 1, 2]);
        prop_assert_eq!(matches.precisions(None), matches.precisions(Some(&[1.0; 3])));
    }
}
