//! Rules of labelling for other thresholds.

use crate::model::ModelTask;
use crate::model::decode::{LabelRule, Pass};
use crate::pipeline::ScanJob;

/// Thresholds that a sweep tries: every twentieth, and closer to the ends, where scores of
/// models that are sure of themselves lie.
pub const THRESHOLDS: [f64; 27] = [
    0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75,
    0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999,
];

/// The rule with one threshold for every wanted class, as `--threshold` sets it: outlines go on
/// reaching down to the outline threshold, where there is one. Classes that had to win by
/// `argmax` alone are held to the threshold instead.
#[must_use]
pub fn rule_at(rule: &LabelRule, threshold: f64) -> LabelRule {
    let threshold = single(threshold);
    let mut at = rule.clone();
    for class in 0..rule.passes.len() {
        let outline = (rule.peaks[class] > 0.0).then(|| least(rule.passes[class]));
        let least = outline.map_or(threshold, |outline| outline.min(threshold));
        at.passes[class] = match rule.passes[class] {
            Pass::HighestAtLeast(_) => Pass::HighestAtLeast(least),
            _ => Pass::AtLeast(least),
        };
        at.peaks[class] = outline.map_or(0.0, |_| threshold);
    }
    at
}

/// The rule of the lowest threshold, of the sweep or of the run.
pub(super) fn lowest_rule(rule: &LabelRule, thresholds: &[f64]) -> LabelRule {
    let lowest = thresholds.first().copied().map_or(0.0, single);
    let lowest = rule
        .passes
        .iter()
        .fold(lowest, |low, pass| low.min(least(*pass)));
    rule_at(rule, f64::from(lowest))
}

/// The rule whose sites are asked whether their scores are what they say: everything that an
/// outline takes in, so that low scores are there too; of a detector every object. Without an
/// outline threshold a site is made of what passes, and the run's own rule it is.
pub(super) fn scoring_rule(rule: &LabelRule, thresholds: &[f64], job: &ScanJob<'_>) -> LabelRule {
    if job.model.contract.task == ModelTask::Detection {
        return lowest_rule(rule, thresholds);
    }
    let mut scoring = rule.clone();
    scoring.peaks.fill(0.0);
    scoring
}

fn least(pass: Pass) -> f32 {
    match pass {
        Pass::Highest => 0.0,
        Pass::AtLeast(least) | Pass::HighestAtLeast(least) => least,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "scores are single precision"
)]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_moves_the_peak_and_leaves_the_outline() {
        let rule = LabelRule {
            passes: vec![Pass::Highest, Pass::AtLeast(0.3), Pass::HighestAtLeast(0.6)],
            peaks: vec![0.0, 0.7, 0.0],
            wanted: vec![false, true, true],
            layers: std::iter::once(0..3).collect(),
        };
        let high = rule_at(&rule, 0.9);
        assert_eq!(
            high.passes[1..],
            [Pass::AtLeast(0.3), Pass::HighestAtLeast(0.9)]
        );
        assert_eq!(high.peaks, [0.0, 0.9, 0.0]);
        // Below the outline threshold both are one.
        let low = rule_at(&rule, 0.1);
        assert_eq!(low.passes[1], Pass::AtLeast(0.1));
        assert_eq!(low.peaks, [0.0, 0.1, 0.0]);
        assert!(THRESHOLDS.is_sorted());
    }
}
