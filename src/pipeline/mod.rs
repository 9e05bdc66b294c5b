//! The main job on one screen: images and a model to candidate sites.
//!
//! Stages in run order, one file or folder each: [`acquire`], [`chip`], [`detect`],
//! [`fuse`], [`locate`], [`report`]. `image.rs` takes one image through them,
//! `reconcile.rs` joins what several images show of the same ground, `views.rs` where some of
//! them are photos. `journal.rs` keeps what is done, for a later run of the same `plan.rs`.

pub mod acquire;
mod alone;
mod answers;
mod area;
mod blocks;
pub mod chip;
pub mod detect;
mod fit;
pub mod fuse;
pub mod heatmap;
mod image;
pub mod inspect;
pub mod journal;
pub mod locate;
mod plan;
pub mod provenance;
mod reconcile;
mod record;
pub mod report;
mod room;
mod screen;
pub mod settings;
pub mod site;
mod statement;
mod tune;
mod views;

pub use alone::{infer_alone, read_alone};
pub use answers::{Answers, ImageSites};
pub use area::read_area;
pub use plan::{Plan, Shard};
pub use record::{ChipsRecord, FailureRecord, ImageRecord, RunRecord, StretchRecord};
pub use screen::{Hopeless, check_screen};

use crate::digest::{hash_of, hash_of_file};
use crate::memory;
use crate::model::decode::Pass;
use crate::model::{Model, ModelFile, ModelTask};
use crate::{Error, Result};
pub(crate) use detect::panic_text;
use detect::{Progress, RowStore};
use geo::MultiPolygon;
use image::{Found, Prepared, scan_image, tile_rows};
use journal::{ImageHash, Journal};
use plan::PlannedFile;
use provenance::{FileRecord, FileRole};
use record::totals;
use report::MadeRaster;
use settings::Resolved;
use site::{CandidateSite, Coverage, RunFacts};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use views::Look;

/// Scans all images. An image that fails is recorded and does not stop the others;
/// a setting, an area, an output or ONNX Runtime that fails does, and so does a model
/// that fails on the only image. What `journal` holds is not done again, what is done goes
/// into it.
pub fn scan(
    job: &ScanJob<'_>,
    mut journal: Option<&mut Journal>,
    progress: &dyn ScanProgress,
) -> Result<Scan> {
    let start = Instant::now();
    let mut images = Vec::new();
    let mut by_image = Vec::new();
    let mut coverage = Vec::new();
    let mut views = Vec::new();
    let mut raster = None;
    let mut first_model_error = None;
    for (index, path) in job.images.iter().enumerate() {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        match scan_and_hash(job, index, path, journal.as_deref_mut(), progress) {
            Ok(found) => {
                found
                    .record
                    .warnings
                    .iter()
                    .for_each(|w| progress.warning(path, w));
                if let Some(error) = &found.unreadable {
                    progress.image_failed(path, error);
                }
                images.push(found.record);
                raster = raster.or(found.raster);
                by_image.push(found.sites);
                views.push(found.view);
                coverage.push(found.coverage);
            }
            Err(error) if concerns_all_images(&error) => return Err(error),
            Err(error) => {
                images.push(ImageRecord::failed(path, &error));
                if matches!(error, Error::Model { .. }) && job.images.len() == 1 {
                    first_model_error = Some(error);
                } else {
                    progress.image_failed(path, &error);
                }
            }
        }
    }
    if let Some(error) = first_model_error {
        return Err(error);
    }
    let mut sites = if !job.settings.merge_inputs {
        by_image.into_iter().flatten().collect()
    } else if views.iter().any(Option::is_some) {
        let mut looks = Vec::with_capacity(by_image.len());
        for ((sites, view), coverage) in by_image.into_iter().zip(&views).zip(&coverage) {
            let view = view.as_ref();
            looks.push(Look {
                sites,
                view,
                coverage,
            });
        }
        views::fuse(looks, &|class| job.least_score(class))
    } else {
        reconcile::reconcile(by_image)
    };
    let run_id = statement::run_id(job, &images);
    for (number, site) in sites.iter_mut().enumerate() {
        site.site_id = format!("{}-{:05}", &run_id[..8], number + 1);
    }
    let covered_m2 = statement::covered_once(&coverage);
    let (counts, timings_s, failures) = totals(&images);
    let record = RunRecord {
        schema_version: 1,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        onnx_runtime: ModelFile::runtime_version()?,
        device: job.model.file.device.to_string(),
        gdal: acquire::gdal_version(),
        command_line: job.command_line.clone(),
        run_id,
        model: job.model.contract.name.clone(),
        model_path: job.model.file.path.display().to_string(),
        model_sha256: job.model.file.sha256.clone(),
        settings: job.settings.record.clone(),
        counts,
        timings_s,
        failures,
        chips: None,
        sites_by_class: statement::by_class(job, &sites),
        statement: statement::statement(job, &sites, &images, covered_m2),
        folder: std::env::current_dir()?.display().to_string(),
        files: record::image_files(&images),
        images,
        seconds: start.elapsed().as_secs_f64(),
        peak_memory_bytes: memory::peak(),
    };
    Ok(Scan {
        facts: statement::facts(&record),
        raster,
        sites,
        coverage,
        record,
    })
}

