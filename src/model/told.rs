//! What one source says of a model: a command line, a sidecar, or metadata inside
//! the file. Several of these, in order of precedence, make a contract.

use super::decode::{BoxDecoder, Overlap};
use super::{Activation, BandScaling, Calibration, ElementType, InputLayout, ModelTask, Source};
use std::path::PathBuf;

/// What one source says; everything it leaves out is `None` or empty.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Where it stands in the order of precedence.
    pub source: Source,
    /// The convention it follows, such as `STAC MLM` or `Deepness`; empty for flags.
    pub convention: &'static str,
    /// For each setting named here, the key it was read from, such as
    /// `det_conf`.
    pub keys: Vec<(&'static str, String)>,
    /// The file it was read from, if it is not the model itself.
    pub file: Option<PathBuf>,
    /// The model file it belongs to, relative to its own folder, where it says.
    pub model_file: Option<String>,
    /// The name that sites carry.
    pub name: Option<String>,
    /// The kind of answer.
    pub task: Option<TaskWord>,
    /// Band names in input order.
    pub bands: Vec<String>,
    /// Number of bands, where only the number is told.
    pub channels: Option<usize>,
    /// The input's axis order.
    pub layout: Option<InputLayout>,
    /// The input's shape as told, −1 for free dimensions.
    pub input_shape: Option<Vec<i64>>,
    /// The input's element type.
    pub element: Option<ElementType>,
    /// One scaling for all bands, or one a band.
    pub scaling: Vec<BandScaling>,
    /// Class names by index, one list for each output that has classes.
    pub heads: Vec<Vec<String>>,
    /// Classes that never become sites.
    pub background: Vec<String>,
    /// From outputs to probabilities.
    pub activation: Option<Activation>,
    /// Metres per pixel.
    pub gsd_m: Option<f64>,
    /// Rows and columns of a tile, model pixels.
    pub tile_size: Option<(u32, u32)>,
    /// What neighbouring tiles share.
    pub overlap: Option<TileOverlap>,
    /// Tiles start at multiples of it.
    pub stride_px: Option<u32>,
    /// Thresholds: for all classes under the empty name, or by class name.
    pub thresholds: Vec<(String, f64)>,
    /// Least scores within an outline, named as thresholds are.
    pub outline_thresholds: Vec<(String, f64)>,
    /// Calibrations of scores by class name.
    pub calibrations: Vec<(String, Calibration)>,
    /// Whether a class must also have the highest score of all to pass.
    pub must_win: Option<bool>,
    /// Smallest site in square metres, named as thresholds are.
    pub min_area_m2: Vec<(String, f64)>,
    /// Smallest segment in model pixels.
    pub min_area_px: Option<f64>,
    /// The smallest plot the model was shown to find, square metres.
    pub smallest_plot_m2: Option<f64>,
    /// How boxes are read from the outputs.
    pub decoder: Option<BoxDecoder>,
    /// From which overlap on two boxes are one.
    pub suppression: Option<f64>,
    /// How that overlap is measured.
    pub suppression_by: Option<Overlap>,
    /// Factor on the values of a regression.
    pub output_scaling: Option<f64>,
    /// What the user should know about this source.
    pub notes: Vec<String>,
}

impl Told {
    /// An empty one of a source and a convention.
    #[must_use]
    pub fn new(source: Source, convention: &'static str) -> Self {
        Self {
            source,
            convention,
            ..Self::default()
        }
    }

    /// Notes that `setting` was read from `key`.
    pub fn read(&mut self, setting: &'static str, key: impl Into<String>) {
        self.keys.push((setting, key.into()));
    }

    /// The key that a setting was read from.
    #[must_use]
    pub fn key_of(&self, setting: &str) -> Option<&str> {
        let entry = self.keys.iter().find(|(name, _)| *name == setting);
        entry.map(|(_, key)| key.as_str())
    }
}

/// The kind of answer as a convention words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskWord {
    /// One that can be scanned with.
    Known(ModelTask),
    /// One that cannot, such as `Superresolution`.
    Other(String),
}

/// What neighbouring tiles share, as a convention words it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TileOverlap {
    /// Model pixels.
    Pixels(u32),
    /// Percent of the tile's edge.
    Percent(f64),
}

/// Values by class as text, the empty name standing for all: `0.5,poppy=0.7`.
pub(crate) fn by_class_text(values: &[(String, impl std::fmt::Display)]) -> String {
    let text = |(class, value): &(String, _)| match class.as_str() {
        "" => format!("{value}"),
        class => format!("{class}={value}"),
    };
    values.iter().map(text).collect::<Vec<_>>().join(",")
}
