//! How well scores tell positives from negatives, over all thresholds at once.

/// A sample with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Its score, higher for what looks more positive; NaN ranks last.
    pub score: f64,
    /// What it really is.
    pub positive: bool,
    /// The group it belongs to, an index into weights.
    pub group: usize,
}

/// Samples by descending score. Every number takes one pass over them.
#[derive(Debug, Clone)]
pub struct Ranking {
    samples: Vec<Scored>,
    /// The end of each run of equal scores, which no threshold can part.
    ends: Vec<usize>,
}

impl Ranking {
    /// Sorts the samples.
    #[must_use]
    pub fn new(mut samples: Vec<Scored>) -> Self {
        for sample in &mut samples {
            sample.score = super::rank(sample.score);
        }
        samples.sort_by(|a, b| b.score.total_cmp(&a.score));
        let falls = |pair: &[Scored]| pair[1].score < pair[0].score;
        let mut ends: Vec<usize> = (1..)
            .zip(samples.windows(2))
            .filter_map(|(end, pair)| falls(pair).then_some(end))
            .collect();
        if !samples.is_empty() {
            ends.push(samples.len());
        }
        Self { samples, ends }
    }

    /// The area under the precision-recall curve as a step function: the mean of the precisions
    /// at each positive, weighted; scikit-learn's `average_precision_score`. `None` without
    /// positives.
    ///
    /// # Panics
    ///
    /// Where a group has no weight.
    #[must_use]
    pub fn average_precision(&self, weights: Option<&[f64]>) -> Option<f64> {
        let (mut found, mut wrong, mut area) = (0.0, 0.0, 0.0);
        for (positive, negative) in self.ties(weights) {
            found += positive;
            wrong += negative;
            if positive > 0.0 {
                area += positive * (found / (found + wrong));
            }
        }
        (found > 0.0).then(|| area / found)
    }

    /// The area under the receiver operating characteristic, with straight lines across equal
    /// scores: the share of pairs of a positive and a negative in which the positive has the
    /// higher score, equal scores counting half. `None` without positives or negatives.
    ///
    /// # Panics
    ///
    /// Where a group has no weight.
    #[must_use]
    pub fn roc_auc(&self, weights: Option<&[f64]>) -> Option<f64> {
        let (mut found, mut wrong, mut area) = (0.0, 0.0, 0.0);
        for (positive, negative) in self.ties(weights) {
            area += negative * (found + positive / 2.0);
            found += positive;
            wrong += negative;
        }
        (found > 0.0 && wrong > 0.0).then(|| area / found / wrong)
    }

    /// The precision-recall curve, recall and precision by ascending recall: (0, 1), which no
    /// threshold gives, then a point for each different score. Empty without positives.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let positives: f64 = self.ties(None).map(|(positive, _)| positive).sum();
        if positives <= 0.0 {
            return Vec::new();
        }
        let (mut found, mut wrong) = (0.0, 0.0);
        let points = self.ties(None).map(|(positive, negative)| {
            found += positive;
            wrong += negative;
            (found / positives, found / (found + wrong))
        });
        std::iter::once((0.0, 1.0)).chain(points).collect()
    }

    /// The curve for drawing: at most `most` points, but at least two, among them the first and
    /// the last. Points inside vertical lines go first; of the others those stay that lie at
    /// even distances along the curve.
    #[must_use]
    pub fn curve_of(&self, most: usize) -> Vec<(f64, f64)> {
        thin(&corners(&self.curve()), most.max(2))
    }

    /// Weights of positives and of negatives by descending score.
    fn ties<'a>(&'a self, weights: Option<&'a [f64]>) -> impl Iterator<Item = (f64, f64)> + 'a {
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let (mut positive, mut negative) = (0.0, 0.0);
            for sample in &self.samples[from..end] {
                let weight = super::weight(weights, sample.group);
                if sample.positive {
                    positive += weight;
                } else {
                    negative += weight;
                }
            }
            from = end;
            (positive, negative)
        })
    }
}

/// A curve without the points inside its vertical lines, where recall stands still.
fn corners(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let inside = |index: usize| {
        let around = index
            .checked_sub(1)
            .and_then(|i| curve.get(i))
            .zip(curve.get(index + 1));
        around.is_some_and(|(before, after)| before.0 >= after.0)
    };
    let points = curve.iter().enumerate();
    let kept = points.filter(|(index, _)| !inside(*index));
    kept.map(|(_, &point)| point).collect()
}

