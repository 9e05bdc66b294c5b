//! From a model's output to its answer for a tile: the one place that knows the kind
//! of a model. A new kind is one more file here.

pub(super) mod boxes;
mod classification;
mod labels;
mod pixels;
mod regression;
mod segmentation;

pub use boxes::{BoxDecoder, Overlap, PredictedShape, Prediction};
pub(crate) use labels::code;
pub use labels::{CellScores, LabelRule, Pass};

use super::session::OutputTensor;
use super::{Contract, ModelTask};
use crate::Result;
use crate::georef::Window;
use boxes::BoxFrame;
use ndarray::{ArrayViewD, Axis};

/// A chip and the part of it that its tile answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipFrame {
    /// Columns of the chip.
    pub width: u32,
    /// Rows of the chip.
    pub height: u32,
    /// The part that is answered for, in chip pixels.
    pub core: Window,
}

/// What the cells of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Each cell is a pixel of the model grid; neighbours join along edges.
    Pixel,
    /// Each cell is the core of a tile; neighbours join at corners too.
    Tile,
}

/// The cells a kind of model answers for.
#[must_use]
pub fn cell_kind(task: ModelTask) -> CellKind {
    match task {
        ModelTask::Classification => CellKind::Tile,
        ModelTask::Segmentation | ModelTask::Detection | ModelTask::Regression => CellKind::Pixel,
    }
}

/// What a model answers for one tile.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Labels and scores of cells.
    Cells(CellScores),
    /// Objects, in chip pixels, of the whole chip, and how many values of the outputs were
    /// no numbers.
    Objects(Vec<Prediction>, u64),
    /// Values of the core's pixels, one plane a value, `[value, row, col]`.
    Values(Vec<Vec<f32>>),
}

/// Decodes the answer for item `item` of a batch. `want_all` asks for the scores of
/// unlabelled cells too.
pub fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
    rule: &LabelRule,
    want_all: bool,
) -> Result<Answer> {
    match contract.task {
        ModelTask::Classification => {
            classification::decode(contract, outputs, item, rule).map(Answer::Cells)
        }
        ModelTask::Segmentation => {
            segmentation::decode(contract, outputs, item, frame, rule, want_all).map(Answer::Cells)
        }
        ModelTask::Regression => {
            regression::decode(contract, outputs, item, frame).map(Answer::Values)
        }
        ModelTask::Detection => {
            let found = objects(contract, outputs, item, frame, rule)?;
            Ok(Answer::Objects(found, not_numbers(outputs, item)))
        }
    }
}

fn not_numbers(outputs: &[OutputTensor<'_>], item: usize) -> u64 {
    let of_item = |o: &OutputTensor<'_>| {
        // Lists of one image have no batch axis.
        let has_batch = o.ndim() >= 3 && item < o.shape()[0];
        let count = |values: ArrayViewD<'_, f32>| values.iter().filter(|v| v.is_nan()).count();
        if has_batch {
            count(o.index_axis(Axis(0), item))
        } else {
            count(o.view())
        }
    };
    outputs.iter().map(of_item).sum::<usize>() as u64
}

fn objects(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
    rule: &LabelRule,
) -> Result<Vec<Prediction>> {
    let Some(detection) = contract.detection else {
        return Err(crate::Error::Internal(
            "a detector without a decoder".into(),
        ));
    };
    let box_frame = BoxFrame {
        rows: frame.height,
        cols: frame.width,
    };
    let classes = contract.classes.len();
    // Thresholds are asked in steps of 1/65535; the decoder leaves out what is surely below.
    let least = rule.least_scores();
    let lowered: Vec<f32> = least.iter().map(|least| least - 2.0 / 65_535.0).collect();
    let mut found = boxes::decode(
        detection.decoder,
        outputs,
        item,
        box_frame,
        classes,
        &lowered,
    )
    .map_err(|problem| crate::Error::Model {
        path: contract.name.clone().into(),
        problem: format!("gave {problem}"),
        hint: "look at it with `tianmu inspect`; say how its boxes are laid out with `--decoder`"
            .into(),
    })?;
    found.retain(|object| {
        let least = least.get(object.class).copied().unwrap_or(f32::INFINITY);
        least <= 1.0 && code(object.score) >= code(least)
    });
    Ok(found)
}

/// The error for an output that is not of the shape the contract promised.
fn unexpected_shape(contract: &Contract, shape: &[usize], wanted: &str) -> crate::Error {
    crate::Error::Model {
        path: contract.name.clone().into(),
        problem: format!("gave an output of shape {shape:?}, wanted {wanted}"),
        hint: "look at it with `tianmu inspect`; try another `--tile-size`".into(),
    }
}
