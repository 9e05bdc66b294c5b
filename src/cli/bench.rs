//! `tianmu bench`.

use super::settings::SettingsArgs;
use super::{Exit, clock, output};
use crate::evaluate::report::schema::{BenchReport, ModelReport};
use crate::evaluate::{
    BenchJob, Benched, CostOptions, Dataset, Findings, HEADLINES, Headline, Limit, Predictions,
    Subject, bench, changes, check_report, classes_of, evaluate_predictions, fit_calibrations,
    markdown, read_predictions, read_report, read_truth, write_findings, write_report,
};
use crate::model::{ModelTask, sidecar_of};
use crate::pipeline::read_area;
use crate::pipeline::report::check_folder_place;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Keys of a data set, for the long help.
const DATASET: &str = "\
dataset.toml (paths are relative to it; docs/datasets.md says more):
  name                          the data set's name
  [classes]                     names in the truth = names of the models' classes
  [training]                    flights, areas, images that the models learned from
  [[scene]]                     one for each image:
    image                       the image
    truth                       GeoJSON, GPKG, shapefile; mask raster; YOLO .txt; COCO .json;
                                a list of them; [] where nothing is there
    truth-layer, class          a vector file's layer; the class of features that name none
    mask-classes, mask-ignore   what the numbers of a mask are
    names                       names of YOLO classes: data.yaml or classes.txt
    lookalikes, aoi             vector files: what is no plot; ground that is evaluated
    flight, date, stage         what intervals and tables go by
    gsd-m                       metres a pixel, of a picture without a place";

/// Arguments of `tianmu bench`.
#[derive(clap::Args)]
#[command(after_long_help = DATASET)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// Labelled imagery: a dataset.toml, or a folder of images with truth beside them
    #[arg(value_name = "DATASET", required_unless_present = "predictions")]
    dataset: Option<PathBuf>,

    /// A model; may be repeated
    #[arg(
        short,
        long = "model",
        value_name = "MODEL",
        required_unless_present = "predictions",
        conflicts_with = "predictions"
    )]
    models: Vec<PathBuf>,

    /// The folder of the report
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,

    /// Replace a report that exists
    #[arg(long)]
    overwrite: bool,

    /// Evaluate sites that are there already instead of running models
    #[arg(
        long,
        value_name = "FILE",
        requires = "truth",
        conflicts_with = "dataset",
        help_heading = "Predictions"
    )]
    predictions: Option<PathBuf>,

    /// Known plots, for `--predictions`
    #[arg(
        long,
        value_name = "FILE",
        requires = "predictions",
        help_heading = "Predictions"
    )]
    truth: Option<PathBuf>,

    /// Known look-alikes, for `--predictions`
    #[arg(
        long,
        value_name = "FILE",
        requires = "predictions",
        help_heading = "Predictions"
    )]
    lookalikes: Option<PathBuf>,

    /// Ground that was looked at, for `--predictions`
    #[arg(
        long,
        value_name = "FILE",
        requires = "predictions",
        help_heading = "Predictions"
    )]
    aoi: Option<PathBuf>,

    /// Choose thresholds with at most so many false sites per km², class by class
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "min_recall",
        help_heading = "Thresholds"
    )]
    max_false_per_km2: Option<f64>,

    /// Choose thresholds that find at least this share of the plots, class by class
    #[arg(long, value_name = "SHARE", help_heading = "Thresholds")]
    min_recall: Option<f64>,

    /// Write the chosen thresholds into the models' sidecars
    #[arg(long, conflicts_with = "predictions", help_heading = "Thresholds")]
    write_threshold: bool,

    /// Fit scores to what was found here, and write that into the models' sidecars: isotonic or
    /// platt
    #[arg(
        long,
        value_name = "METHOD",
        conflicts_with = "predictions",
        help_heading = "Thresholds"
    )]
    write_calibration: Option<Fit>,

    /// Show the change since an earlier report.json
    #[arg(long, value_name = "FILE", help_heading = "Checks")]
    baseline: Option<PathBuf>,

    /// Fail where a figure is worse, such as `site_recall=0.9` or `poppy-seg:ap50=0.5`; may be
    /// repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Checks")]
    fail_under: Vec<FailUnder>,

    /// Timed scans of each model, after one to warm up; 0: costs are not measured
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        help_heading = "Measuring"
    )]
    repeats: usize,

    /// Resamples of each interval
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1000,
        help_heading = "Measuring"
    )]
    resamples: usize,

    /// Seed of resampling
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        help_heading = "Measuring"
    )]
    seed: u64,

    #[command(flatten)]
    settings: SettingsArgs,

    /// Print the report as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// How scores are fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Fit {
    /// A rising staircase, for many sites.
    Isotonic,
    /// A logistic curve, for few.
    Platt,
}

