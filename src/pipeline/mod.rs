//! The main job on one screen: images and a model to candidate sites.
//!
//! Stages in run order, one file or folder each: [`acquire`], [`chip`], [`detect`],
//! [`fuse`], [`locate`], [`report`]. `image.rs` takes one image through them,
//! `reconcile.rs` joins what several images show of the same ground.

pub mod acquire;
mod area;
pub mod chip;
pub mod detect;
pub mod fuse;
pub mod heatmap;
mod image;
pub mod inspect;
pub mod locate;
mod reconcile;
mod record;
pub mod report;
pub mod settings;
pub mod site;
mod statement;

pub use record::{ChipsRecord, FailureRecord, ImageRecord, RunRecord, StretchRecord};

use crate::model::{Model, ModelFile};
use crate::{Error, Result};
use detect::Progress;
use geo::MultiPolygon;
use image::{Found, scan_image};
use record::{peak_memory, totals};
use settings::Resolved;
use site::{CandidateSite, Coverage, RunFacts};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Scans all images. An image that fails is recorded and does not stop the others;
/// a setting, an area, an output or ONNX Runtime that fails does, and so does a model
/// that fails on the only image.
pub fn scan(job: &ScanJob<'_>, progress: &dyn ScanProgress) -> Result<Scan> {
    let start = Instant::now();
    // Read here too, so that an unusable area is told before hours are spent.
    let aoi = job.aoi.as_deref().map(area::read_area).transpose()?;
    let mut images = Vec::new();
    let mut by_image = Vec::new();
    let mut coverage = Vec::new();
    let mut first_model_error = None;
    for (index, path) in job.images.iter().enumerate() {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        match scan_and_hash(job, index, path, aoi.as_ref(), progress) {
            Ok(found) => {
                found
                    .record
                    .warnings
                    .iter()
                    .for_each(|w| progress.warning(path, w));
                images.push(found.record);
                by_image.push(found.sites);
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
    let mut sites = if job.settings.merge_inputs {
        reconcile::reconcile(by_image)
    } else {
        by_image.into_iter().flatten().collect()
    };
    let run_id = statement::run_id(job, &images, aoi.as_ref());
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
        images,
        seconds: start.elapsed().as_secs_f64(),
        peak_memory_bytes: peak_memory(),
    };
    Ok(Scan {
        facts: statement::facts(&record),
        sites,
        coverage,
        area: aoi,
        record,
    })
}

/// Hashes the file while it is scanned.
fn scan_and_hash(
    job: &ScanJob<'_>,
    index: usize,
    path: &Path,
    area: Option<&MultiPolygon<f64>>,
    progress: &dyn ScanProgress,
) -> Result<Found> {
    let given_up = AtomicBool::new(false);
    let stop = || given_up.load(Ordering::Relaxed) || progress.interrupted();
    std::thread::scope(|scope| {
        let hash = scope.spawn(|| statement::sha256_of(path, &stop));
        // A fault of ours in one image must not cost the others.
        let found = catch_unwind(AssertUnwindSafe(|| {
            scan_image(job, index, path, area, progress)
        }))
        .unwrap_or_else(|panic| Err(Error::Internal(detect::panic_text(panic.as_ref()))));
        given_up.store(found.is_err(), Ordering::Relaxed);
        let hash = hash.join().unwrap_or(None);
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        found.map(|mut found| {
            for site in &mut found.sites {
                site.src_sha256 = vec![hash.clone().unwrap_or_default()];
            }
            found.record.sha256 = hash;
            found
        })
    })
}

/// Whether an error would meet every image again.
fn concerns_all_images(error: &Error) -> bool {
    matches!(
        error,
        Error::Runtime { .. }
            | Error::Setting { .. }
            | Error::WriteOutput { .. }
            | Error::Interrupted
    )
}

/// Everything a scan is asked to do.
pub struct ScanJob<'a> {
    /// The images.
    pub images: Vec<PathBuf>,
    /// What sites call them: see [`acquire::short_names`].
    pub names: Vec<String>,
    /// The model.
    pub model: &'a Model,
    /// The settings.
    pub settings: Resolved,
    /// The area of interest, a vector file.
    pub aoi: Option<PathBuf>,
    /// Where the raster of scores, or of a regression's values, goes; one image only.
    pub heatmap: Option<PathBuf>,
    /// The command line, for the record.
    pub command_line: Vec<String>,
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
    /// The area of interest, WGS 84: all polygons of its file, joined.
    pub area: Option<MultiPolygon<f64>>,
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

    /// Whether some images failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        !self.record.failures.is_empty()
    }
}
