//! What a benchmark found, as `report.json` says it: the schema of that file.
//!
//! Numbers that do not exist are `null`: no truth of that kind, a division by zero, too few
//! flights for an interval. Shares go from 0 to 1.

mod level;

pub use level::{
    CountError, LookalikeRow, ObjectClass, ObjectLevel, PixelClass, PixelLevel, Reliability,
    ReliabilityBin, SiteBreakdown, SiteLevel, TileClass, TileLevel,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the schema; it grows when a key changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// A number with its bootstrap interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number on the whole data set.
    pub value: Option<f64>,
    /// The lower end of its 95 % interval; `null` where there are fewer than two groups.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// The whole report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BenchReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name and version of the program.
    pub program: String,
    /// The version of ONNX Runtime; empty where no model was run.
    pub onnx_runtime: String,
    /// The version of GDAL.
    pub gdal: String,
    /// The command line.
    pub command_line: Vec<String>,
    /// When the benchmark began to measure, ISO 8601 in UTC.
    pub made: String,
    /// What was measured on.
    pub dataset: DatasetSummary,
    /// How it was measured.
    pub method: Method,
    /// The models in the order of the command line; ready-made predictions count as one.
    pub models: Vec<ModelReport>,
    /// All pairs of models.
    pub differences: Vec<Difference>,
    /// What changed since an earlier report.
    pub baseline: Option<BaselineChange>,
}

/// What was measured on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// The scenes.
    pub scenes: Vec<SceneSummary>,
    /// What intervals resample: `flight`, or `scene` where flights are unknown.
    pub group_unit: String,
    /// How many of them there are.
    pub groups: usize,
    /// What whoever reads the figures must know: leaks between training and test, classes that
    /// no model knows, a truth that allows no level.
    pub warnings: Vec<String>,
}

/// One scene of the data set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SceneSummary {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// SHA-256 of the image; empty where nothing was run on it.
    pub sha256: String,
    /// The flight it belongs to; empty where unknown.
    pub flight: String,
    /// When it was taken, ISO 8601; empty where unknown.
    pub date: String,
    /// The stage of growth; empty where unknown or mixed.
    pub stage: String,
    /// Ground sample distance of the image in centimetres.
    pub gsd_cm: f64,
    /// What its truth is: `polygons`, `points`, `mask`, `boxes` or `nothing`.
    pub truth: String,
    /// Known plots by class.
    pub plots: BTreeMap<String, usize>,
    /// Known look-alikes.
    pub lookalikes: usize,
}

/// How it was measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Method {
    /// The least intersection over union of a hit.
    pub hit_iou: f64,
    /// Resamples of an interval.
    pub bootstrap: usize,
    /// The seed of resampling.
    pub seed: u64,
}

/// What one model gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelReport {
    /// Its name, unique in the report.
    pub name: String,
    /// Its file.
    pub path: String,
    /// SHA-256 of its file; empty for ready-made predictions.
    pub sha256: String,
    /// Bytes of its file and of its weights where they lie elsewhere.
    pub bytes: u64,
    /// `segmentation`, `classification`, `detection` or `predictions`.
    pub task: String,
    /// Ground sample distance that it sees, metres a pixel.
    pub gsd_m: Option<f64>,
    /// Its classes that are evaluated.
    pub classes: Vec<String>,
    /// The thresholds it was run with, as `--threshold` writes them.
    pub threshold: String,
    /// Settings that were resolved: name to value.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Ground that was looked at, km²; each scene counts.
    pub km2: f64,
    /// Sites against plots at the thresholds above.
    pub site: Option<SiteLevel>,
    /// Tiles with a plot against tiles without.
    pub tile: Option<TileLevel>,
    /// Labels of pixels.
    pub pixel: Option<PixelLevel>,
    /// Boxes of objects, COCO matching.
    pub object: Option<ObjectLevel>,
    /// Why a level is missing: name of the level to reason.
    pub left_out: BTreeMap<String, String>,
    /// Whether scores are what they say.
    pub calibration: Option<Reliability>,
    /// What other thresholds would give: all classes together, then each where there are
    /// several; the thresholds of the run first, then lowest first.
    pub thresholds: Vec<ThresholdRow>,
    /// Thresholds that keep the limit that was asked for, one a class.
    pub choices: Vec<ThresholdChoice>,
    /// What it costs to run.
    pub cost: Option<Cost>,
    /// The largest plots that were missed.
    pub worst_misses: Vec<Example>,
    /// The false sites with the highest scores.
    pub worst_false: Vec<Example>,
    /// What the model's settings and the scans had to say.
    pub notes: Vec<String>,
}