/// A limit of `--fail-under`.
#[derive(Debug, Clone)]
pub(super) struct FailUnder {
    model: Option<String>,
    headline: Headline,
    limit: f64,
}

impl std::str::FromStr for FailUnder {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let keys = || {
            let keys: Vec<&str> = HEADLINES.iter().map(|h| h.key).collect();
            keys.join(", ")
        };
        let (key, limit) = text
            .rsplit_once('=')
            .ok_or_else(|| "wanted KEY=VALUE, such as site_recall=0.9".to_owned())?;
        let (model, key) = match key.rsplit_once(':') {
            Some((model, key)) => (Some(model.trim().to_owned()), key),
            None => (None, key),
        };
        let key = key.trim();
        let headline =
            Headline::of(key).ok_or_else(|| format!("`{key}`, wanted one of {}", keys()))?;
        let limit = limit.trim().parse().ok().filter(|v: &f64| v.is_finite());
        Ok(Self {
            model,
            headline,
            limit: limit.ok_or_else(|| "the value is no number".to_owned())?,
        })
    }
}

/// Measures and writes the report.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    args.check()?;
    let before = args.baseline.as_deref().map(read_report).transpose()?;
    let (mut report, failed_scenes) = match &args.predictions {
        Some(predictions) => (args.predictions_report(predictions)?, 0),
        None => args.models_report()?,
    };
    if let (Some(path), Some(before)) = (&args.baseline, &before) {
        report.baseline = Some(changes(&path.display().to_string(), before, &report));
    }
    if let Some(folder) = &args.output {
        write_report(folder, &report, args.overwrite)?;
    }
    if args.json {
        output::json(&report)?;
    } else if !args.quiet {
        output::text(&markdown(&report));
        if let Some(folder) = &args.output {
            output::note(&format!(
                "the report: `{}`",
                folder.join("index.html").display()
            ));
        }
    }
    let failed = failures(&args.fail_under, &report.models)?;
    for text in &failed {
        output::failure(text);
    }
    Ok(match (failed.is_empty(), failed_scenes) {
        (false, _) => Exit::Failed,
        (true, 0) => Exit::Done,
        (true, _) => Exit::SomeFailed,
    })
}

impl Args {
    fn check(&self) -> Result<()> {
        if let Some(folder) = &self.output {
            check_folder_place(folder)?;
            check_report(folder, self.overwrite)?;
        }
        if self.write_threshold && self.limit()?.is_none() {
            return Err(Error::setting(
                "write-threshold",
                "given",
                "with `--max-false-per-km2` or `--min-recall`, which say what threshold",
            ));
        }
        self.limit().map(|_| ())
    }

    fn limit(&self) -> Result<Option<Limit>> {
        if let Some(most) = self.max_false_per_km2 {
            if !(most >= 0.0 && most.is_finite()) {
                let wanted = "a number not below zero";
                return Err(Error::setting("max-false-per-km2", most, wanted));
            }
            return Ok(Some(Limit::MostFalsePerKm2(most)));
        }
        let Some(least) = self.min_recall else {
            return Ok(None);
        };
        if !(0.0..=1.0).contains(&least) {
            return Err(Error::setting("min-recall", least, "0 to 1"));
        }
        Ok(Some(Limit::LeastRecall(least)))
    }

    fn predictions_report(&self, predictions: &Path) -> Result<BenchReport> {
        let Some(truth) = &self.truth else {
            return Err(Error::setting("truth", "nothing", "a file of known plots"));
        };
        let chosen = self.settings.chosen()?;
        let class = match chosen.classes() {
            [one] => Some(one.as_str()),
            _ => None,
        };
        let lookalikes = self.lookalikes.as_deref();
        Ok(evaluate_predictions(Predictions {
            path: predictions,
            sites: read_predictions(predictions, class, chosen.position_error_m())?,
            truth_path: truth,
            plots: read_truth(truth)?,
            lookalikes: lookalikes.map(read_truth).transpose()?.unwrap_or_default(),
            area: self.aoi.as_deref().map(read_area).transpose()?,
            command_line: command_line(),
            made: clock::now(),
        }))
    }

