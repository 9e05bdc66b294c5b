//! Rules of labelling for other thresholds than those of the run.

use crate::model::ModelTask;
use crate::model::decode::{LabelRule, Pass};
use crate::pipeline::ScanJob;

/// Thresholds that a sweep tries: every twentieth, and closer to the ends, where scores of
/// models that are sure of themselves lie.
pub const THRESHOLDS: [f64; 27] = [
    0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75,
    0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999,
];

/// The rule that lets through what either rule does.
pub(super) fn lower_of(own: &LabelRule, other: &LabelRule) -> LabelRule {
    let mut lower = own.clone();
    for (pass, other) in lower.passes.iter_mut().zip(&other.passes) {
        *pass = Pass::AtLeast(least(*pass).min(least(*other)));
    }
    lower.peaks.fill(0.0);
    lower
}

/// The rule whose sites are asked whether their scores are what they say: everything that an
/// outline takes in, so that low scores are there too; of a detector every object of the rule it
/// was run with. None where those are the sites of the run's own rule.
pub(super) fn scoring_rule(own: &LabelRule, first: &ScanJob<'_>) -> Option<LabelRule> {
    if first.model.contract.task == ModelTask::Detection {
        return Some(first.settings.rule.clone());
    }
    own.peaks.iter().any(|peak| *peak > 0.0).then(|| {
        let mut scoring = own.clone();
        scoring.peaks.fill(0.0);
        scoring
    })
}

fn least(pass: Pass) -> f32 {
    match pass {
        Pass::Highest => 0.0,
        Pass::AtLeast(least) | Pass::HighestAtLeast(least) => least,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_rule_lets_through_what_either_does() {
        let rule = |first: f32, second: f32| LabelRule {
            passes: vec![Pass::AtLeast(first), Pass::HighestAtLeast(second)],
            peaks: vec![0.7, 0.0],
            wanted: vec![true, true],
            layers: std::iter::once(0..2).collect(),
        };
        let lower = lower_of(&rule(0.3, 0.6), &rule(0.5, 0.2));
        assert_eq!(lower.passes, [Pass::AtLeast(0.3), Pass::AtLeast(0.2)]);
        assert_eq!(lower.peaks, [0.0, 0.0]);
        assert!(THRESHOLDS.is_sorted());
    }
}
