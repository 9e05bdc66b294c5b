//! Labels of pixels.

use super::{Evidence, mean};
use crate::evaluate::metrics::Confusion;
use crate::evaluate::observation::PixelCounts;
use crate::evaluate::report::schema::{PixelClass, PixelLevel};

/// What the row of everything else is called.
const BACKGROUND: &str = "background";

/// The level of pixels; none where no scene allows it.
#[must_use]
pub fn pixel_level(evidence: &Evidence<'_>) -> Option<PixelLevel> {
    let pixels: u64 = evidence.observations.iter().map(|o| o.pixel_count).sum();
    if pixels == 0 {
        return None;
    }
    let groups = PixelGroups::new(evidence);
    let names = evidence.classes.iter().map(String::as_str);
    let rows = names.chain([BACKGROUND]).zip(&groups.0).enumerate();
    Some(PixelLevel {
        classes: rows
            .map(|(class, (name, groups))| class_of(evidence, class, name, groups))
            .collect(),
        mean_iou: evidence.resamples.measure(|w| groups.mean_iou(w)),
        pixels,
    })
}

/// `[class][group]`, the background last.
pub(in crate::evaluate) struct PixelGroups(Vec<Vec<Confusion>>);

impl PixelGroups {
    pub(in crate::evaluate) fn new(evidence: &Evidence<'_>) -> Self {
        let classes = 0..=evidence.classes.len();
        Self(classes.map(|class| by_group(evidence, class)).collect())
    }

    /// The mean over the classes, the background left out.
    pub(in crate::evaluate) fn mean_iou(&self, weights: Option<&[f64]>) -> Option<f64> {
        let targets = &self.0[..self.0.len() - 1];
        mean(
            targets
                .iter()
                .map(|groups| Confusion::sum(groups, weights).iou()),
        )
    }
}

fn by_group(evidence: &Evidence<'_>, class: usize) -> Vec<Confusion> {
    let mut groups = vec![Confusion::default(); evidence.group_count()];
    for observation in evidence.observations {
        let Some(counts) = observation.pixels.as_ref().map(|all| all[class]) else {
            continue;
        };
        let group = &mut groups[evidence.group(observation)];
        group.true_positive += as_f64(counts.both);
        group.false_positive += as_f64(counts.found_only);
        group.false_negative += as_f64(counts.truth_only);
    }
    groups
}

fn class_of(evidence: &Evidence<'_>, class: usize, name: &str, groups: &[Confusion]) -> PixelClass {
    let mut counts = PixelCounts::default();
    for observation in evidence.observations {
        counts += observation
            .pixels
            .as_ref()
            .map_or_else(PixelCounts::default, |all| all[class]);
    }
    let measure = |of: fn(&Confusion) -> Option<f64>| {
        let of = |weights: Option<&[f64]>| of(&Confusion::sum(groups, weights));
        evidence.resamples.measure(of)
    };
    PixelClass {
        name: name.to_owned(),
        iou: measure(Confusion::iou),
        f1: measure(Confusion::f1),
        precision: measure(Confusion::precision),
        recall: measure(Confusion::recall),
        truth: counts.both + counts.truth_only,
        found: counts.both + counts.found_only,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "pixel counts stay far below 2^53"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}
