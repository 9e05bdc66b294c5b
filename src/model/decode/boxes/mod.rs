//! From a detector's outputs to predictions, one file a layout.

use serde::{Deserialize, Serialize};

/// How the outputs of a detector are laid out. `nc` is the number of classes, `N` the
/// number of candidate boxes; boxes are in chip pixels unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoxDecoder {
    /// `[batch, N, 5 + nc]`: center x, y, width, height, objectness, class scores; the
    /// score is objectness times class score.
    YoloV5,
    /// As `YoloV5`, but the score is the objectness alone, as Deepness and `GeoDeep` take it.
    YoloV5Objectness,
    /// As `YoloV5`, but the objectness is ignored.
    YoloV6,
    /// `[batch, 4 + nc, N]`: center x, y, width, height, class scores.
    YoloV8,
    /// As `YoloV8` with one more row, the angle in radians.
    YoloV8Obb,
    /// `[batch, 4 + nc + m, N]` and prototypes `[batch, m, rows, columns]`.
    YoloV8Seg,
    /// `[batch, N, 6]`: left, top, right, bottom, score, class; suppressed already.
    EndToEnd,
    /// `[batch, N, 7]`: center x, y, width, height, score, class, angle in radians.
    EndToEndObb,
    /// `[batch, N, 6 + m]` and prototypes `[batch, m, rows, columns]`.
    EndToEndSeg,
    /// `[batch, N, 5 + nc]` not yet decoded: offsets and logarithms of sizes on grids of
    /// stride 8, 16 and 32.
    YoloX,
    /// Three outputs without a batch axis or with one of 1: boxes `[N, 4]` (left, top,
    /// right, bottom), scores `[N]`, class indices `[N]`.
    RetinaNet,
    /// `[batch, N, nc + 1]` logits of which the last class is nothing, and
    /// `[batch, N, 4]` center x, y, width, height as shares of the chip.
    Detr,
}

/// How the overlap of two boxes is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// Intersection over union.
    Iou,
    /// Intersection over the smaller of the two.
    Ios,
}

/// One object as a decoder gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Index of its class.
    pub class: usize,
    /// Its score, 0 to 1.
    pub score: f32,
    /// The score of every class where the layout has them, else empty.
    pub class_scores: Vec<f32>,
    /// Where it lies, in chip pixels.
    pub shape: PredictedShape,
}

/// Where a prediction lies, in chip pixels: (0, 0) is the outer corner of the first pixel.
#[derive(Debug, Clone, PartialEq)]
pub enum PredictedShape {
    /// An upright box.
    Box {
        /// Left edge.
        left: f32,
        /// Upper edge.
        top: f32,
        /// Right edge.
        right: f32,
        /// Lower edge.
        bottom: f32,
    },
    /// A turned box.
    Turned {
        /// Column of its center.
        x: f32,
        /// Row of its center.
        y: f32,
        /// Length along its own x axis.
        width: f32,
        /// Length along its own y axis.
        height: f32,
        /// From the chip's x axis to its own, in radians, clockwise on the screen.
        angle: f32,
    },
    /// The pixels of a mask.
    Mask {
        /// First column.
        col: u32,
        /// First row.
        row: u32,
        /// Columns.
        width: u32,
        /// 1 where a pixel belongs to the object, row-major.
        pixels: Vec<u8>,
    },
}
