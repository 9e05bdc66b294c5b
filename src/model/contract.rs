//! The contract of a model: what it expects and gives, from whichever convention
//! states it, with the source of each setting.

use super::decode::{BoxDecoder, Overlap};
use super::{Activation, BandScaling, Calibration};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The kind of answer a model gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// One setting of a contract as text, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractSetting {
    /// Its name, as a flag without the dashes where there is one.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// The key, convention and file that told it; empty for flags and defaults.
    pub from: String,
}

impl std::fmt::Display for ContractSetting {
    /// The source, as in "metadata: `det_conf`, Deepness".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.source)?;
        if self.from.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.from)
    }
}

/// How the rows and columns of an output lie in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputGeometry {
    /// Pixel for pixel.
    Same,
    /// Pixel for pixel, but for this many rows and columns at each edge.
    Cropped {
        /// Rows and columns left out at each edge.
        margin_px: u32,
    },
    /// One answer for this many pixels either way.
    Coarse {
        /// Input pixels for one of the output.
        factor: u32,
    },
}

/// One output that scores classes, for a whole tile or for each pixel.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing of an output"
)]
pub struct Head {
    /// Its place among the outputs.
    pub output: usize,
    /// Its classes among those of the contract.
    pub classes: Range<usize>,
    /// Whether it gives one channel for two classes, the background being what remains.
    pub single_channel: bool,
    /// Whether it gives class numbers instead of scores.
    pub numbers: bool,
    /// From values to probabilities.
    pub activation: Activation,
    /// Whether its probabilities sum to one.
    pub exclusive: bool,
    /// Whether classes stand on the last axis.
    pub channels_last: bool,
    /// How its rows and columns lie in the input.
    pub geometry: OutputGeometry,
}

impl Head {
    /// Channels of the output.
    #[must_use]
    pub fn channels(&self) -> usize {
        if self.single_channel || self.numbers {
            1
        } else {
            self.classes.len()
        }
    }
}

/// How a detector's answers are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectionContract {
    /// The layout of its outputs.
    pub decoder: BoxDecoder,
    /// From which overlap on two boxes of a class are one.
    pub suppression: f64,
    /// How that overlap is measured.
    pub suppression_by: Overlap,
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
    /// Class names, one head after the other; of a regression, the names of its values.
    pub classes: Vec<String>,
    /// Whether a class is never a site.
    pub is_background: Vec<bool>,
    /// Outputs that score classes, or that give values; none for a detector.
    pub heads: Vec<Head>,
    /// How boxes are read, of a detector.
    pub detection: Option<DetectionContract>,
    /// Factor on the values of a regression.
    pub output_scaling: f32,
    /// Metres per pixel, if the model has a scale.
    pub gsd_m: Option<f64>,
    /// Rows and columns of a tile in model pixels, margin included.
    pub tile_size: (u32, u32),
    /// Model pixels at each edge of a tile that the model does not answer for.
    pub margin_px: u32,
    /// Model pixels shared by neighbouring tiles, margins left out.
    pub overlap_px: u32,
    /// Tiles start at multiples of it.
    pub stride_px: u32,
    /// Thresholds: for all classes under the empty name, or by class name.
    pub thresholds: Vec<(String, f64)>,
    /// Least scores within the outline of a site, named as thresholds are; empty where an
    /// outline ends at the threshold.
    pub outline_thresholds: Vec<(String, f64)>,
    /// By class: the calibration of the scores that its sites carry; empty where no class has
    /// one. Thresholds are asked of scores before it.
    pub calibrations: Vec<Option<Calibration>>,
    /// Whether a class must also have the highest score to pass its threshold.
    pub must_win: bool,
    /// Smallest site in square metres, named as thresholds are.
    pub min_area_m2: Vec<(String, f64)>,
    /// Smallest site in model pixels.
    pub min_area_px: Option<f64>,
    /// The smallest plot the model was shown to find, square metres.
    pub smallest_plot_m2: Option<f64>,
    /// Each setting as text, with its source.
    pub settings: Vec<ContractSetting>,
    /// What the user should know about how the model was understood.
    pub notes: Vec<String>,
}

impl Contract {
    /// A setting by its name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&ContractSetting> {
        self.settings.iter().find(|s| s.name == name)
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

    /// The classes among which a cell gets one label, as ranges: one a head, and one a
    /// class where a tile may show several things at once.
    #[must_use]
    pub fn label_layers(&self) -> Vec<Range<usize>> {
        let mut layers = Vec::new();
        for head in &self.heads {
            if self.task == ModelTask::Classification && !head.exclusive && !head.single_channel {
                layers.extend(head.classes.clone().map(|k| k..k + 1));
            } else {
                layers.push(head.classes.clone());
            }
        }
        layers
    }

    /// The input's shape for a batch of tiles.
    #[must_use]
    pub fn input_shape(&self, batch: usize, rows: usize, cols: usize) -> [usize; 4] {
        match self.layout {
            InputLayout::Nchw => [batch, self.channels, rows, cols],
            InputLayout::Nhwc => [batch, rows, cols, self.channels],
        }
    }
}
