//! What was found at each level: sites, tiles, pixels, objects, and how true scores are.

use super::Measured;
use serde::{Deserialize, Serialize};

/// Sites against plots.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SiteLevel {
    /// Known plots.
    pub plots: usize,
    /// Plots that were hit.
    pub found: usize,
    /// Sites.
    pub sites: usize,
    /// Sites that hit no plot.
    pub false_sites: usize,
    /// Share of plots that were hit.
    pub recall: Measured,
    /// Share of sites that hit a plot.
    pub precision: Measured,
    /// Harmonic mean of the two.
    pub f1: Measured,
    /// False sites per square kilometre.
    pub false_per_km2: Measured,
    /// What that rate may be at most by the ground that was looked at: the upper 95 % bound of a
    /// Poisson distribution.
    pub false_per_km2_below: Option<f64>,
    /// The highest recall of any threshold, those of the run among them, with at most 1 false
    /// site per km².
    pub recall_at_1: Measured,
    /// The same for 5.
    pub recall_at_5: Measured,
    /// The same for 20.
    pub recall_at_20: Measured,
    /// By class, as above.
    pub classes: Vec<SiteBreakdown>,
    /// By size of the plot.
    pub by_size: Vec<SiteBreakdown>,
    /// By ground sample distance of the image.
    pub by_gsd: Vec<SiteBreakdown>,
    /// By stage of growth.
    pub by_stage: Vec<SiteBreakdown>,
    /// By scene.
    pub by_scene: Vec<SiteBreakdown>,
    /// Look-alikes: how many there are of a kind, and how many false sites lie on them.
    pub lookalikes: Vec<LookalikeRow>,
    /// How far the number of sites is from that of plots.
    pub count: CountError,
}

/// Sites against plots of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SiteBreakdown {
    /// The kind: a class, `below 1 m2`, `2-3 cm`, a stage, a scene.
    pub name: String,
    /// Known plots.
    pub plots: usize,
    /// Plots that were hit.
    pub found: usize,
    /// Share of plots that were hit.
    pub recall: Measured,
    /// False sites; `null` where a site has no such kind.
    pub false_sites: Option<usize>,
    /// False sites per square kilometre.
    pub false_per_km2: Measured,
}

/// Look-alikes of a kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LookalikeRow {
    /// The kind; empty for false sites that lie on none.
    pub name: String,
    /// How many are known.
    pub patches: usize,
    /// How many of them were taken for a plot.
    pub hit: usize,
    /// False sites on them.
    pub false_sites: usize,
}

/// How far counts are off.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct CountError {
    /// Sites less plots, over plots, of the whole data set.
    pub relative: Option<f64>,
    /// Mean over the scenes of the difference without its sign.
    pub mean_absolute: f64,
    /// Mean over the scenes of sites less plots.
    pub mean: f64,
}

/// Tiles with a plot against tiles without, at the thresholds the model was run with; the areas
/// under the curves over all scores.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TileLevel {
    /// By class.
    pub classes: Vec<TileClass>,
}

/// Tiles of one class.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TileClass {
    /// The class.
    pub name: String,
    /// Tiles that were looked at.
    pub tiles: usize,
    /// Tiles with a plot.
    pub positive: usize,
    /// Share of tiles called positive that have a plot.
    pub precision: Measured,
    /// Share of tiles with a plot that were called positive.
    pub recall: Measured,
    /// Harmonic mean of the two.
    pub f1: Measured,
    /// Area under the precision-recall curve: average precision.
    pub pr_auc: Measured,
    /// Area under the receiver operating characteristic.
    pub roc_auc: Measured,
    /// The precision-recall curve, thinned for drawing: recall, precision.
    pub curve: Vec<(f64, f64)>,
}

/// Labels of pixels.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PixelLevel {
    /// By class.
    pub classes: Vec<PixelClass>,
    /// Mean of the classes' intersections over union.
    pub mean_iou: Measured,
    /// Pixels that were compared.
    pub pixels: u64,
}

/// Pixels of one class.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PixelClass {
    /// The class.
    pub name: String,
    /// Intersection over union.
    pub iou: Measured,
    /// Dice's coefficient, which is F1.
    pub f1: Measured,
    /// Precision.
    pub precision: Measured,
    /// Recall.
    pub recall: Measured,
    /// Pixels of it in truth.
    pub truth: u64,
    /// Pixels of it in the labels.
    pub found: u64,
}

/// Boxes of objects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ObjectLevel {
    /// Boxes in truth.
    pub truth: usize,
    /// Boxes found, of any score.
    pub found: usize,
    /// Average precision at an intersection over union of 0.5, mean of the classes.
    pub ap50: Measured,
    /// Mean of average precisions at 0.5, 0.55 … 0.95.
    pub ap50_95: Measured,
    /// By class.
    pub classes: Vec<ObjectClass>,
}

/// Boxes of one class.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ObjectClass {
    /// The class.
    pub name: String,
    /// Boxes in truth.
    pub truth: usize,
    /// Boxes found, of any score.
    pub found: usize,
    /// Average precision at 0.5.
    pub ap50: Measured,
    /// Mean of average precisions at 0.5 to 0.95.
    pub ap50_95: Measured,
    /// The precision-recall curve at 0.5, at the 101 recalls of COCO: recall, precision.
    pub curve: Vec<(f64, f64)>,
}

/// Whether scores are what they say: how often sites of a score hit a plot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reliability {
    /// What is rated: `site`.
    pub of: String,
    /// Expected calibration error over ten bins of equal width.
    pub ece: Measured,
    /// The bins that hold something, by ascending score.
    pub bins: Vec<ReliabilityBin>,
    /// Brier score: mean squared difference.
    pub brier: Option<f64>,
    /// Whether the scores went through a calibration of the model's sidecar.
    pub calibrated: bool,
}

/// Sites with scores in one range.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// The least score.
    pub from: f64,
    /// The highest.
    pub to: f64,
    /// Sites in it.
    pub count: usize,
    /// Their mean score.
    pub mean_score: f64,
    /// The share of them that hit a plot.
    pub hit_share: f64,
}