    fn models_report(&self) -> Result<(BenchReport, usize)> {
        let Some(path) = &self.dataset else {
            return Err(Error::setting("dataset", "nothing", "labelled imagery"));
        };
        let mut dataset = Dataset::read(path)?;
        let work = tempfile::tempdir()?;
        dataset.place_pictures(work.path())?;
        let subjects = self.subjects()?;
        let cost = (self.repeats > 0).then(|| -> Result<CostOptions> {
            Ok(CostOptions {
                program: std::env::current_exe()?,
                repeats: self.repeats,
                work: work.path().to_owned(),
            })
        });
        let count = dataset.scenes.len() * subjects.len();
        let bar = output::Bar::new(count, self.quiet, self.json);
        let job = BenchJob {
            dataset: &dataset,
            subjects: &subjects,
            resamples: self.resamples,
            seed: self.seed,
            limit: self.limit()?,
            cost: cost.transpose()?,
            command_line: command_line(),
            made: clock::now(),
        };
        let mut benched = bench(&job, &bar)?;
        bar.finish();
        self.write_back(&subjects, &mut benched)?;
        Ok((benched.report, benched.failed_scenes))
    }

    /// The models, opened, each under a name of its own.
    fn subjects(&self) -> Result<Vec<Subject>> {
        let chosen = self.settings.chosen()?;
        if chosen.has_screen() {
            return Err(Error::setting("screen", "given", "`scan --screen`"));
        }
        let config = chosen.config()?;
        let mut subjects: Vec<Subject> = Vec::new();
        for path in &self.models {
            let (mut model, settings) = chosen.open(path, None)?;
            if model.contract.task == ModelTask::Regression {
                let wanted = "a model that finds sites";
                return Err(Error::setting("model", path.display(), wanted));
            }
            let mut name = model.contract.name.clone();
            let own = name.clone();
            let mut number = 1;
            while subjects.iter().any(|s| s.name == name) {
                number += 1;
                name = format!("{own} ({number})");
            }
            let calibrations = std::mem::take(&mut model.contract.calibrations);
            subjects.push(Subject {
                name,
                path: path.clone(),
                model,
                calibrations,
                settings,
                config: config.clone(),
            });
        }
        Ok(subjects)
    }

    /// Writes what was asked for into the models' sidecars.
    fn write_back(&self, subjects: &[Subject], benched: &mut Benched) -> Result<()> {
        for (index, subject) in subjects.iter().enumerate() {
            let report = &mut benched.report.models[index];
            let mut findings = Findings::default();
            if self.write_threshold {
                for choice in &report.choices {
                    if let Some(threshold) = choice.row.as_ref().and_then(|row| row.threshold) {
                        findings.thresholds.push((choice.class.clone(), threshold));
                    }
                }
            }
            if let Some(fit) = self.write_calibration {
                let isotonic = fit == Fit::Isotonic;
                let classes = classes_of(subject);
                let (fitted, notes) =
                    fit_calibrations(&benched.observations[index], &classes, isotonic);
                findings.calibrations = fitted;
                report.notes.extend(notes);
            }
            if findings.is_empty() {
                continue;
            }
            let Some(sidecar) = sidecar_of(&subject.path)? else {
                return Err(Error::Model {
                    path: subject.path.clone(),
                    problem: "has no sidecar that a threshold could be written into".into(),
                    hint: "save one as model.json beside it; models/poppy-seg/model.json is an \
                        example"
                        .into(),
                });
            };
            let targets = subject.model.contract.target_names();
            write_findings(&sidecar, &targets, &findings)?;
            for choice in &mut report.choices {
                let is_written = findings.thresholds.iter().any(|(c, _)| *c == choice.class);
                choice.written_to = is_written.then(|| sidecar.display().to_string());
            }
            if !self.quiet {
                output::note(&format!("written into `{}`", sidecar.display()));
            }
        }
        Ok(())
    }
}

fn command_line() -> Vec<String> {
    std::env::args_os()
        .map(|a| a.to_string_lossy().into_owned())
        .collect()
}

/// What is worse than it may be.
fn failures(limits: &[FailUnder], models: &[ModelReport]) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for limit in limits {
        let named = |m: &&ModelReport| limit.model.as_ref().is_none_or(|name| *name == m.name);
        let mut any = false;
        for model in models.iter().filter(named) {
            any = true;
            let headline = limit.headline;
            let value = headline.value(model);
            let is_kept = value.is_some_and(|value| {
                if headline.higher_is_better {
                    value >= limit.limit
                } else {
                    value <= limit.limit
                }
            });
            if !is_kept {
                let bound = if headline.higher_is_better {
                    "least"
                } else {
                    "most"
                };
                let value = value.map_or("not known".to_owned(), |value| format!("{value:.4}"));
                failed.push(format!(
                    "{} of `{}` is {value}, wanted at {bound} {}",
                    headline.key, model.name, limit.limit
                ));
            }
        }
        if !any {
            let all: Vec<&str> = models.iter().map(|m| m.name.as_str()).collect();
            return Err(Error::setting(
                "fail-under",
                limit.model.as_deref().unwrap_or_default(),
                &format!("one of the models {}", all.join(", ")),
            ));
        }
    }
    Ok(failed)
}
