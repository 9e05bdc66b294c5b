//! Boxes of objects, by COCO's matching.

use super::Evidence;
use crate::evaluate::metrics::{FoundBox, TruthBox, match_boxes};
use crate::evaluate::report::schema::{ObjectClass, ObjectLevel};

/// The level of objects; none where no scene allows it.
#[must_use]
pub fn object_level(evidence: &Evidence<'_>) -> Option<ObjectLevel> {
    let (truth, found) = boxes(evidence)?;
    let targets = evidence.classes.len();
    let matches = match_boxes(&truth, &found, targets, evidence.group_of_scene);
    let resamples = evidence.resamples;
    // Both figures of all classes together, then of each, from one pass over the resamples.
    let mut figures = resamples
        .measure_each(|w| {
            let precisions = matches.precisions(w);
            let each = (0..targets).flat_map(|class| {
                [
                    precisions.class_ap50(class),
                    precisions.class_ap50_95(class),
                ]
            });
            [precisions.ap50(), precisions.ap50_95()]
                .into_iter()
                .chain(each)
                .collect()
        })
        .into_iter();
    let mut next = || figures.next().unwrap_or_default();
    let (ap50, ap50_95) = (next(), next());
    let class_of = |(class, name): (usize, &String)| ObjectClass {
        name: name.clone(),
        truth: truth.iter().filter(|b| b.class == class).count(),
        found: found.iter().filter(|b| b.class == class).count(),
        ap50: next(),
        ap50_95: next(),
        curve: matches.curve50(class),
    };
    Some(ObjectLevel {
        truth: truth.len(),
        found: found.len(),
        ap50,
        ap50_95,
        classes: evidence.classes.iter().enumerate().map(class_of).collect(),
    })
}

/// Boxes in truth and boxes found of all scenes; none where no scene allows the level.
pub(in crate::evaluate) fn boxes(
    evidence: &Evidence<'_>,
) -> Option<(Vec<TruthBox>, Vec<FoundBox>)> {
    let known = || {
        evidence
            .observations
            .iter()
            .filter_map(|o| o.boxes.as_ref())
    };
    known().next()?;
    let truth = known().flat_map(|(truth, _)| truth.iter().copied());
    let found = known().flat_map(|(_, found)| found.iter().copied());
    Some((truth.collect(), found.collect()))
}
