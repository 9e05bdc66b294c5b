//! A benchmark: every model on every scene, through the pipeline of a scan, and what that says.

use super::cost::{CostCase, CostOptions, costs};
use super::dataset::{Dataset, ImageHashes, Scene, leaks};
use super::examples::examples;
use super::headline::differences;
use super::levels::{
    Evidence, Limit, Sweep, choose, object_level, pixel_level, reliability_of, site_level,
    threshold_rows, tile_level,
};
use super::look::{Looked, Question, THRESHOLDS, look};
use super::matching::HIT_IOU;
use super::metrics::Resamples;
use super::observation::Observation;
use super::report::schema::{
    BenchReport, DatasetSummary, Difference, Method, ModelReport, SCHEMA_VERSION, SceneSummary,
    ThresholdChoice,
};
use super::truth::TruthKind;
use crate::model::{Calibration, Model, ModelFile, ModelTask};
use crate::pipeline::acquire::{gdal_version, short_names};
use crate::pipeline::provenance::hash_of_image;
use crate::pipeline::settings::Resolved;
use crate::pipeline::{ScanJob, ScanProgress, read_area};
use crate::{Error, Result};
use geo::MultiPolygon;
use std::collections::BTreeMap;
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
    /// The same as `tianmu.toml` has them.
    pub config: String,
}

/// A benchmark that was asked for.
pub struct BenchJob<'a> {
    /// The labelled imagery.
    pub dataset: &'a Dataset,
    /// The models.
    pub subjects: &'a [Subject],
    /// Resamples of an interval.
    pub resamples: usize,
    /// The seed of resampling.
    pub seed: u64,
    /// A limit that thresholds are to keep.
    pub limit: Option<Limit>,
    /// How costs are measured; `None`: they are not.
    pub cost: Option<CostOptions>,
    /// The command line.
    pub command_line: Vec<String>,
    /// When it is run, ISO 8601 in UTC.
    pub made: String,
}

/// What a benchmark gives.
pub struct Benched {
    /// The report; no file is written yet.
    pub report: BenchReport,
    /// By subject what the scenes showed.
    pub observations: Vec<Vec<Observation>>,
    /// Scenes that could not be used.
    pub failed_scenes: usize,
}

/// Runs a benchmark. A scene on which one model fails is left out for all, so that all are
/// measured on the same ground.
pub fn bench(job: &BenchJob<'_>, progress: &dyn ScanProgress) -> Result<Benched> {
    let dataset = job.dataset;
    let shown = Shown::gather(job, progress)?;
    let groups = Groups::of(&dataset.scenes, &shown.footprints);
    let resamples = Resamples::new(groups.count, job.resamples, job.seed);
    let costs = match &job.cost {
        Some(options) => costs_of(job, options, &shown.observations, progress)?,
        None => Vec::new(),
    };
    let classes: Vec<Vec<String>> = job.subjects.iter().map(classes_of).collect();
    let evidence: Vec<Evidence<'_>> = shown
        .observations
        .iter()
        .zip(&classes)
        .map(|(observations, classes)| Evidence {
            observations,
            classes,
            group_of_scene: &groups.of_scene,
            resamples: &resamples,
        })
        .collect();
    let mut costs = costs.into_iter();
    let mut models = Vec::new();
    for (subject, evidence) in job.subjects.iter().zip(&evidence) {
        let mut report = model_report(subject, evidence, dataset, &shown.truths);
        report.choices = choices(&report, job.limit);
        report.cost = costs.next();
        if report.cost.is_none() {
            let reason = "`--repeats 0` was given".to_owned();
            report.left_out.insert("cost".into(), reason);
        }
        (report.worst_misses, report.worst_false) = examples(dataset, subject, evidence);
        models.push(report);
    }
    let mut warnings = dataset.warnings.clone();
    warnings.extend(shown.warnings);
    warnings.extend(leaks_of(dataset, &shown.footprints, &shown.scenes));
    let report = BenchReport {
        schema_version: SCHEMA_VERSION,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        onnx_runtime: ModelFile::runtime_version()?,
        gdal: gdal_version(),
        command_line: job.command_line.clone(),
        made: job.made.clone(),
        method: Method {
            hit_iou: HIT_IOU,
            bootstrap: job.resamples,
            seed: job.seed,
        },
        differences: all_differences(&models, &evidence, &resamples),
        dataset: DatasetSummary {
            name: dataset.name.clone(),
            path: dataset.path.display().to_string(),
            group_unit: groups.unit.into(),
            groups: groups.count,
            scenes: shown.scenes,
            warnings,
        },
        models,
        baseline: None,
    };
    drop(evidence);
    Ok(Benched {
        report,
        observations: shown.observations,
        failed_scenes: shown.failed,
    })
}

