//! A benchmark: every model on every scene, through the pipeline of a scan, and what that says.

use super::cost::{CostCase, CostOptions, costs};
use super::dataset::{Dataset, Scene};
use super::examples::examples;
use super::headline::differences;
use super::levels::{Evidence, Limit};
use super::look::{Looked, Question, THRESHOLDS, look};
use super::matching::HIT_IOU;
use super::metrics::Resamples;
use super::model_report::{choices, model_report};
use super::observation::Observation;
use super::report::schema::{
    BenchReport, Cost, DatasetSummary, Difference, Method, ModelReport, SCHEMA_VERSION,
    SceneSummary,
};
use super::subject::{Subject, classes_of, scan_job};
use super::truth::TruthKind;
use super::warnings::{gathered, leaks_of, no_plots, same_images, unknown_classes};
use crate::model::ModelFile;
use crate::pipeline::acquire::gdal_version;
use crate::pipeline::provenance::hash_of_image;
use crate::pipeline::{ScanJob, ScanProgress, panic_text};
use crate::{Error, Result};
use geo::MultiPolygon;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

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
        match costs.next() {
            Some(Ok(cost)) => report.cost = Some(cost),
            Some(Err(reason)) => {
                report.left_out.insert("cost".into(), reason);
            }
            None => {
                let reason = "`--repeats 0` was given".to_owned();
                report.left_out.insert("cost".into(), reason);
            }
        }
        (report.worst_misses, report.worst_false) = examples(dataset, subject, evidence);
        models.push(report);
    }
    // What spoils the figures comes first.
    let mut warnings = leaks_of(dataset, &shown.footprints, &shown.scenes);
    warnings.extend(unknown_classes(&shown.scenes, &classes));
    warnings.extend(no_plots(&shown.scenes));
    warnings.extend(same_images(&shown.scenes));
    warnings.extend(gathered(shown.warnings));
    warnings.extend(dataset.warnings.clone());
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
            let looked = catch_unwind(AssertUnwindSafe(|| look_at(job, index, scene, progress)));
            match looked.unwrap_or_else(|panic| Err(stopped(panic.as_ref()))) {
                Ok(looked) => shown.add(index, scene, looked),
                Err(error) if stops_all(&error) => return Err(error),
                Err(error) => {
                    if job.dataset.scenes.len() > 1 {
                        progress.image_failed(&scene.image, &error);
                    }
                    let text = format!("scene `{}` is left out: {error}", scene.name);
                    shown.warnings.push(text);
                    shown.failed += 1;
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if job.dataset.scenes.len() == 1 => Err(error),
            Some(_) if shown.scenes.is_empty() => Err(Error::labels(
                &job.dataset.path,
                "has no scene that can be measured",
                "what is wrong with each stands above",
            )),
            _ => Ok(shown),
        }
    }

    fn add(&mut self, index: usize, scene: &Scene, looked: Vec<Looked>) {
        if let Some(first) = looked.first() {
            self.scenes.push(summary(scene, first));
            let ground = first.scan.coverage.outline.clone();
            self.footprints.push((index, ground));
            self.truths.push(first.truth);
            if let Some(error) = &first.scan.unreadable {
                self.failed += 1;
                let text = format!(
                    "scene `{}` could not be read in places: {error}",
                    scene.name
                );
                self.warnings.push(text);
            }
            if first.scan.record.tiles.inferred == 0 {
                let text = format!("scene `{}` was not looked at anywhere", scene.name);
                self.warnings.push(text);
            }
            let said = first.warnings.iter();
            self.warnings
                .extend(said.map(|text| format!("scene `{}`: {text}", scene.name)));
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

/// A fault of ours in one scene must not cost the others.
fn stopped(panic: &(dyn std::any::Any + Send)) -> Error {
    Error::Internal(panic_text(panic))
}

/// Errors that would meet every scene.
fn stops_all(error: &Error) -> bool {
    matches!(
        error,
        Error::Interrupted
            | Error::Setting { .. }
            | Error::Runtime { .. }
            | Error::OutOfMemory { .. }
    )
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
            rules: &subject.rules,
        };
        let seen = scan_job(subject, scene).and_then(|job| look(&job, &question, progress));
        looked.push(seen.map_err(|error| of_scene(scene, error))?);
    }
    Ok(looked)
}

/// The same error, naming the image that the user knows.
fn of_scene(scene: &Scene, error: Error) -> Error {
    let names_none = matches!(error, Error::Crs { .. });
    let made_up = scene.placed.as_ref().map(|path| path.display().to_string());
    let text = error.to_string();
    match made_up {
        Some(path) if text.contains(&path) => {
            let text = text.replace(&format!("`{path}`"), "");
            let hint = format!("{}; is `gsd-m` right?", error.hint());
            Error::labels(&scene.image, text, hint)
        }
        _ if names_none => {
            let text = format!("or what belongs to it cannot be placed: {text}");
            Error::labels(&scene.image, text, error.hint())
        }
        _ => error,
    }
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
) -> Result<Vec<Result<Cost, String>>> {
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