/// Does a part of a plan: the model's answers for its rows of tiles go into `journal`, and
/// the hashes of its images. Says whether all of it could be done: rows of an image that fails, or
/// cannot be read in places, are tried again when the parts are joined.
pub fn scan_shard(
    job: &ScanJob<'_>,
    shard: Shard,
    journal: &mut Journal,
    progress: &dyn ScanProgress,
) -> Result<bool> {
    let mut is_whole = true;
    // What cannot be opened has no rows.
    let mut count = |path: &PathBuf| {
        tile_rows(job, path).unwrap_or_else(|error| {
            progress.image_failed(path, &error);
            is_whole = false;
            0
        })
    };
    let counts: Vec<u32> = job.images.iter().map(&mut count).collect();
    for (index, rows) in shard.rows(&counts).into_iter().enumerate() {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        if rows.is_empty() {
            continue;
        }
        let path = &job.images[index];
        let known = journal.hash(index).map(str::to_owned);
        let done = while_hashing(path, known, progress, || {
            let image = Prepared::new(job, path)?;
            progress.image_begins(index, path, image.tile_count(&rows));
            image.look(job, rows, Some(&mut journal.image(index)), progress)
        });
        match done {
            Ok(((detected, _), hashes)) => {
                // What could not be read is read again, and so is hashed again.
                if let Some(error) = &detected.unreadable {
                    progress.image_failed(path, error);
                    is_whole = false;
                } else {
                    journal.note_hash(index, &hashes.journalled())?;
                }
                if hashes.is_of_several {
                    progress.warning(path, CHANGED);
                    is_whole = false;
                }
            }
            Err(error) if concerns_all_images(&error) => return Err(error),
            Err(error) => {
                progress.image_failed(path, &error);
                is_whole = false;
            }
        }
    }
    journal.note_complete()?;
    Ok(is_whole)
}

/// What is said of an image that did not stay the same.
const CHANGED: &str =
    "was changed while it was scanned: results may be of both states; scan it again";

/// Scans an image and hashes its file meanwhile.
fn scan_and_hash(
    job: &ScanJob<'_>,
    index: usize,
    path: &Path,
    mut journal: Option<&mut Journal>,
    progress: &dyn ScanProgress,
) -> Result<Found> {
    let known = journal.as_ref().and_then(|j| j.hash(index));
    let known = known.map(str::to_owned);
    let (mut found, hashes) = while_hashing(path, known, progress, || {
        let mut rows = journal.as_deref_mut().map(|j| j.image(index));
        let store = rows.as_mut().map(|r| r as &mut dyn RowStore);
        scan_image(job, index, path, store, progress)
    })?;
    // What could not be read is read again, and so is hashed again.
    if let (Some(journal), Some(_), None) = (journal, &hashes.image, &found.unreadable) {
        journal.note_hash(index, &hashes.journalled())?;
    }
    let hash = hashes.image;
    found.record.parts = hashes.parts;
    if hashes.is_of_several {
        found.record.warnings.push(CHANGED.to_owned());
    }
    for site in &mut found.sites {
        site.src_sha256 = vec![hash.clone().unwrap_or_default()];
    }
    found.record.sha256 = hash.filter(|hash| !hash.is_empty());
    Ok(found)
}

/// Hashes of an image's files.
#[derive(Default)]
struct Hashes {
    image: Option<String>,
    parts: Vec<FileRecord>,
    /// Whether the files were changed meanwhile, so that hashes and results may be of several
    /// states.
    is_of_several: bool,
}

impl Hashes {
    /// Hashes the files of an image, the first only if its hash is not known.
    fn of(path: &Path, parts: &[PathBuf], known: Option<String>, stop: &dyn Fn() -> bool) -> Self {
        let part = |file: &PathBuf| FileRecord::of(FileRole::ImagePart, file, stop);
        Self {
            image: known.or_else(|| hash_of_file(path, stop)),
            parts: parts.iter().filter_map(part).collect(),
            is_of_several: false,
        }
    }

    /// What a journal keeps of them: that of the image, and one of all its parts.
    fn journalled(&self) -> ImageHash {
        let parts: Vec<&str> = self.parts.iter().map(|f| f.sha256.as_str()).collect();
        ImageHash {
            image: self.image.clone().unwrap_or_default(),
            parts: hash_of(parts.join(" ")),
        }
    }
}

