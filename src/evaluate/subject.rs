//! A model that is measured, and how it is run over a scene.

use super::dataset::Scene;
use crate::Result;
use crate::model::decode::LabelRule;
use crate::model::{Calibration, Model};
use crate::pipeline::acquire::short_names;
use crate::pipeline::settings::Resolved;
use crate::pipeline::{ScanJob, read_area};
use std::path::PathBuf;

/// A model that is measured.
pub struct Subject {
    /// Its name in the report.
    pub name: String,
    /// How the command line names it.
    pub path: PathBuf,
    /// The model. Its calibration has been taken out, so that scores are its own.
    pub model: Model,
    /// By class: the calibration of its sidecar.
    pub calibrations: Vec<Option<Calibration>>,
    /// The settings it is run with.
    pub settings: Resolved,
    /// How scores are labelled at each of [`THRESHOLDS`](super::look::THRESHOLDS), as a scan
    /// with that threshold would.
    pub rules: Vec<LabelRule>,
    /// Whether the error of the images' own position is nobody's word: truth in an image's own
    /// pixels is off by nothing then.
    pub own_position: bool,
    /// The settings as `tianmu.toml` has them.
    pub config: String,
}

/// Classes of a subject that are evaluated: those that it searches for.
#[must_use]
pub fn classes_of(subject: &Subject) -> Vec<String> {
    let contract = &subject.model.contract;
    let wanted = contract.classes.iter().zip(&subject.settings.rule.wanted);
    wanted
        .filter(|(_, wanted)| **wanted)
        .map(|(name, _)| name.clone())
        .collect()
}

/// The scan of one scene.
pub(super) fn scan_job<'a>(subject: &'a Subject, scene: &Scene) -> Result<ScanJob<'a>> {
    let images = vec![scene.raster().to_owned()];
    let mut settings = subject.settings.clone();
    if subject.own_position && scene.is_in_pixels() {
        settings.position_error_m = 0.0;
    }
    Ok(ScanJob {
        names: short_names(&images),
        images,
        model: &subject.model,
        screen: None,
        settings,
        aoi: scene.aoi.as_deref().map(read_area).transpose()?,
        heatmap: None,
        keeps_scores: false,
        command_line: Vec::new(),
    })
}

/// Calibrations of the classes that are evaluated.
pub(super) fn evaluated_calibrations(subject: &Subject) -> Vec<Option<Calibration>> {
    let wanted = subject.settings.rule.wanted.iter();
    let all = subject.calibrations.iter().zip(wanted);
    all.filter(|(_, wanted)| **wanted)
        .map(|(calibration, _)| calibration.clone())
        .collect()
}
