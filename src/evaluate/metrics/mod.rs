//! The mathematics of a benchmark: numbers in, numbers out, no files and no pixels.
//!
//! | subject | what it answers |
//! |---|---|
//! | [`Confusion`] | precision, recall, F1 and intersection over union of counts |
//! | [`Ranking`] | areas under the precision-recall curve and under the ROC curve |
//! | [`match_boxes`] | average precision of boxes, as COCO has it |
//! | [`reliability()`] | whether scores are the probabilities they look like |
//! | [`fit_isotonic`], [`fit_platt`] | the curve that would make them so |
//! | [`Resamples`] | the interval of any of these over groups drawn again |
//!
//! Most numbers take `weights`: how often each group of samples (a flight, a scene) counts, by
//! the group's index, as a resample draws it; `None` is once each. With whole weights they give
//! what samples repeated so many times would. A number that does not exist is `None`.

mod bootstrap;
mod boxes;
#[cfg(test)]
mod boxes_tests;
mod confusion;
mod fit;
mod poisson;
mod ranking;
mod reliability;

pub use bootstrap::{Resamples, interval};
pub use boxes::{BOX_IOUS, BoxMatches, BoxPrecisions, FoundBox, TruthBox, match_boxes};
pub use confusion::Confusion;
pub use fit::{fit_isotonic, fit_platt};
pub use poisson::upper_bound;
pub use ranking::{Ranking, Scored};
pub use reliability::{brier, expected_calibration_error, reliability};

/// How often `group` counts.
fn weight(weights: Option<&[f64]>, group: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[group])
}

/// What a score ranks by: no score at all is the lowest, and the two zeros are one.
fn rank(score: f64) -> f64 {
    if score.is_nan() {
        f64::NEG_INFINITY
    } else {
        score + 0.0
    }
}

/// A count as a float, exact up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "nothing here counts that far")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Reading what other programs computed, and comparing with it.
#[cfg(test)]
mod golden {
    /// The content of a file in `tests/golden/metrics`.
    pub(super) fn read<'text, T: serde::Deserialize<'text>>(text: &'text str) -> T {
        serde_json::from_str(text).unwrap()
    }

    #[track_caller]
    pub(super) fn close(value: f64, wanted: f64, tolerance: f64) {
        let distance = (value - wanted).abs();
        assert!(distance <= tolerance, "{value} is not {wanted}");
    }
}
