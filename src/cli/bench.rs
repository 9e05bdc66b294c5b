//! `tianmu bench`.

use super::limits::{FailUnder, check_names, failures};
use super::request::command_line;
use super::settings::{Chosen, SettingsArgs};
use super::write_back::{Fit, Plan, WriteBack};
use super::{Exit, clock, output};
use crate::evaluate::report::schema::BenchReport;
use crate::evaluate::{
    BenchJob, CostOptions, Dataset, Limit, Predictions, Subject, THRESHOLDS, bench, changes,
    check_report, evaluate_predictions, markdown, read_predictions, read_report, read_truth,
    write_report,
};
use crate::model::ModelTask;
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
        conflicts_with_all = ["dataset", "models"],
        help_heading = "Predictions"
    )]
    truth: Option<PathBuf>,

    /// Known look-alikes, for `--predictions`
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["dataset", "models"],
        help_heading = "Predictions"
    )]
    lookalikes: Option<PathBuf>,

    /// Ground that was looked at, for `--predictions`
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["dataset", "models"],
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
    #[arg(
        long,
        conflicts_with_all = ["predictions", "write_calibration"],
        help_heading = "Thresholds"
    )]
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
        value_parser = clap::value_parser!(u32).range(0..=100_000),
        help_heading = "Measuring"
    )]
    resamples: u32,

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

/// Measures and writes the report.
pub(super) fn run(args: &Args) -> Result<Exit> {
    match measure(args) {
        Err(Error::Interrupted) => {
            output::failure("interrupted; nothing was written, give the command again");
            Ok(Exit::Failed)
        }
        done => done,
    }
}

fn measure(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    args.check()?;
    let before = args.baseline.as_deref().map(read_report).transpose()?;
    let (mut report, failed_scenes, planned) = match &args.predictions {
        Some(predictions) => (args.predictions_report(predictions)?, 0, Vec::new()),
        None => args.models_report()?,
    };
    if let (Some(path), Some(before)) = (&args.baseline, &before) {
        report.baseline = Some(changes(&path.display().to_string(), before, &report));
    }
    // Said first: nothing that fails after it makes it unsaid.
    if args.json {
        output::json(&report)?;
    } else if !args.quiet {
        output::text(&markdown(&report));
    }
    if let Some(folder) = &args.output {
        write_report(folder, &report, args.overwrite)?;
        if !args.quiet {
            let page = folder.join("index.html");
            output::note(&format!("the report: `{}`", page.display()));
        }
    }
    // Sidecars come last: a report says why they were changed.
    let unwritten: Vec<Error> = planned
        .iter()
        .filter_map(|plan| plan.write(args.quiet).err())
        .collect();
    let failed = failures(&args.fail_under, &report.models);
    for text in &failed {
        output::failure(text);
    }
    for error in &unwritten {
        output::error(error);
    }
    let is_well = failed.is_empty() && unwritten.is_empty();
    Ok(match (is_well, failed_scenes) {
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
        let name = predictions
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        check_names(&self.fail_under, &[&name])?;
        Ok(evaluate_predictions(Predictions {
            limit: self.limit()?,
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

    /// The report, scenes that were left out, and what is to be written into sidecars.
    fn models_report(&self) -> Result<(BenchReport, usize, Vec<Plan>)> {
        let Some(path) = &self.dataset else {
            return Err(Error::setting("dataset", "nothing", "labelled imagery"));
        };
        let chosen = self.settings.chosen()?;
        let mut dataset = Dataset::read(path, chosen.assume_crs())?;
        let work = tempfile::tempdir()?;
        dataset.place_pictures(work.path())?;
        let subjects = self.subjects(&chosen)?;
        let names: Vec<&str> = subjects.iter().map(|s| s.name.as_str()).collect();
        check_names(&self.fail_under, &names)?;
        let write_back = WriteBack {
            threshold: self.write_threshold,
            calibration: self.write_calibration,
            has_names: chosen.has_names(),
        };
        write_back.check(&subjects)?;
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
            resamples: self.resamples as usize,
            seed: self.seed,
            limit: self.limit()?,
            cost: cost.transpose()?,
            command_line: command_line(),
            made: clock::now(),
        };
        let mut benched = bench(&job, &bar)?;
        bar.finish();
        let mut planned = Vec::new();
        for (index, subject) in subjects.iter().enumerate() {
            planned.extend(write_back.plan(index, subject, &mut benched)?);
        }
        Ok((benched.report, benched.failed_scenes, planned))
    }

    /// The models, opened, each under a name of its own.
    fn subjects(&self, chosen: &Chosen) -> Result<Vec<Subject>> {
        if chosen.has_screen() {
            let wanted = "nothing: models are measured on all of the ground";
            return Err(Error::setting("screen", "given", wanted));
        }
        let config = chosen.config()?;
        let mut subjects: Vec<Subject> = Vec::new();
        for path in &self.models {
            let (mut model, settings) = chosen.open(path, None)?;
            if model.contract.task == ModelTask::Regression {
                let wanted = "a model that finds sites; this one is a regression and gives values";
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
            let rule = |t: &f64| chosen.rule_at(*t, &model.contract);
            let rules = THRESHOLDS.iter().map(rule).collect::<Result<_>>()?;
            subjects.push(Subject {
                name,
                path: path.clone(),
                model,
                calibrations,
                settings,
                rules,
                own_position: !chosen.has_position_error(),
                config: config.clone(),
            });
        }
        Ok(subjects)
    }
}
