//! Fitting the curve that turns scores into probabilities.
//!
//! Both fits take scores from 0 to 1 with whether they were right. They refuse, in words to be put
//! behind the name of what was fitted, other scores and fewer than two samples of either outcome.

use crate::model::Calibration;

/// Fewer samples of an outcome say nothing of how it is spread.
const FEWEST: usize = 2;

/// Isotonic regression: the curve that never falls with the least squared distance from the
/// outcomes, by pooling adjacent violators (Barlow et al. 1972), straight between the scores seen.
///
/// Equal scores are one point. What scikit-learn's `IsotonicRegression(out_of_bounds="clip")`
/// gives.
pub fn fit_isotonic(samples: &[(f64, bool)]) -> Result<Calibration, String> {
    check(samples)?;
    let mut sorted = samples.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<Pool> = Vec::new();
    for (score, right) in sorted {
        let right = if right { 1.0 } else { 0.0 };
        match pools.last_mut() {
            Some(pool) if pool.to >= score => {
                pool.right += right;
                pool.count += 1.0;
            }
            _ => pools.push(Pool {
                from: score,
                to: score,
                right,
                count: 1.0,
            }),
        }
    }
    let mut rising: Vec<Pool> = Vec::new();
    for mut pool in pools {
        while let Some(before) = rising.pop_if(|before| before.mean() >= pool.mean()) {
            pool.from = before.from;
            pool.right += before.right;
            pool.count += before.count;
        }
        rising.push(pool);
    }
    let ends = |pool: Pool| {
        let first = (pool.from, pool.mean());
        let last = (pool.to > pool.from).then(|| (pool.to, pool.mean()));
        std::iter::once(first).chain(last)
    };
    Ok(Calibration::Isotonic {
        points: rising.into_iter().flat_map(ends).collect(),
    })
}

/// A sigmoid of the score (Platt 1999), by Newton's method with the targets
/// (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2) and a backtracking line search (Lin, Lin & Weng 2007).
///
/// What scikit-learn's `_SigmoidCalibration` gives, whose `a_` and `b_` have the other sign.
/// Refuses too what a rising sigmoid cannot mend: scores that are the lower the more often they
/// are right.
pub fn fit_platt(samples: &[(f64, bool)]) -> Result<Calibration, String> {
    let [positives, negatives] = check(samples)?;
    let of_positive = (positives + 1.0) / (positives + 2.0);
    let of_negative = 1.0 / (negatives + 2.0);
    let targets: Vec<(f64, f64)> = samples
        .iter()
        .map(|&(score, right)| (score, if right { of_positive } else { of_negative }))
        .collect();
    let start = [0.0, ((positives + 1.0) / (negatives + 1.0)).ln()];
    let [slope, offset] = newton(&targets, start);
    if slope < 0.0 {
        return Err(format!(
            "has scores that are the lower the more often they are right (slope {slope:.3}), \
             wanted the higher"
        ));
    }
    Ok(Calibration::Platt { slope, offset })
}

/// Equal or neighbouring scores with one probability.
struct Pool {
    from: f64,
    to: f64,
    right: f64,
    count: f64,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.right / self.count
    }
}

/// The number of samples that were right and wrong.
fn check(samples: &[(f64, bool)]) -> Result<[f64; 2], String> {
    if let Some((score, _)) = samples.iter().find(|(s, _)| !(0.0..=1.0).contains(s)) {
        return Err(format!("has the score {score}, wanted 0 to 1"));
    }
    let positives = samples.iter().filter(|(_, right)| *right).count();
    let negatives = samples.len() - positives;
    if positives < FEWEST || negatives < FEWEST {
        return Err(format!(
            "has {positives} scores that were right and {negatives} that were not, \
             wanted at least {FEWEST} of each"
        ));
    }
    Ok([super::to_f64(positives), super::to_f64(negatives)])
}

/// The slope and the offset with the least cross entropy of scores and targets.
fn newton(targets: &[(f64, f64)], start: [f64; 2]) -> [f64; 2] {
    /// Newton's method doubles the right digits in each step; it needs about ten.
    const MOST_STEPS: usize = 100;
    /// The gradient a sample that counts as none.
    const FLAT: f64 = 1e-13;
    /// Keeps the Hessian invertible where all scores are equal.
    const RIDGE: f64 = 1e-12;
    /// The share of the linear decrease that a step must reach (Armijo).
    const SUFFICIENT: f64 = 1e-4;
    /// Relative rounding of the loss: near the end full steps must not fail by it.
    const ROUNDING: f64 = 1e-12;
    const SHORTEST: f64 = 1e-10;

    let mut at = start;
    let mut loss = cross_entropy(targets, at);
    for _ in 0..MOST_STEPS {
        let (gradient, [ss, so, oo]) = derivatives(targets, at);
        if gradient[0].abs().max(gradient[1].abs()) <= FLAT * super::to_f64(targets.len()) {
            break;
        }
        let (ss, oo) = (ss + RIDGE, oo + RIDGE);
        let determinant = ss * oo - so * so;
        let step = [
            (so * gradient[1] - oo * gradient[0]) / determinant,
            (so * gradient[0] - ss * gradient[1]) / determinant,
        ];
        let decrease = gradient[0] * step[0] + gradient[1] * step[1];
        let mut length = 1.0;
        loop {
            let next = [at[0] + length * step[0], at[1] + length * step[1]];
            let next_loss = cross_entropy(targets, next);
            if next_loss <= loss + SUFFICIENT * length * decrease + ROUNDING * loss {
                (at, loss) = (next, next_loss);
                break;
            }
            length /= 2.0;
            if length < SHORTEST {
                return at;
            }
        }
    }
    at
}