/// At most `most` points of a curve, the first and the last among them, at even distances along
/// it as far as it has any there.
fn thin(curve: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let (Some((&first, rest)), Some(&last)) = (curve.split_first(), curve.last()) else {
        return Vec::new();
    };
    if curve.len() <= most {
        return curve.to_vec();
    }
    let length =
        |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).abs() + (pair[1].1 - pair[0].1).abs();
    let step = curve.windows(2).map(length).sum::<f64>() / super::to_f64(most - 1);
    let mut kept = vec![first];
    let mut walked = 0.0;
    for (pair, &point) in curve.windows(2).zip(rest) {
        walked += length(pair);
        if walked >= step && kept.len() + 1 < most {
            kept.push(point);
            walked = 0.0;
        }
    }
    if kept.last() != Some(&last) {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::golden::{close, read};
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        name: String,
        scores: Vec<f64>,
        positive: Vec<u8>,
        group: Vec<usize>,
        weights: Option<Vec<f64>>,
        average_precision: f64,
        roc_auc: f64,
        curve: Option<Vec<(f64, f64)>>,
    }

    fn ranking(scores: &[f64], positive: &[bool]) -> Ranking {
        let samples = scores.iter().zip(positive).enumerate();
        let sample = |(group, (&score, &positive))| Scored {
            score,
            positive,
            group,
        };
        Ranking::new(samples.map(sample).collect())
    }

    #[test]
    fn areas_and_curves_are_those_of_scikit_learn() {
        let cases: Vec<Golden> = read(include_str!("../../../tests/golden/metrics/ranking.json"));
        assert!(cases.len() >= 5);
        for case in cases {
            println!("{}", case.name);
            let samples = case.scores.iter().zip(&case.positive).zip(&case.group);
            let scored = |((&score, &positive), &group)| Scored {
                score,
                positive: positive == 1,
                group,
            };
            let ranking = Ranking::new(samples.map(scored).collect());
            let weights = case.weights.as_deref();
            close(
                ranking.average_precision(weights).unwrap(),
                case.average_precision,
                1e-12,
            );
            close(ranking.roc_auc(weights).unwrap(), case.roc_auc, 1e-12);
            if let Some(wanted) = case.curve {
                let curve = ranking.curve();
                assert_eq!(curve.len(), wanted.len());
                for (point, wanted) in curve.iter().zip(&wanted) {
                    close(point.0, wanted.0, 1e-12);
                    close(point.1, wanted.1, 1e-12);
                }
            }
        }
    }

    #[test]
    fn one_outcome_alone_has_no_area() {
        let only = |positive| ranking(&[0.1, 0.2, 0.2], &[positive; 3]);
        assert_eq!(only(false).average_precision(None), None);
        assert_eq!(only(false).roc_auc(None), None);
        assert!(only(false).curve().is_empty() && only(false).curve_of(9).is_empty());
        assert_eq!(only(true).average_precision(None), Some(1.0));
        assert_eq!(only(true).roc_auc(None), None);
        let both = ranking(&[0.1, 0.2], &[true, false]);
        assert_eq!(both.average_precision(Some(&[0.0, 2.0])), None);
        assert_eq!(both.roc_auc(Some(&[1.0, 0.0])), None);
        let nothing = ranking(&[], &[]);
        assert_eq!(nothing.average_precision(None), None);
        assert_eq!(nothing.roc_auc(None), None);
    }

    #[test]
    fn no_score_ranks_last_and_the_zeros_are_one() {
        let some = ranking(&[f64::NAN, 0.5, -1.0], &[false, true, false]);
        assert_eq!(some.roc_auc(None), Some(1.0));
        let zeros = ranking(&[0.0, -0.0], &[true, false]);
        assert_eq!(zeros.roc_auc(None), Some(0.5));
    }

    #[test]
    fn vertical_lines_keep_their_ends() {
        let curve = [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (0.5, 0.3), (1.0, 0.4)];
        assert_eq!(corners(&curve), [curve[0], curve[1], curve[3], curve[4]]);
        assert_eq!(thin(&curve, 2), [curve[0], curve[4]]);
        assert_eq!(thin(&curve[..1], 2), curve[..1]);
    }

    fn samples() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
        // Few different scores, so that many are equal.
        let sample = (0u8..12, any::<bool>());
        prop::collection::vec(sample, 0..200).prop_map(|samples| {
            let scores = samples.iter().map(|(score, _)| f64::from(*score) / 11.0);
            (scores.collect(), samples.iter().map(|(_, p)| *p).collect())
        })
    }

    proptest! {
        #[test]
        fn weights_of_one_change_nothing((scores, positive) in samples()) {
            let ranking = ranking(&scores, &positive);
            let ones = vec![1.0; scores.len()];
            prop_assert_eq!(ranking.average_precision(None), ranking.average_precision(Some(&ones)));
            prop_assert_eq!(ranking.roc_auc(None), ranking.roc_auc(Some(&ones)));
        }

        #[test]
        fn whole_weights_are_repetitions(
            (scores, positive) in samples(),
            times in prop::collection::vec(0u8..4, 200),
        ) {
            let weights: Vec<f64> = times.iter().map(|&t| f64::from(t)).collect();
            let repeated: Vec<usize> = (0..scores.len())
                .flat_map(|index| vec![index; times[index].into()])
                .collect();
            let many = ranking(
                &repeated.iter().map(|&index| scores[index]).collect::<Vec<_>>(),
                &repeated.iter().map(|&index| positive[index]).collect::<Vec<_>>(),
            );
            let once = ranking(&scores, &positive);
            for (weighted, repeated) in [
                (once.average_precision(Some(&weights)), many.average_precision(None)),
                (once.roc_auc(Some(&weights)), many.roc_auc(None)),
            ] {
                prop_assert_eq!(weighted.is_some(), repeated.is_some());
                let distance = weighted.unwrap_or_default() - repeated.unwrap_or_default();
                prop_assert!(distance.abs() < 1e-12);
            }
        }

        #[test]
        fn reversed_scores_have_the_rest_of_the_area((scores, positive) in samples()) {
            let reversed: Vec<f64> = scores.iter().map(|score| -score).collect();
            let (one, other) = (ranking(&scores, &positive), ranking(&reversed, &positive));
            if let (Some(area), Some(rest)) = (one.roc_auc(None), other.roc_auc(None)) {
                prop_assert!((area + rest - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn a_thinned_curve_is_a_part_of_the_curve_with_both_ends(
            (scores, positive) in samples(),
            most in 0usize..20,
        ) {
            let ranking = ranking(&scores, &positive);
            let (all, some) = (ranking.curve(), ranking.curve_of(most));
            prop_assert!(some.len() <= most.max(2));
            prop_assert_eq!((all.first(), all.last()), (some.first(), some.last()));
            let mut rest = all.iter();
            prop_assert!(some.iter().all(|point| rest.any(|p| p == point)));
        }
    }
}
