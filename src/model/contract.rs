//! The contract of a model: what it expects and gives, from whichever convention
//! states it, with the source of each setting.

use super::{Activation, BandScaling};
use serde::Serialize;

/// The kind of answer a model gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelTask {
    /// One score vector for a whole tile.
    Classification,
    /// One score vector for each pixel.
    Segmentation,
    /// Boxes, turned boxes or masks of single objects.
    Detection,
    /// One value or several for each pixel, which are no classes.
    Regression,
}

/// The axis order of the input tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InputLayout {
    /// Batch, bands, rows, columns.
    Nchw,
    /// Batch, rows, columns, bands.
    Nhwc,
}

/// Where a setting came from, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A command-line flag.
    Flag,
    /// The config file.
    Config,
    /// The model's sidecar.
    Sidecar,
    /// Metadata inside the model file.
    Metadata,
    /// The model's shapes.
    Shape,
    /// A trial run of the model.
    Trial,
    /// Ours.
    #[default]
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Config => "config",
            Self::Sidecar => "sidecar",
            Self::Metadata => "metadata",
            Self::Shape => "shape",
            Self::Trial => "trial run",
            Self::Default => "default",
        })
    }
}

/// What a model expects and gives.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The name that sites carry.
    pub name: String,
    /// The kind of answer.
    pub task: ModelTask,
    /// The input's axis order.
    pub layout: InputLayout,
    /// Number of bands.
    pub channels: usize,
    /// Band names in input order; empty when unknown.
    pub bands: Vec<String>,
    /// Rows and columns when the model has a fixed size.
    pub fixed_size: Option<(u32, u32)>,
    /// The batch size when it is fixed.
    pub fixed_batch: Option<usize>,
    /// One scaling a band.
    pub scaling: Vec<BandScaling>,
    /// Class names by index of the score vector. A model with one output channel
    /// has two classes, the background being what remains.
    pub classes: Vec<String>,
    /// Whether the model gives one channel for two classes.
    pub single_channel: bool,
    /// Whether a class is never a site.
    pub is_background: Vec<bool>,
    /// From outputs to probabilities.
    pub activation: Activation,
    /// Metres per pixel, if the model has a scale.
    pub gsd_m: Option<f64>,
    /// Model pixels along a tile's edge.
    pub tile_size: u32,
    /// Model pixels shared by neighbouring tiles.
    pub overlap_px: u32,
    /// Tiles start at multiples of it.
    pub stride_px: u32,
    /// Thresholds: for all classes under the empty name, or by class name.
    pub thresholds: Vec<(String, f64)>,
    /// Smallest site in square metres.
    pub min_area_m2: Option<f64>,
    /// The smallest plot the model was shown to find, square metres.
    pub smallest_plot_m2: Option<f64>,
    /// Each setting as text, with its source.
    pub sources: Vec<(&'static str, String, Source)>,
    /// What the user should know about how the model was understood.
    pub notes: Vec<String>,
}

impl Contract {
    /// Where a setting came from.
    #[must_use]
    pub fn source_of(&self, name: &str) -> Source {
        let entry = self.sources.iter().find(|(n, _, _)| *n == name);
        entry.map_or(Source::Sidecar, |(_, _, source)| *source)
    }

    /// Names of the classes that can become sites.
    #[must_use]
    pub fn target_names(&self) -> Vec<&str> {
        self.names_where(false)
    }

    /// Names of the classes that never become sites.
    #[must_use]
    pub fn background_names(&self) -> Vec<&str> {
        self.names_where(true)
    }

    fn names_where(&self, background: bool) -> Vec<&str> {
        self.classes
            .iter()
            .zip(&self.is_background)
            .filter(|(_, b)| **b == background)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The input's shape for a batch of square or fixed tiles.
    #[must_use]
    pub fn input_shape(&self, batch: usize, rows: usize, cols: usize) -> [usize; 4] {
        match self.layout {
            InputLayout::Nchw => [batch, self.channels, rows, cols],
            InputLayout::Nhwc => [batch, rows, cols, self.channels],
        }
    }
}
