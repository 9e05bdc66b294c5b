//! How often a score is right: the curve that turns a model's scores into probabilities.

use crate::digest::hash_of;
use serde::{Deserialize, Serialize};

/// A curve from scores to probabilities that never falls.
///
/// As JSON: `{"method": "isotonic", "points": [[score, probability], …]}` or
/// `{"method": "platt", "slope": …, "offset": …}`. One that was read from a file says with
/// [`Calibration::check`] whether it is such a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
pub enum Calibration {
    /// Straight lines between points: isotonic regression.
    Isotonic {
        /// Score and probability, both from 0 to 1, by ascending score. Scores below the first
        /// or above the last have its probability.
        points: Vec<(f64, f64)>,
    },
    /// A sigmoid of the score (Platt 1999): 1 / (1 + exp(−(slope · score + offset))).
    Platt {
        /// By how much the logit rises from score 0 to score 1; Platt's A with the other sign.
        slope: f64,
        /// The logit at score 0; Platt's B with the other sign.
        offset: f64,
    },
}

impl Calibration {
    /// The probability of a score, 0 to 1; higher scores never get a lower one.
    ///
    /// # Panics
    ///
    /// Of an isotonic curve without points, which [`Calibration::check`] refuses.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Self::Isotonic { points } => between(points, score),
            Self::Platt { slope, offset } => 1.0 / (1.0 + (-(slope * score + offset)).exp()),
        }
    }

    /// Whether this is a curve from scores to probabilities that never falls; says what is
    /// wrong and what was wanted if not, to be put behind the name of the file.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Isotonic { points } => check_points(points),
            Self::Platt { slope, offset } => {
                if !slope.is_finite() || !offset.is_finite() {
                    return Err(format!(
                        "has slope {slope} and offset {offset}, wanted two finite numbers"
                    ));
                }
                if *slope < 0.0 {
                    return Err(format!(
                        "has slope {slope}, wanted at least 0: higher scores must not become less likely"
                    ));
                }
                Ok(())
            }
        }
    }
}

impl std::fmt::Display for Calibration {
    /// In a word, with what tells it from another of its kind.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Isotonic { points } => {
                let text: Vec<String> = points.iter().map(|(s, p)| format!("{s} {p}")).collect();
                let hash = hash_of(text.join(","));
                write!(f, "isotonic:{}", &hash[..8])
            }
            Self::Platt { slope, offset } => write!(f, "platt:{slope:.6}:{offset:.6}"),
        }
    }
}

/// The height over `score` of the line through `points`.
fn between(points: &[(f64, f64)], score: f64) -> f64 {
    let above = points.partition_point(|&(at, _)| at <= score);
    if above == 0 {
        return points[0].1;
    }
    let (low, from) = points[above - 1];
    let Some(&(high, to)) = points.get(above) else {
        return from;
    };
    // Rounding must not carry it past the next point, where the curve would fall again.
    (from + (to - from) * ((score - low) / (high - low))).min(to)
}

