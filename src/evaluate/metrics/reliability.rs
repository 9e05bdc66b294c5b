//! Whether scores are the probabilities they look like.

use super::Scored;
use crate::evaluate::report::schema::ReliabilityBin;

/// Samples by score in bins of equal width over 0 to 1, lowest first: those that hold something.
///
/// A bin holds its lower edge and not its upper one, but the last holds both; scores beyond 0 and
/// 1 count to the bins at the ends. `bins` of 0 is one bin.
#[must_use]
pub fn reliability(scores: &[(f64, bool)], bins: usize) -> Vec<ReliabilityBin> {
    let samples = scores.iter().map(|&(score, right)| (score, right, 1.0));
    let bins = bins.max(1);
    let edge = |index: usize| super::to_f64(index) / super::to_f64(bins);
    let mut counts = vec![0; bins];
    for &(score, _) in scores {
        counts[bin_of(score, bins)] += 1;
    }
    let sums = sums(samples, bins).into_iter().enumerate().zip(counts);
    sums.filter(|(_, count)| *count > 0)
        .map(|((index, sum), count)| ReliabilityBin {
            from: edge(index),
            to: edge(index + 1),
            count,
            mean_score: sum.score / sum.weight,
            hit_share: sum.right / sum.weight,
        })
        .collect()
}

/// The mean distance of a score from the share that is right, over the bins of
/// [`reliability`] weighted by what they hold (Naeini, Cooper & Hauskrecht 2015). `None` where
/// nothing has a weight.
///
/// # Panics
///
/// Where a group has no weight.
#[must_use]
pub fn expected_calibration_error(
    scores: &[Scored],
    bins: usize,
    weights: Option<&[f64]>,
) -> Option<f64> {
    let weighted = |sample: &Scored| {
        let weight = super::weight(weights, sample.group);
        (sample.score, sample.positive, weight)
    };
    let sums = sums(scores.iter().map(weighted), bins.max(1));
    let all: f64 = sums.iter().map(|sum| sum.weight).sum();
    let apart: f64 = sums.iter().map(|sum| (sum.score - sum.right).abs()).sum();
    (all > 0.0).then(|| apart / all)
}

/// The mean squared distance of the score from what came true, 1 or 0 (Brier 1950). `None`
/// without samples.
#[must_use]
pub fn brier(scores: &[(f64, bool)]) -> Option<f64> {
    let squared = |&(score, right): &(f64, bool)| (score - truth(right)).powi(2);
    let sum: f64 = scores.iter().map(squared).sum();
    (!scores.is_empty()).then(|| sum / super::to_f64(scores.len()))
}

/// What the samples of a bin come to, each times its weight.
#[derive(Clone, Copy, Default)]
struct BinSum {
    weight: f64,
    score: f64,
    right: f64,
}

/// Sums by bin, of score, whether it was right, and weight.
fn sums(samples: impl Iterator<Item = (f64, bool, f64)>, bins: usize) -> Vec<BinSum> {
    let mut sums = vec![BinSum::default(); bins];
    for (score, right, weight) in samples {
        let sum = &mut sums[bin_of(score, bins)];
        sum.weight += weight;
        sum.score += weight * score;
        sum.right += weight * truth(right);
    }
    sums
}

/// The last bin whose lower edge is at most the score.
///
/// Edges are compared rather than the score multiplied, which rounds: 0.29 · 100 lies below 29.
fn bin_of(score: f64, bins: usize) -> usize {
    let (mut low, mut high) = (0, bins);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if super::to_f64(middle) / super::to_f64(bins) <= score {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn truth(right: bool) -> f64 {
    if right { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{close, read};
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        scores: Vec<f64>,
        positive: Vec<u8>,
        group: Vec<usize>,
        bins: usize,
        table: Vec<ReliabilityBin>,
        expected_calibration_error: f64,
        weights: Vec<f64>,
        weighted_error: f64,
        brier: f64,
    }

    #[test]
    fn bins_and_errors_are_those_of_numpy_and_scikit_learn() {
        let cases: Vec<Golden> = read(include_str!(
            "../../../tests/golden/metrics/reliability.json"
        ));
        assert!(cases.len() >= 2);
        for case in cases {
            let right = case.positive.iter().map(|&positive| positive == 1);
            let pairs: Vec<(f64, bool)> = case.scores.iter().copied().zip(right).collect();
            let table = reliability(&pairs, case.bins);
            assert_eq!(table.len(), case.table.len());
            for (bin, wanted) in table.iter().zip(&case.table) {
                assert_eq!(bin.count, wanted.count);
                close(bin.from, wanted.from, 1e-15);
                close(bin.to, wanted.to, 1e-15);
                close(bin.mean_score, wanted.mean_score, 1e-12);
                close(bin.hit_share, wanted.hit_share, 1e-12);
            }
            let scored = |(&(score, positive), &group)| Scored {
                score,
                positive,
                group,
            };
            let samples: Vec<Scored> = pairs.iter().zip(&case.group).map(scored).collect();
            let error = |weights| expected_calibration_error(&samples, case.bins, weights).unwrap();
            close(error(None), case.expected_calibration_error, 1e-12);
            close(error(Some(&case.weights)), case.weighted_error, 1e-12);
            close(brier(&pairs).unwrap(), case.brier, 1e-12);
        }
    }

    #[test]
    fn edges_belong_to_the_bin_above_and_one_to_the_last() {
        let scores = [0.0, 0.29, 0.3, 0.7, 1.0, 1.5, -0.5].map(|score| (score, true));
        let bins = reliability(&scores, 100);
        let from: Vec<f64> = bins.iter().map(|bin| bin.from).collect();
        assert_eq!(from, [0.0, 0.29, 0.3, 0.7, 0.99]);
        let counts: Vec<usize> = bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [2, 1, 1, 1, 2]);
        assert_eq!(reliability(&scores, 0).len(), 1);
    }

    #[test]
    fn nothing_has_no_error() {
        assert!(reliability(&[], 10).is_empty());
        assert_eq!(brier(&[]), None);
        assert_eq!(expected_calibration_error(&[], 10, None), None);
        let one = Scored {
            score: 0.3,
            positive: true,
            group: 0,
        };
        assert_eq!(expected_calibration_error(&[one], 10, Some(&[0.0])), None);
        close(
            expected_calibration_error(&[one], 10, None).unwrap(),
            0.7,
            1e-15,
        );
    }

    proptest! {
        #[test]
        fn weights_of_one_change_nothing_and_scores_lie_in_their_bin(
            scores in prop::collection::vec((0.0..=1.0, any::<bool>()), 1..80),
            bins in 1usize..40,
        ) {
            let scored = |(group, &(score, positive))| Scored { score, positive, group };
            let samples: Vec<Scored> = scores.iter().enumerate().map(scored).collect();
            let error = |weights| expected_calibration_error(&samples, bins, weights);
            prop_assert_eq!(error(None), error(Some(&vec![1.0; scores.len()])));
            let table = reliability(&scores, bins);
            prop_assert_eq!(table.iter().map(|bin| bin.count).sum::<usize>(), scores.len());
            for bin in table {
                prop_assert!(bin.mean_score >= bin.from - 1e-12 && bin.mean_score <= bin.to + 1e-12);
            }
        }
    }
}