/// Does some work on an image while its file is hashed, unless its hash is known; an empty
/// one is that of something that is no plain file. A fault of ours in one image must not
/// cost the others.
fn while_hashing<T>(
    path: &Path,
    known: Option<String>,
    progress: &dyn ScanProgress,
    work: impl FnOnce() -> Result<T>,
) -> Result<(T, Hashes)> {
    let parts = acquire::parts_of(path);
    let before = PlannedFile::of_image(path, &parts);
    let given_up = AtomicBool::new(false);
    let stop = || given_up.load(Ordering::Relaxed) || progress.interrupted();
    std::thread::scope(|scope| {
        let hashing = scope.spawn(|| Hashes::of(path, &parts, known, &stop));
        let done = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(Error::Internal(detect::panic_text(panic.as_ref()))));
        given_up.store(done.is_err(), Ordering::Relaxed);
        let mut hashes = hashing.join().unwrap_or_default();
        hashes.is_of_several = PlannedFile::of_image(path, &acquire::parts_of(path)) != before;
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        done.map(|done| (done, hashes))
    })
}

/// Whether an error would meet every image again.
fn concerns_all_images(error: &Error) -> bool {
    matches!(
        error,
        Error::Runtime { .. }
            | Error::Setting { .. }
            | Error::WriteOutput { .. }
            | Error::Journal { .. }
            | Error::Shard { .. }
            | Error::OutOfMemory { .. }
            | Error::Interrupted
    )
}

/// Everything a scan is asked to do.
#[derive(Clone)]
pub struct ScanJob<'a> {
    /// The images.
    pub images: Vec<PathBuf>,
    /// What sites call them: see [`acquire::short_names`].
    pub names: Vec<String>,
    /// The model.
    pub model: &'a Model,
    /// A model of coarse imagery that says which tiles need no fine look.
    pub screen: Option<&'a Model>,
    /// The settings.
    pub settings: Resolved,
    /// The area of interest on WGS 84: see [`read_area`].
    pub aoi: Option<MultiPolygon<f64>>,
    /// Where the raster of scores, or of a regression's values, goes; one image only.
    pub heatmap: Option<PathBuf>,
    /// Whether the scores of all pixels or tiles go into what is kept of a run.
    pub keeps_scores: bool,
    /// The command line, for the record.
    pub command_line: Vec<String>,
}

impl ScanJob<'_> {
    /// Whether scores are wanted besides sites, or the values of a regression.
    fn wants_scores(&self) -> bool {
        self.keeps_scores
            || self.heatmap.is_some()
            || self.model.contract.task == ModelTask::Regression
    }

    /// From which score on a class makes a site, as a probability where the model has a calibration;
    /// even odds where the highest score makes one whatever it is.
    fn least_score(&self, class: &str) -> f64 {
        let (contract, rule) = (&self.model.contract, &self.settings.rule);
        let Some(k) = contract.classes.iter().position(|name| name == class) else {
            return 0.5;
        };
        let pass = match rule.passes.get(k) {
            Some(Pass::AtLeast(least) | Pass::HighestAtLeast(least)) => *least,
            Some(Pass::Highest) | None => 0.5,
        };
        let least = f64::from(pass.max(rule.peaks.get(k).copied().unwrap_or(0.0)));
        let calibration = contract.calibrations.get(k).and_then(Option::as_ref);
        calibration.map_or(least, |c| c.apply(least))
    }
}

/// Told how a scan goes.
pub trait ScanProgress: Progress {
    /// An image is about to be scanned: its place in the list and its tiles.
    fn image_begins(&self, index: usize, path: &Path, tiles: u64);
    /// Something to know of an image that was scanned.
    fn warning(&self, path: &Path, text: &str);
    /// An image could not be scanned.
    fn image_failed(&self, path: &Path, error: &Error);
}

/// What a scan found.
pub struct Scan {
    /// The sites, ids given.
    pub sites: Vec<CandidateSite>,
    /// Covered ground by image.
    pub coverage: Vec<Coverage>,
    /// Scores, or the values of a regression, to be put in place with the other results.
    pub raster: Option<MadeRaster>,
    /// Facts that go into the output files.
    pub facts: RunFacts,
    /// The run record.
    pub record: RunRecord,
}

impl Scan {
    /// Whether no image could be scanned.
    #[must_use]
    pub fn all_failed(&self) -> bool {
        self.record.failures.len() == self.record.images.len()
    }

    /// Whether some images failed, or could not be read in places.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        !self.record.failures.is_empty() || self.record.counts.unreadable > 0
    }
}
