//! One score vector for a tile: `[batch, classes]`, or the same with rows and columns of
//! one.

use super::super::Contract;
use super::super::session::OutputTensor;
use super::labels::{CellScores, LabelRule, probabilities};
use super::unexpected_shape;
use crate::Result;
use ndarray::Axis;

/// Reads the score vector of one item into a single cell.
pub(super) fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    rule: &LabelRule,
) -> Result<CellScores> {
    let mut cells = CellScores::empty(1, 1, contract.classes.len(), rule.layers.len());
    for head in &contract.heads {
        let channels = head.channels();
        let output = outputs.get(head.output);
        let shape = output.map(|o| o.shape().to_vec()).unwrap_or_default();
        let raw: Vec<f32> = output
            .filter(|o| o.ndim() >= 2 && item < o.shape()[0])
            .map(|o| o.index_axis(Axis(0), item).iter().copied().collect())
            .filter(|raw: &Vec<f32>| raw.len() == channels)
            .ok_or_else(|| unexpected_shape(contract, &shape, &format!("[batch, {channels}]")))?;
        let mut p = vec![0.0; head.classes.len()];
        probabilities(head, &raw, &mut p);
        cells.set(0, &head.classes, &p, rule, true);
    }
    Ok(cells)
}
