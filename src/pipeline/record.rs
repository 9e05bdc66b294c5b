//! The run record: what a run did, with what, on what, and how it went.

use super::detect::{StageSeconds, TileCounts};
use super::provenance::{FileRecord, FileRole};
use super::report::ChipLayout;
use super::settings::ResolvedSetting;
use crate::Error;
use crate::georef::Gsd;
use crate::model::ValueRange;
use serde::Serialize;

/// One image of a run.
#[derive(Debug, Clone, Serialize)]
pub struct ImageRecord {
    /// The path as opened.
    pub path: String,
    /// Files it consists of besides itself.
    pub parts: Vec<FileRecord>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: Option<String>,
    /// The reference system, and whether the user assumed it.
    pub crs: Option<String>,
    /// Whether the reference system was assumed.
    pub crs_assumed: bool,
    /// Metres per pixel of the image.
    pub gsd: Option<Gsd>,
    /// Raster pixels per model pixel, along a row and along a column.
    pub scale: Option<(f64, f64)>,
    /// The overview read from, `None` for the full level.
    pub overview: Option<usize>,
    /// What places the pixels of a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Bands in model order.
    pub bands: Vec<usize>,
    /// What made pixels count as empty.
    pub validity: Option<super::acquire::ValidityRule>,
    /// Values stretched to 0–255 first, where the scene does not have 8 bits.
    pub stretch: Option<StretchRecord>,
    /// When it was taken.
    pub capture_time: Option<String>,
    /// What became of its tiles.
    pub tiles: TileCounts,
    /// Covered ground in square metres.
    pub covered_m2: f64,
    /// Sites found, before merging with other images.
    pub sites: usize,
    /// Cells whose scores were not numbers.
    pub not_numbers: u64,
    /// Metres of ground in what the model saw as one pixel.
    pub seen_gsd_m: Option<f64>,
    /// Worker threads: fewer than asked for where memory was short.
    pub workers: usize,
    /// Tiles in one run of the model.
    pub batch: usize,
    /// What to know of this image's result.
    pub warnings: Vec<String>,
    /// Seconds by stage, summed over the workers.
    pub timings_s: StageSeconds,
    /// Why it failed.
    pub failure: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ImageRecord {
    /// The record of an image that could not be scanned.
    #[must_use]
    pub fn failed(path: &std::path::Path, error: &Error) -> Self {
        Self {
            failure: Some(error.to_string()),
            hint: Some(error.hint()),
            ..Self::new(path)
        }
    }

    /// An empty record.
    #[must_use]
    pub fn new(path: &std::path::Path) -> Self {
        Self {
            path: path.display().to_string(),
            parts: Vec::new(),
            sha256: None,
            crs: None,
            crs_assumed: false,
            gsd: None,
            scale: None,
            overview: None,
            photo: None,
            bands: Vec::new(),
            validity: None,
            stretch: None,
            capture_time: None,
            tiles: TileCounts::default(),
            covered_m2: 0.0,
            sites: 0,
            not_numbers: 0,
            workers: 0,
            batch: 0,
            seen_gsd_m: None,
            warnings: Vec::new(),
            timings_s: StageSeconds::default(),
            failure: None,
            hint: None,
        }
    }
}

/// Values between two percentiles of the scene, stretched to 0–255.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StretchRecord {
    /// The percentiles of all used bands together.
    pub percentiles: (f64, f64),
    /// The values there.
    pub range: ValueRange,
}

/// An image that could not be scanned.
#[derive(Debug, Clone, Serialize)]
pub struct FailureRecord {
    /// The path as opened.
    pub path: String,
    /// Why.
    pub error: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Training chips that were written; none of both kinds: there is no folder.
#[derive(Debug, Clone, Serialize)]
pub struct ChipsRecord {
    /// Their folder, as the user wrote it.
    pub folder: String,
    /// How labels are stored.
    pub layout: ChipLayout,
    /// Pixels along an edge.
    pub size_px: u32,
    /// Chips cut for sites.
    pub with_sites: u32,
    /// Chips of ground without a site.
    pub background: u32,
    /// Chips for sites that could not be cut, as the image cannot be read there.
    pub unreadable: u32,
}

/// The files of all images that were hashed.
pub(super) fn image_files(images: &[ImageRecord]) -> Vec<FileRecord> {
    let of_image = |image: &ImageRecord| {
        let own = FileRecord {
            role: FileRole::Image,
            path: image.path.clone().into(),
            // What lies in an archive or on a network has none.
            sha256: image.sha256.clone().unwrap_or_default(),
        };
        std::iter::once(own)
            .filter(|_| image.failure.is_none())
            .chain(image.parts.clone())
            .collect::<Vec<_>>()
    };
    images.iter().flat_map(of_image).collect()
}

/// Tiles, seconds and failures of all images.
pub(super) fn totals(images: &[ImageRecord]) -> (TileCounts, StageSeconds, Vec<FailureRecord>) {
    let (mut counts, mut seconds) = (TileCounts::default(), StageSeconds::default());
    let mut failures = Vec::new();
    for image in images {
        counts += image.tiles;
        seconds.read += image.timings_s.read;
        seconds.infer += image.timings_s.infer;
        seconds.decode += image.timings_s.decode;
        seconds.locate += image.timings_s.locate;
        seconds.screen += image.timings_s.screen;
        failures.extend(image.failure.as_ref().map(|error| FailureRecord {
            path: image.path.clone(),
            error: error.clone(),
            hint: image.hint.clone(),
        }));
    }
    (counts, seconds, failures)
}

/// The record of a run, written beside its output.
#[derive(Debug, Clone, Serialize)]
pub struct RunRecord {
    /// Version of this format.
    pub schema_version: u32,
    /// Version of the program.
    pub program: String,
    /// Version of ONNX Runtime.
    pub onnx_runtime: String,
    /// The device that really ran the model.
    pub device: String,
    /// Version of GDAL.
    pub gdal: String,
    /// The command line.
    pub command_line: Vec<String>,
    /// Hash of the plan.
    pub run_id: String,
    /// The model's name.
    pub model: String,
    /// The model file.
    pub model_path: String,
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// Every setting with its source.
    pub settings: Vec<ResolvedSetting>,
    /// The images.
    pub images: Vec<ImageRecord>,
    /// What became of the tiles of all images.
    pub counts: TileCounts,
    /// Seconds by stage, summed over workers and images.
    pub timings_s: StageSeconds,
    /// Images that could not be scanned.
    pub failures: Vec<FailureRecord>,
    /// Training chips, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chips: Option<ChipsRecord>,
    /// Sites by class.
    pub sites_by_class: Vec<(String, usize)>,
    /// What the run may say of the ground it covered.
    pub statement: String,
    /// The folder that relative paths start from.
    pub folder: String,
    /// Every file that the run read and wrote, but for this record and folders of pictures.
    pub files: Vec<FileRecord>,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Peak resident memory in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}
