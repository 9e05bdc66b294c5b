//! What one model's observations come to.

use super::dataset::Dataset;
use super::levels::{
    Evidence, Limit, Sweep, choose, object_level, pixel_level, reliability_of, site_level,
    threshold_rows, tile_level,
};
use super::look::THRESHOLDS;
use super::report::schema::{ModelReport, ThresholdChoice};
use super::subject::{Subject, evaluated_calibrations};
use super::truth::TruthKind;
use crate::model::ModelTask;
use std::collections::BTreeMap;

/// The figures of a model; cost, choices and pictures are not among them yet.
pub(super) fn model_report(
    subject: &Subject,
    evidence: &Evidence<'_>,
    dataset: &Dataset,
    truths: &[TruthKind],
) -> ModelReport {
    let names: Vec<String> = dataset.scenes.iter().map(|s| s.name.clone()).collect();
    let contract = &subject.model.contract;
    let file = &subject.model.file;
    let weights = file
        .weight_files
        .iter()
        .map(|w| fs_err::metadata(&w.path).map_or(0, |metadata| metadata.len()));
    let setting = |name: &str| subject.settings.record.iter().find(|r| r.name == name);
    let threshold = setting("threshold").map(|s| match &s.value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let sweep = Sweep::new(evidence, &THRESHOLDS, None);
    let mut notes = contract.notes.clone();
    for observation in evidence.observations {
        for warning in &observation.warnings {
            notes.push(format!("{}: {warning}", names[observation.scene]));
        }
    }
    let settings = subject.settings.record.iter();
    ModelReport {
        name: subject.name.clone(),
        path: subject.path.display().to_string(),
        sha256: file.sha256.clone(),
        bytes: file.bytes + weights.sum::<u64>(),
        task: contract.task.to_string(),
        gsd_m: subject.settings.gsd_m,
        classes: evidence.classes.to_vec(),
        threshold: threshold.unwrap_or_default(),
        settings: settings
            .map(|s| (s.name.to_owned(), s.value.clone()))
            .collect(),
        km2: evidence.observations.iter().filter_map(|o| o.km2).sum(),
        site: Some(site_level(
            evidence,
            |most| sweep.measured_recall_at(evidence, most),
            &names,
        )),
        tile: tile_level(evidence),
        pixel: pixel_level(evidence),
        object: object_level(evidence),
        left_out: left_out(contract.task, truths),
        calibration: reliability_of(evidence, &evaluated_calibrations(subject)),
        thresholds: threshold_rows(evidence, &THRESHOLDS),
        choices: Vec::new(),
        cost: None,
        worst_misses: Vec::new(),
        worst_false: Vec::new(),
        notes,
    }
}

/// Why a level is missing.
fn left_out(task: ModelTask, truths: &[TruthKind]) -> BTreeMap<String, String> {
    let mut reasons = BTreeMap::new();
    let mut say = |level: &str, reason: &str| {
        reasons.insert(level.to_owned(), reason.to_owned());
    };
    if task != ModelTask::Segmentation {
        say("pixel", "the model does not label pixels");
    } else if !truths.iter().any(|truth| truth.has_outlines()) {
        say("pixel", "no scene has outlines or a mask as truth");
    }
    if task == ModelTask::Classification {
        say("object", "the model rates tiles and shows no objects");
    } else if !truths.iter().any(|truth| truth.has_boxes()) {
        say("object", "no scene has boxes, outlines or a mask as truth");
    }
    reasons
}

/// The thresholds that keep a limit, one a class.
pub(super) fn choices(report: &ModelReport, limit: Option<Limit>) -> Vec<ThresholdChoice> {
    let Some(limit) = limit else {
        return Vec::new();
    };
    let several = report.classes.len() > 1;
    let choice = |class: &String| ThresholdChoice {
        class: class.clone(),
        limit: limit.to_string(),
        row: choose(&report.thresholds, if several { class } else { "" }, limit),
        written_to: None,
    };
    report.classes.iter().map(choice).collect()
}