/// What a threshold would give: a point of the FROC curve.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ThresholdRow {
    /// The class; empty: all together, each with this threshold.
    pub class: String,
    /// The threshold; `null`: the thresholds that the model was run with.
    pub threshold: Option<f64>,
    /// Sites.
    pub sites: usize,
    /// Plots that are hit.
    pub found: usize,
    /// Share of plots that are hit.
    pub recall: Option<f64>,
    /// Sites that hit no plot.
    pub false_sites: usize,
    /// False sites per square kilometre.
    pub false_per_km2: Option<f64>,
    /// What that rate may be at most by the ground that was looked at: the upper 95 % bound of a
    /// Poisson distribution.
    pub false_per_km2_below: Option<f64>,
    /// Share of sites that hit a plot.
    pub precision: Option<f64>,
    /// Sites to be walked to on 100 km² with as many plots as here.
    pub visits_per_100_km2: Option<f64>,
}

/// A threshold that keeps a limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ThresholdChoice {
    /// The class.
    pub class: String,
    /// The limit, as it was asked for: `at most 5 false sites per km2`.
    pub limit: String,
    /// The row that keeps it best; `null` where none does.
    pub row: Option<ThresholdRow>,
    /// The file that it was written into.
    pub written_to: Option<String>,
}

/// What a model costs to run, measured by scanning with this program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cost {
    /// The scene that was scanned.
    pub scene: String,
    /// Runs that were timed, after one to warm up.
    pub repeats: usize,
    /// Worker threads.
    pub threads: usize,
    /// The processor or graphics card.
    pub processor: String,
    /// Logical cores of the machine.
    pub cores: usize,
    /// The device that ran the model.
    pub device: String,
    /// Seconds of a scan by the clock: median.
    pub seconds: f64,
    /// The shortest and the longest.
    pub seconds_range: (f64, f64),
    /// Seconds of the workers by stage, median: `read`, `infer`, `decode`, `locate`.
    pub stages: BTreeMap<String, f64>,
    /// Image pixels per second, in millions.
    pub mpx_per_s: f64,
    /// Tiles per second.
    pub tiles_per_s: f64,
    /// Square kilometres per hour at the scene's ground sample distance.
    pub km2_per_h: f64,
    /// What reading alone would take, seconds over all threads.
    pub decode_alone_s: f64,
    /// What running the model alone would take.
    pub infer_alone_s: f64,
    /// (decode + infer) / threads over the median: 1 is the limit.
    pub share_of_limit: f64,
    /// Highest memory of a scan in bytes; `null` where the system does not say.
    pub peak_memory_bytes: Option<u64>,
    /// Image pixels of the scene.
    pub pixels: u64,
    /// Tiles of the scene.
    pub tiles: u64,
}

/// A plot that was missed, or a false site.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Example {
    /// The scene.
    pub scene: String,
    /// The id of the plot or site.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Longitude, WGS 84.
    pub lon: f64,
    /// Latitude, WGS 84.
    pub lat: f64,
    /// Its area in square metres; `null` for a point.
    pub area_m2: Option<f64>,
    /// The score of a site.
    pub score: Option<f64>,
    /// What is known of it: a stage, a look-alike.
    pub note: String,
    /// A JPEG of it; in the HTML page only.
    #[serde(skip)]
    pub picture: Option<Vec<u8>>,
}

/// The difference of two models on the same groups.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "what a difference is of stands beside it"
)]
pub struct Difference {
    /// The first model.
    pub first: String,
    /// The second.
    pub second: String,
    /// What is compared: `site recall`, `false sites per km2` …
    pub measure: String,
    /// The second less the first, with a paired interval.
    pub difference: Measured,
    /// `first is better`, `second is better` or `cannot tell`.
    pub verdict: String,
}

/// Changes since an earlier report.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BaselineChange {
    /// The file of that report.
    pub path: String,
    /// When it was made.
    pub made: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// What cannot be compared, and why.
    pub notes: Vec<String>,
}

/// One changed number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Change {
    /// The model.
    pub model: String,
    /// The measure, by its key: `site_recall` …
    pub measure: String,
    /// What it was.
    pub before: Option<f64>,
    /// What it is.
    pub now: Option<f64>,
}
