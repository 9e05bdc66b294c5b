//! One score vector for each pixel: `[batch, classes, rows, columns]`, the same with
//! classes last, or `[batch, rows, columns]` for a single channel; one output or several.

use super::super::session::OutputTensor;
use super::super::{Activation, Contract, Head};
use super::ChipFrame;
use super::labels::{CellScores, LabelRule, Pass, probabilities};
use super::pixels::ItemPixels;
use crate::Result;

/// Reads the scores of the core's pixels of one item.
pub(super) fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
    rule: &LabelRule,
    want_all: bool,
) -> Result<CellScores> {
    let core = frame.core;
    let (width, height) = (core.width as usize, core.height as usize);
    let layers = rule.layers.len();
    let mut cells = CellScores::empty(width, height, contract.classes.len(), layers);
    // What one head finds is evidence beside what another finds.
    let want_all = want_all || contract.heads.len() > 1;
    for head in &contract.heads {
        let pixels = ItemPixels::of(contract, head, outputs, item, frame)?;
        let channels = head.channels();
        let quick = QuickReject::new(head, rule, want_all);
        let mut line = vec![0.0; channels * width];
        let mut raw = vec![0.0; channels];
        let mut p = vec![0.0; head.classes.len()];
        for row in 0..height {
            let chip_row = core.row_off + u32::try_from(row).unwrap_or(0);
            pixels.read_row(chip_row, core.col_off, width, &mut line);
            for col in 0..width {
                for (k, value) in raw.iter_mut().enumerate() {
                    *value = line[k * width + col];
                }
                if quick.is_nothing(&raw) {
                    continue;
                }
                probabilities(head, &raw, &mut p);
                cells.set(row * width + col, &head.classes, &p, rule, want_all);
            }
        }
    }
    Ok(cells)
}

/// A step of quantised scores.
const STEP: f32 = 1.0 / 65_535.0;

/// Tells from raw scores that a pixel can have no label, sparing the exponentials
/// for the great majority of pixels.
enum QuickReject {
    /// Every pixel must be computed.
    Never,
    /// Classes by arg-max: nothing where an unwanted class is highest.
    ArgMax(Vec<bool>),
    /// A single channel that must exceed a raw value.
    Below(f32),
}

impl QuickReject {
    fn new(head: &Head, rule: &LabelRule, want_all: bool) -> Self {
        let classes = head.classes.clone();
        if want_all || head.numbers {
            return Self::Never;
        }
        if head.single_channel {
            if rule.wanted[classes.clone()] != [false, true] {
                return Self::Never;
            }
            let least = match rule.passes[classes.end - 1] {
                Pass::Highest => 0.5,
                Pass::AtLeast(least) => least,
                Pass::HighestAtLeast(least) => least.max(0.5),
            };
            // A little lower than the exact bound, which is asked in steps of 1/65535: the exact
            // test follows.
            let threshold = (least - STEP).max(0.0);
            return Self::Below(match head.activation {
                Activation::Sigmoid | Activation::Softmax => {
                    (threshold / (1.0 - threshold)).ln().min(10.0) - 1e-3
                }
                Activation::None => threshold - 1e-6,
            });
        }
        if rule.needs_highest(classes.clone()) {
            return Self::ArgMax(rule.wanted[classes].to_vec());
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
