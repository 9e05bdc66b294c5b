//! Fitting the scores of a model's sites to how often they hit, class by class.

use super::metrics::{fit_isotonic, fit_platt};
use super::observation::Observation;
use crate::model::Calibration;

/// Fewer sites of either outcome tell nothing.
const LEAST: usize = 10;

/// Calibrations by class, and what to say of classes that have too little to learn from. The
/// scores are those of [`Observation::scored`].
#[must_use]
pub fn fit_calibrations(
    observations: &[Observation],
    classes: &[String],
    isotonic: bool,
) -> (Vec<(String, Calibration)>, Vec<String>) {
    let mut fitted = Vec::new();
    let mut notes = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        let all = observations.iter().flat_map(|o| &o.scored);
        let own = all.filter(|(k, _, _)| *k == class);
        let scored: Vec<(f64, bool)> = own.map(|(_, score, hit)| (*score, *hit)).collect();
        let hits = scored.iter().filter(|(_, hit)| *hit).count();
        let misses = scored.len() - hits;
        let calibration = if hits.min(misses) < LEAST {
            Err(format!(
                "has {hits} sites that hit and {misses} false ones, wanted at least {LEAST} of either"
            ))
        } else if isotonic {
            fit_isotonic(&scored)
        } else {
            fit_platt(&scored)
        };
        match calibration {
            Ok(calibration) => fitted.push((name.clone(), calibration)),
            Err(problem) => notes.push(format!("scores were not fitted: `{name}` {problem}")),
        }
    }
    (fitted, notes)
}
