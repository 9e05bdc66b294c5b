//! One score vector for a tile: `[batch, classes]`.

use super::super::Contract;
use super::super::session::OutputTensor;
use super::labels::{CellScores, LabelRule, probabilities};
use super::unexpected_shape;
use crate::Result;
use ndarray::Ix2;

/// Reads the score vector of one item into a single cell.
pub(super) fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    rule: &LabelRule,
    cells: &mut CellScores,
) -> Result<()> {
    let classes = contract.classes.len();
    let raw_classes = if contract.single_channel { 1 } else { classes };
    let shape = outputs
        .first()
        .map(|o| o.shape().to_vec())
        .unwrap_or_default();
    let scores = outputs
        .first()
        .and_then(|o| o.view().into_dimensionality::<Ix2>().ok())
        .filter(|o| o.ncols() == raw_classes && item < o.nrows())
        .ok_or_else(|| unexpected_shape(contract, &shape, &format!("[batch, {raw_classes}]")))?;
    let raw = scores.row(item).to_vec();
    let mut p = vec![0.0; classes];
    probabilities(contract, &raw, &mut p);
    cells.reset(1, 1, classes);
    cells.set(0, &p, rule, true);
    Ok(())
}
