//! One score vector for each pixel: `[batch, classes, rows, columns]`, or
//! `[batch, rows, columns]` for a single channel.

use super::super::Contract;
use super::super::session::OutputTensor;
use super::labels::{CellScores, LabelRule, probabilities};
use super::{ChipFrame, unexpected_shape};
use crate::Result;
use ndarray::{ArrayView3, Axis, Ix3};

/// Reads the scores of the core's pixels of one item.
pub(super) fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
    rule: &LabelRule,
    want_all: bool,
    cells: &mut CellScores,
) -> Result<()> {
    let classes = contract.classes.len();
    let channels = if contract.single_channel { 1 } else { classes };
    let shape = outputs
        .first()
        .map(|o| o.shape().to_vec())
        .unwrap_or_default();
    let unexpected = || {
        let wanted = format!("[batch, {channels}, rows, columns] of the tile's size");
        unexpected_shape(contract, &shape, &wanted)
    };
    let scores = outputs
        .first()
        .and_then(|o| item_scores(o, item))
        .ok_or_else(unexpected)?;
    let (found, rows, cols) = scores.dim();
    if (found, cols, rows) != (channels, frame.width as usize, frame.height as usize) {
        return Err(unexpected());
    }
    let item_values = scores.as_slice().ok_or_else(unexpected)?;
    let plane = rows * cols;

    let core = frame.core;
    let (width, height) = (core.width as usize, core.height as usize);
    cells.reset(width, height, classes);
    let quick = QuickReject::new(contract, rule, want_all);
    let mut raw = vec![0.0; channels];
    let mut p = vec![0.0; classes];
    for row in 0..height {
        let start = (core.row_off as usize + row) * cols + core.col_off as usize;
        for col in 0..width {
            for (k, value) in raw.iter_mut().enumerate() {
                *value = item_values[k * plane + start + col];
            }
            if quick.is_nothing(&raw) {
                continue;
            }
            probabilities(contract, &raw, &mut p);
            cells.set(row * width + col, &p, rule, want_all);
        }
    }
    Ok(())
}

/// Scores of one item, `[channel, row, col]`; an output without a channel axis has one
/// channel.
fn item_scores<'a>(output: &'a OutputTensor<'_>, item: usize) -> Option<ArrayView3<'a, f32>> {
    if item >= *output.shape().first()? {
        return None;
    }
    let scores = output.index_axis(Axis(0), item);
    match scores.ndim() {
        3 => scores.into_dimensionality::<Ix3>().ok(),
        2 => scores
            .insert_axis(Axis(0))
            .into_dimensionality::<Ix3>()
            .ok(),
        _ => None,
    }
}

/// Tells from raw scores that a pixel can have no label, sparing the exponentials
/// for the great majority of pixels.
enum QuickReject {
    /// Every pixel must be computed.
    Never,
    /// Exclusive classes by arg-max: nothing where an unwanted class is highest.
    ArgMax(Vec<bool>),
    /// A single channel that must exceed a raw value.
    Below(f32),
}

impl QuickReject {
    fn new(contract: &Contract, rule: &LabelRule, want_all: bool) -> Self {
        use super::super::Activation;
        if want_all {
            return Self::Never;
        }
        if contract.single_channel && rule.wanted == [false, true] {
            let threshold = rule.thresholds[1].unwrap_or(0.5);
            // A little lower than the exact bound: the exact test follows.
            return Self::Below(match contract.activation {
                Activation::Sigmoid | Activation::Softmax => {
                    (threshold / (1.0 - threshold)).ln().min(10.0) - 1e-3
                }
                Activation::None => threshold - 1e-6,
            });
        }
        if rule.is_argmax() && !contract.single_channel {
            return Self::ArgMax(rule.wanted.clone());
        }
        Self::Never
    }

    #[inline]
    fn is_nothing(&self, raw: &[f32]) -> bool {
        match self {
            Self::Never => false,
            Self::Below(bound) => raw[0] < *bound,
            Self::ArgMax(wanted) => {
                let mut best = 0;
                for k in 1..raw.len() {
                    if raw[k] > raw[best] {
                        best = k;
                    }
                }
                // Strictly highest, so that ties and NaN go the exact way.
                !wanted[best]
                    && raw
                        .iter()
                        .enumerate()
                        .all(|(k, v)| k == best || *v < raw[best])
            }
        }
    }
}
