//! The orders of detections: by rank, in which they are kept, and canonical, in which they stand.

use std::cmp::Ordering;

use geo::Rect;

use crate::pipeline::fuse::detection::Detection;

/// Brings detections into canonical order: by the top of their bounds, then by the left, then
/// by class, then by rank. The order is total: only equal ones may change places.
#[must_use]
pub fn sorted_detections(detections: Vec<Detection>) -> Vec<Detection> {
    sorted(detections, |one, other| {
        let (corner, other_corner) = (one.bounds.min(), other.bounds.min());
        let by_place = corner.y.total_cmp(&other_corner.y);
        by_place
            .then(corner.x.total_cmp(&other_corner.x))
            .then(one.detection.class.cmp(&other.detection.class))
            .then_with(|| compare_rank(one, other))
    })
}

/// Sorts detections by rank, the first to be kept first: by falling score, then by falling
/// area, then by the top, left, bottom and right of their bounds, then by everything else.
pub(super) fn ranked(detections: Vec<Detection>) -> Vec<Detection> {
    sorted(detections, compare_rank)
}

struct Key<'a> {
    area: f64,
    bounds: Rect<f64>,
    index: usize,
    detection: &'a Detection,
}

fn compare_rank(one: &Key<'_>, other: &Key<'_>) -> Ordering {
    let [(min, max), (other_min, other_max)] =
        [one, other].map(|key| (key.bounds.min(), key.bounds.max()));
    let by_score = other.detection.score.cmp(&one.detection.score);
    by_score
        .then(other.area.total_cmp(&one.area))
        .then(min.y.total_cmp(&other_min.y))
        .then(min.x.total_cmp(&other_min.x))
        .then(max.y.total_cmp(&other_max.y))
        .then(max.x.total_cmp(&other_max.x))
        .then_with(|| compare_rest(one.detection, other.detection))
}

/// Orders what is alike in score, area and bounds.
fn compare_rest(one: &Detection, other: &Detection) -> Ordering {
    one.class
        .cmp(&other.class)
        .then_with(|| one.class_scores.cmp(&other.class_scores))
        .then_with(|| one.outline.compare(&other.outline))
        .then(one.cut.cmp(&other.cut))
        .then(one.n_detections.cmp(&other.n_detections))
        .then(one.is_seen.cmp(&other.is_seen))
}

fn sorted(
    detections: Vec<Detection>,
    mut compare: impl FnMut(&Key<'_>, &Key<'_>) -> Ordering,
) -> Vec<Detection> {
    let keys = detections.iter().enumerate().map(|(index, detection)| Key {
        area: detection.outline.area(),
        bounds: detection.outline.bounds(),
        index,
        detection,
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable_by(&mut compare);
    let order: Vec<usize> = keys.iter().map(|key| key.index).collect();
    let mut detections: Vec<_> = detections.into_iter().map(Some).collect();
    let taken = order.iter().filter_map(|&index| detections[index].take());
    taken.collect()
}
