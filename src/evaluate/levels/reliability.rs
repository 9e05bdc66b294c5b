//! Whether the scores of sites are what they say.

use super::Evidence;
use crate::evaluate::metrics::{Scored, brier, expected_calibration_error, reliability};
use crate::evaluate::report::schema::Reliability;
use crate::model::Calibration;

/// Bins of equal width over scores from 0 to 1.
const BINS: usize = 10;

/// How often sites of a score hit a plot. `calibrations` are those of the model's sidecar, one a
/// class; none where no site was found.
#[must_use]
pub fn reliability_of(
    evidence: &Evidence<'_>,
    calibrations: &[Option<Calibration>],
) -> Option<Reliability> {
    let mut scored = Vec::new();
    let mut ranked = Vec::new();
    for observation in evidence.observations {
        for (class, score, is_hit) in &observation.scored {
            let calibration = calibrations.get(*class).and_then(Option::as_ref);
            let score = calibration.map_or(*score, |c| c.apply(*score));
            scored.push((score, *is_hit));
            ranked.push(Scored {
                score,
                positive: *is_hit,
                group: evidence.group(observation),
            });
        }
    }
    if scored.is_empty() {
        return None;
    }
    Some(Reliability {
        of: "site".into(),
        ece: evidence
            .resamples
            .measure(|weights| expected_calibration_error(&ranked, BINS, weights)),
        bins: reliability(&scored, BINS),
        brier: brier(&scored),
        calibrated: calibrations.iter().any(Option::is_some),
    })
}
