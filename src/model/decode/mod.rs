//! From a model's output to scores of cells: the one place that knows the kind
//! of a model. A new kind is one more file here.

mod boxes;
mod classification;
mod labels;
mod segmentation;

pub use boxes::{BoxDecoder, Overlap, PredictedShape, Prediction};
pub use labels::{CellScores, LabelRule};

use super::session::OutputTensor;
use super::{Contract, ModelTask};
use crate::Result;
use crate::georef::Window;

/// A chip and the part of it that its tile answers for, in chip pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipFrame {
    /// Columns of the chip.
    pub width: u32,
    /// Rows of the chip.
    pub height: u32,
    /// The part that is answered for.
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

/// Decodes the answer for item `item` of a batch. `frame` says how large
/// the chip is and which part of it the tile answers for. `want_all` asks for the scores of
/// unlabelled cells too. The result is written into `cells`, `[class, row, col]`
/// over the core's cells.
pub fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
    rule: &LabelRule,
    want_all: bool,
    cells: &mut CellScores,
) -> Result<()> {
    match contract.task {
        ModelTask::Classification => classification::decode(contract, outputs, item, rule, cells),
        ModelTask::Segmentation => {
            segmentation::decode(contract, outputs, item, frame, rule, want_all, cells)
        }
        ModelTask::Detection | ModelTask::Regression => Err(unexpected_shape(contract, &[], "")),
    }
}

/// The error for an output that is not of the shape the contract promised.
fn unexpected_shape(contract: &Contract, shape: &[usize], wanted: &str) -> crate::Error {
    crate::Error::Model {
        path: contract.name.clone().into(),
        problem: format!("gave an output of shape {shape:?}, wanted {wanted}"),
        hint: "look at it with `tianmu inspect`; try another `--tile-size`".into(),
    }
}