/// −Σ t · ln p + (1 − t) · ln(1 − p), in a form that does not overflow.
fn cross_entropy(targets: &[(f64, f64)], [slope, offset]: [f64; 2]) -> f64 {
    let one = |&(score, target): &(f64, f64)| {
        let logit = slope * score + offset;
        (-logit.abs()).exp().ln_1p() + logit.max(0.0) - target * logit
    };
    targets.iter().map(one).sum()
}

/// The gradient by slope and offset, and the second derivatives by slope twice, by both, and by
/// offset twice.
fn derivatives(targets: &[(f64, f64)], [slope, offset]: [f64; 2]) -> ([f64; 2], [f64; 3]) {
    let (mut gradient, mut second) = ([0.0; 2], [0.0; 3]);
    for &(score, target) in targets {
        let probability = 1.0 / (1.0 + (-(slope * score + offset)).exp());
        let above = probability - target;
        gradient[0] += above * score;
        gradient[1] += above;
        let curvature = probability * (1.0 - probability);
        second[0] += curvature * score * score;
        second[1] += curvature * score;
        second[2] += curvature;
    }
    (gradient, second)
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
        at: Vec<f64>,
        isotonic: Vec<f64>,
        isotonic_points: Vec<(f64, f64)>,
        platt: Vec<f64>,
        platt_exact: Vec<f64>,
    }

    fn cases() -> Vec<(Golden, Vec<(f64, bool)>)> {
        let cases: Vec<Golden> = read(include_str!(
            "../../../tests/golden/metrics/calibration.json"
        ));
        assert!(cases.len() >= 3);
        let samples = |case: &Golden| {
            let right = case.positive.iter().map(|&positive| positive == 1);
            case.scores.iter().copied().zip(right).collect()
        };
        cases
            .into_iter()
            .map(|case| {
                let samples = samples(&case);
                (case, samples)
            })
            .collect()
    }

    #[test]
    fn isotonic_curves_are_those_of_scikit_learn() {
        for (case, samples) in cases() {
            let curve = fit_isotonic(&samples).unwrap();
            assert_eq!(curve.check(), Ok(()));
            for (&score, &wanted) in case.at.iter().zip(&case.isotonic) {
                close(curve.apply(score), wanted, 1e-12);
            }
            let Calibration::Isotonic { points } = curve else {
                panic!("{curve:?}");
            };
            assert_eq!(points.len(), case.isotonic_points.len());
            for (point, wanted) in points.iter().zip(&case.isotonic_points) {
                close(point.0, wanted.0, 1e-15);
                close(point.1, wanted.1, 1e-12);
            }
        }
    }

    #[test]
    fn sigmoids_are_those_of_scikit_learn() {
        for (case, samples) in cases() {
            let curve = fit_platt(&samples).unwrap();
            assert_eq!(curve.check(), Ok(()));
            let wanted = case.platt.iter().zip(&case.platt_exact);
            for (&score, (&platt, &exact)) in case.at.iter().zip(wanted) {
                close(curve.apply(score), exact, 1e-9);
                // scikit-learn stops its search earlier.
                close(curve.apply(score), platt, 1e-6);
            }
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let few = [(0.1, false), (0.9, true), (0.2, false)];
        let wrong = [(0.1, false), (f64::NAN, true), (0.2, false), (0.8, true)];
        for fit in [fit_isotonic, fit_platt] {
            assert!(fit(&[]).unwrap_err().contains("0 scores"));
            assert!(
                fit(&few)
                    .unwrap_err()
                    .contains("has 1 scores that were right and 2")
            );
            assert!(fit(&wrong).unwrap_err().contains("score NaN"));
        }
    }

    #[test]
    fn scores_that_run_the_wrong_way_give_a_flat_curve_or_none() {
        let reversed = [(0.1, true), (0.2, true), (0.8, false), (0.9, false)];
        assert_eq!(
            fit_isotonic(&reversed).unwrap(),
            Calibration::Isotonic {
                points: vec![(0.1, 0.5), (0.9, 0.5)]
            }
        );
        assert!(fit_platt(&reversed).unwrap_err().contains("slope -"));
    }

    #[test]
    fn equal_scores_have_the_share_that_is_right() {
        let equal = [(0.4, true), (0.4, false), (0.4, true), (0.4, false)];
        for fit in [fit_isotonic, fit_platt] {
            close(fit(&equal).unwrap().apply(0.4), 0.5, 1e-12);
        }
    }

    proptest! {
        #[test]
        fn curves_rise_and_keep_the_mean(
            samples in prop::collection::vec((0u8..=20, any::<bool>()), 4..120),
        ) {
            let samples: Vec<(f64, bool)> = samples
                .into_iter()
                .map(|(score, right)| (f64::from(score) / 20.0, right))
                .collect();
            let right = samples.iter().filter(|(_, right)| *right).count();
            prop_assume!(right >= 2 && samples.len() - right >= 2);
            let curve = fit_isotonic(&samples).unwrap();
            prop_assert_eq!(curve.check(), Ok(()));
            // Pooling moves no mass: what the curve says of all samples is what came true.
            let told: f64 = samples.iter().map(|&(score, _)| curve.apply(score)).sum();
            prop_assert!((told - super::super::to_f64(right)).abs() < 1e-9);
            if let Ok(sigmoid) = fit_platt(&samples) {
                prop_assert_eq!(sigmoid.check(), Ok(()));
            }
        }
    }
}
