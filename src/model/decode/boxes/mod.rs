//! From a detector's outputs to predictions, one file a layout.

mod candidate;
mod class_count;
mod detr;
mod end_to_end;
#[cfg(test)]
mod golden;
mod grid;
mod guess;
mod outputs;
mod prototypes;
mod refine;
mod retinanet;
#[cfg(test)]
mod tests;
mod words;
mod yolo_columns;
mod yolo_rows;
mod yolox;

pub(in crate::model) use class_count::class_count;
pub(in crate::model) use guess::guess;
pub(in crate::model) use refine::refine;

use candidate::Keep;
use ndarray::ArrayViewD;
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

/// What a decoder needs to know of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct BoxFrame {
    /// Rows of the chip.
    pub rows: u32,
    /// Columns of the chip.
    pub cols: u32,
}

/// The predictions for item `item` of a batch, in the order of the candidates.
///
/// `least_score` holds, by class, the score from which on a prediction is kept; infinity
/// for classes that are not wanted. A prediction's class is the one of the highest score,
/// the first of equals. Candidates with numbers that are not finite, without area, or
/// whose mask has no pixel are left out. The error says what was seen and wanted.
pub(in crate::model) fn decode(
    decoder: BoxDecoder,
    outputs: &[ArrayViewD<'_, f32>],
    item: usize,
    frame: BoxFrame,
    classes: usize,
    least_score: &[f32],
) -> Result<Vec<Prediction>, String> {
    let keep = Keep::new(least_score);
    match decoder {
        BoxDecoder::YoloV5 | BoxDecoder::YoloV5Objectness | BoxDecoder::YoloV6 => {
            yolo_rows::decode(decoder, outputs, item, classes, &keep)
        }
        BoxDecoder::YoloV8 => yolo_columns::decode_upright(outputs, item, classes, &keep),
        BoxDecoder::YoloV8Obb => yolo_columns::decode_turned(outputs, item, classes, &keep),
        BoxDecoder::YoloV8Seg => yolo_columns::decode_masks(outputs, item, frame, classes, &keep),
        BoxDecoder::EndToEnd => end_to_end::decode_upright(outputs, item, classes, &keep),
        BoxDecoder::EndToEndObb => end_to_end::decode_turned(outputs, item, classes, &keep),
        BoxDecoder::EndToEndSeg => end_to_end::decode_masks(outputs, item, frame, classes, &keep),
        BoxDecoder::YoloX => yolox::decode(outputs, item, frame, classes, &keep),
        BoxDecoder::RetinaNet => retinanet::decode(outputs, item, classes, &keep),
        BoxDecoder::Detr => detr::decode(outputs, item, frame, classes, &keep),
    }
}