/// What the scenes showed.
struct Shown {
    scenes: Vec<SceneSummary>,
    /// Ground of each, with its place in the data set.
    footprints: Vec<(usize, MultiPolygon<f64>)>,
    truths: Vec<TruthKind>,
    /// By subject.
    observations: Vec<Vec<Observation>>,
    warnings: Vec<String>,
    /// Scenes that are left out.
    failed: usize,
}

impl Shown {
    fn gather(job: &BenchJob<'_>, progress: &dyn ScanProgress) -> Result<Self> {
        let mut shown = Self {
            scenes: Vec::new(),
            footprints: Vec::new(),
            truths: Vec::new(),
            observations: job.subjects.iter().map(|_| Vec::new()).collect(),
            warnings: Vec::new(),
            failed: 0,
        };
        let mut first_error = None;
        for (index, scene) in job.dataset.scenes.iter().enumerate() {
            match look_at(job, index, scene, progress) {
                Ok(looked) => shown.add(index, scene, looked),
                Err(error) if stops_all(&error) => return Err(error),
                Err(error) => {
                    progress.image_failed(&scene.image, &error);
                    let text = format!("scene `{}` is left out: {error}", scene.name);
                    shown.warnings.push(text);
                    shown.failed += 1;
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if shown.scenes.is_empty() => Err(error),
            _ => Ok(shown),
        }
    }

    fn add(&mut self, index: usize, scene: &Scene, looked: Vec<Looked>) {
        if let Some(first) = looked.first() {
            self.scenes.push(summary(scene, first));
            let ground = first.scan.coverage.outline.clone();
            self.footprints.push((index, ground));
            self.truths.push(first.truth);
        }
        for (own, looked) in self.observations.iter_mut().zip(looked) {
            own.push(looked.observation);
        }
    }
}

/// Scenes that are alike and are resampled together.
struct Groups {
    /// `flight`, or `scene` where not every scene tells its flight.
    unit: &'static str,
    count: usize,
    /// By scene of the data set; of scenes that could not be used, anything.
    of_scene: Vec<usize>,
}

impl Groups {
    fn of(scenes: &[Scene], used: &[(usize, MultiPolygon<f64>)]) -> Self {
        let by_flight = scenes.iter().all(|scene| scene.flight.is_some());
        let name = |scene: &Scene| match &scene.flight {
            Some(flight) if by_flight => flight.clone(),
            _ => scene.name.clone(),
        };
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut of_scene = vec![0; scenes.len()];
        for (index, _) in used {
            let next = numbers.len();
            of_scene[*index] = *numbers.entry(name(&scenes[*index])).or_insert(next);
        }
        Self {
            unit: if by_flight { "flight" } else { "scene" },
            count: numbers.len(),
            of_scene,
        }
    }
}

/// Where training and test meet.
fn leaks_of(
    dataset: &Dataset,
    footprints: &[(usize, MultiPolygon<f64>)],
    scenes: &[SceneSummary],
) -> Vec<String> {
    // A made-up place overlaps with nothing.
    let real = footprints
        .iter()
        .filter(|(index, _)| !dataset.scenes[*index].local);
    let real: Vec<(usize, MultiPolygon<f64>)> = real.cloned().collect();
    let hashes = footprints.iter().zip(scenes);
    let hashes: Vec<(usize, String)> = hashes
        .map(|((index, _), scene)| (*index, scene.sha256.clone()))
        .collect();
    let training = dataset.training.images.iter().enumerate();
    let training: Vec<(usize, String)> = training
        .filter_map(|(index, path)| Some((index, hash_of_image(path)?)))
        .collect();
    let hashes = ImageHashes {
        scenes: &hashes,
        training: &training,
    };
    leaks(dataset, &real, hashes)
}

/// Differences of all pairs.
fn all_differences(
    models: &[ModelReport],
    evidence: &[Evidence<'_>],
    resamples: &Resamples,
) -> Vec<Difference> {
    let all: Vec<(&str, &Evidence<'_>)> = models
        .iter()
        .map(|model| model.name.as_str())
        .zip(evidence)
        .collect();
    let mut found = Vec::new();
    for (i, first) in all.iter().enumerate() {
        for second in &all[i + 1..] {
            found.extend(differences(*first, *second, &THRESHOLDS, resamples));
        }
    }
    found
}

/// Errors that would meet every scene.
fn stops_all(error: &Error) -> bool {
    matches!(
        error,
        Error::Interrupted
            | Error::Setting { .. }
            | Error::Runtime { .. }
            | Error::OutOfMemory { .. }
            | Error::Model { .. }
    )
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

fn look_at(
    job: &BenchJob<'_>,
    index: usize,
    scene: &Scene,
    progress: &dyn ScanProgress,
) -> Result<Vec<Looked>> {
    let mut looked = Vec::new();
    for subject in job.subjects {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let classes = classes_of(subject);
        let question = Question {
            index,
            scene,
            rename: &job.dataset.rename,
            classes: &classes,
            thresholds: &THRESHOLDS,
        };
        looked.push(look(&scan_job(subject, scene)?, &question, progress)?);
    }
    Ok(looked)
}

/// The scan of one scene.
fn scan_job<'a>(subject: &'a Subject, scene: &Scene) -> Result<ScanJob<'a>> {
    let images = vec![scene.raster().to_owned()];
    Ok(ScanJob {
        names: short_names(&images),
        images,
        model: &subject.model,
        screen: None,
        settings: subject.settings.clone(),
        aoi: scene.aoi.as_deref().map(read_area).transpose()?,
        heatmap: None,
        keeps_scores: false,
        command_line: Vec::new(),
    })
}

fn summary(scene: &Scene, looked: &Looked) -> SceneSummary {
    let record = &looked.scan.record;
    let date = scene.date.clone().or_else(|| record.capture_time.clone());
    SceneSummary {
        name: scene.name.clone(),
        image: scene.image.display().to_string(),
        sha256: hash_of_image(&scene.image).unwrap_or_default(),
        flight: scene.flight.clone().unwrap_or_default(),
        date: date.unwrap_or_default(),
        stage: scene.stage.clone().unwrap_or_default(),
        gsd_cm: looked.scan.coverage.gsd_cm,
        truth: looked.truth.word().into(),
        plots: looked.plots.clone(),
        lookalikes: looked.observation.lookalikes.len(),
    }
}

fn costs_of(
    job: &BenchJob<'_>,
    options: &CostOptions,
    observations: &[Vec<Observation>],
    progress: &dyn ScanProgress,
) -> Result<Vec<super::report::schema::Cost>> {
    // The scene with most pixels: the longer a scan, the less its start counts.
    let pixels = |o: &&Observation| {
        let gsd_m = o.gsd_cm.unwrap_or(1.0) / 100.0;
        o.km2.unwrap_or_default() / (gsd_m * gsd_m)
    };
    let first = observations.first().into_iter().flatten();
    let Some(largest) = first.max_by(|a, b| pixels(a).total_cmp(&pixels(b))) else {
        return Ok(Vec::new());
    };
    let scene = &job.dataset.scenes[largest.scene];
    let jobs: Vec<ScanJob<'_>> = job
        .subjects
        .iter()
        .map(|subject| scan_job(subject, scene))
        .collect::<Result<_>>()?;
    let cases: Vec<CostCase<'_>> = jobs
        .iter()
        .zip(job.subjects)
        .map(|(job, subject)| CostCase {
            job,
            model: subject.path.clone(),
            aoi: scene.aoi.clone(),
            config: subject.config.clone(),
            scene: scene.name.clone(),
        })
        .collect();
    costs(&cases, options, &|| progress.interrupted())
}

fn model_report(
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

/// Calibrations of the classes that are evaluated.
pub(super) fn evaluated_calibrations(subject: &Subject) -> Vec<Option<Calibration>> {
    let wanted = subject.settings.rule.wanted.iter();
    let all = subject.calibrations.iter().zip(wanted);
    all.filter(|(_, wanted)| **wanted)
        .map(|(calibration, _)| calibration.clone())
        .collect()
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
fn choices(report: &ModelReport, limit: Option<Limit>) -> Vec<ThresholdChoice> {
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