fn check_points(points: &[(f64, f64)]) -> Result<(), String> {
    if points.is_empty() {
        return Err("has no points, wanted at least one".into());
    }
    for (number, (score, probability)) in (1..).zip(points) {
        for (what, value) in [("score", score), ("probability", probability)] {
            if !(0.0..=1.0).contains(value) {
                return Err(format!(
                    "has {what} {value} at point {number}, wanted 0 to 1"
                ));
            }
        }
    }
    for (number, pair) in (2..).zip(points.windows(2)) {
        let ((before, lower), (score, probability)) = (pair[0], pair[1]);
        if score <= before {
            return Err(format!(
                "has score {score} at point {number} after {before}, wanted ascending scores"
            ));
        }
        if probability < lower {
            return Err(format!(
                "has probability {probability} at point {number} after {lower}, wanted none that falls"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn isotonic(points: &[(f64, f64)]) -> Calibration {
        Calibration::Isotonic {
            points: points.to_vec(),
        }
    }

    fn problem(calibration: &Calibration) -> String {
        calibration.check().unwrap_err()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn an_isotonic_curve_is_straight_between_points_and_flat_beyond() {
        let curve = isotonic(&[(0.25, 0.125), (0.75, 0.625), (1.0, 1.0)]);
        assert_eq!(curve.check(), Ok(()));
        for (score, wanted) in [
            (-1.0, 0.125),
            (0.25, 0.125),
            (0.5, 0.375),
            (0.75, 0.625),
            (0.875, 0.8125),
            (1.0, 1.0),
            (2.0, 1.0),
        ] {
            assert_eq!(curve.apply(score), wanted, "{score}");
        }
        assert_eq!(isotonic(&[(0.5, 0.3)]).apply(0.9), 0.3);
    }

    #[test]
    fn a_sigmoid_has_its_middle_where_the_logit_is_zero() {
        let curve = Calibration::Platt {
            slope: 8.0,
            offset: -4.0,
        };
        assert_eq!(curve.check(), Ok(()));
        assert!((curve.apply(0.5) - 0.5).abs() < 1e-15);
        assert!((curve.apply(1.0) - 0.982_013_790_037_908_4).abs() < 1e-15);
        for score in [-1e300, 1e300] {
            assert!((0.0..=1.0).contains(&curve.apply(score)));
        }
    }

    #[test]
    fn what_is_no_calibration_is_refused() {
        let platt = |slope, offset| Calibration::Platt { slope, offset };
        for (wrong, says) in [
            (isotonic(&[]), "no points"),
            (isotonic(&[(0.1, f64::NAN)]), "probability NaN at point 1"),
            (isotonic(&[(0.1, 0.2), (1.5, 0.3)]), "score 1.5 at point 2"),
            (isotonic(&[(0.1, -0.2)]), "probability -0.2 at point 1"),
            (
                isotonic(&[(0.3, 0.2), (0.2, 0.3)]),
                "score 0.2 at point 2 after 0.3",
            ),
            (isotonic(&[(0.3, 0.2), (0.3, 0.3)]), "ascending scores"),
            (
                isotonic(&[(0.3, 0.2), (0.4, 0.1)]),
                "probability 0.1 at point 2 after 0.2",
            ),
            (platt(-0.5, 0.0), "slope -0.5"),
            (platt(f64::INFINITY, 0.0), "slope inf"),
            (platt(1.0, f64::NAN), "offset NaN"),
        ] {
            assert!(problem(&wrong).contains(says), "{}", problem(&wrong));
        }
    }

    #[test]
    fn json_has_the_form_of_the_sidecar() {
        for (curve, text) in [
            (
                isotonic(&[(0.0, 0.25), (1.0, 0.5)]),
                r#"{"method":"isotonic","points":[[0.0,0.25],[1.0,0.5]]}"#,
            ),
            (
                Calibration::Platt {
                    slope: 2.0,
                    offset: -1.5,
                },
                r#"{"method":"platt","slope":2.0,"offset":-1.5}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&curve).unwrap(), text);
            assert_eq!(serde_json::from_str::<Calibration>(text).unwrap(), curve);
        }
        for wrong in [
            r#"{"method":"beta","slope":2.0}"#,
            r#"{"method":"platt","slope":2.0,"offset":1.0,"scale":3.0}"#,
            r#"{"method":"isotonic","points":[[0.0]]}"#,
        ] {
            assert!(
                serde_json::from_str::<Calibration>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    proptest! {
        #[test]
        fn higher_scores_are_never_less_likely(
            steps in prop::collection::vec((1e-6..1.0, 0.0..1.0), 1..12),
            first in -0.5..1.5,
            second in -0.5..1.5,
            slope in 0.0..50.0,
            offset in -30.0..30.0,
        ) {
            let (wide, tall) = steps.iter().fold((0.0, 0.0), |(x, y), (dx, dy)| (x + dx, y + dy));
            let mut at = (0.0, 0.0);
            let points: Vec<(f64, f64)> = steps
                .iter()
                .map(|(dx, dy)| {
                    at = (at.0 + dx / wide, at.1 + dy / f64::max(tall, 1.0));
                    (f64::min(at.0, 1.0), f64::min(at.1, 1.0))
                })
                .collect();
            for curve in [isotonic(&points), Calibration::Platt { slope, offset }] {
                prop_assume!(curve.check().is_ok());
                let (low, high) = (curve.apply(f64::min(first, second)), curve.apply(f64::max(first, second)));
                prop_assert!(low <= high && (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            }
        }
    }
}
